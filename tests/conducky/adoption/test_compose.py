"""What compose files say: one for production wins over the one for development beside it."""

import pytest

from tests.conducky.adoption.sources import NODE, SERVER, Repository

STAGES = {**SERVER, "api/Dockerfile": f"{NODE.replace('slim', 'slim AS dev')}CMD nodemon\n{NODE}CMD node a.js\n"}
BASE = """
services:
  api:
    build: {context: ./api, target: dev}
    command: npm run dev
    ports: ["4001:4001"]
    environment: {LOG_LEVEL: debug, MAIL_FROM_NAME: Shop}
"""


def adopted(repository: Repository, production: str, name: str = "docker-compose.prod.yml") -> dict[str, object]:
    repository.write({**STAGES, "docker-compose.yml": BASE, name: production})
    return repository.adopt()["backend"]


@pytest.mark.parametrize(
    "name",
    ["docker-compose.prod.yml", "docker-compose-prod.yaml", "compose.production.yml", "docker-compose.prod.eu.yml"],
)
def test_its_command_port_and_variables_win(repository: Repository, name: str) -> None:
    service = "command: node b.js\n    ports: ['80:4002']\n    environment: [LOG_LEVEL=warn]\n"
    found = adopted(repository, f"services:\n  api:\n    build: ./api\n    {service}", name)
    assert (found["command"], found["port"]) == (["node", "b.js"], 4002)
    assert found["variables"] == {"LOG_LEVEL": "warn"}
    assert f"shop/{name}" in repository.said


@pytest.mark.parametrize(
    ("build", "target"),
    [("build: {target: run}", "run"), ("image: shop.example/api:1", "dev"), ("restart: always", "dev"), ("", "dev")],
)
def test_what_it_leaves_out_of_the_build_is_as_in_the_other(repository: Repository, build: str, target: str) -> None:
    repository.write({"api/Dockerfile": f"{NODE.replace('slim', 'slim AS dev')}{NODE.replace('slim', 'slim AS run')}"})
    repository.write({"api/server.js": "", "docker-compose.yml": BASE})
    repository.write({"docker-compose.prod.yml": f"services:\n  api:\n    {build}\n"})
    found = repository.adopt()["backend"]
    assert (found["context"], found["target"]) == ("shop/api", target)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('sh -c "npx prisma migrate deploy && node a.js"', ["sh", "-c", "npx prisma migrate deploy && node a.js"]),
        ("[node, a.js]", ["node", "a.js"]),
        ('sh -c "node $$FILE"', ["sh", "-c", "node $FILE"]),
        ("node ${FILE}", None),
        ("node 'a.js", None),
        ("", None),
    ],
)
def test_the_forms_of_a_command(repository: Repository, command: str, words: list[str] | None) -> None:
    found = adopted(repository, f"services:\n  api:\n    command: {command}\n")
    assert found.get("command") == words
    assert ("docker-compose.prod.yml: `command` was not read" in repository.said) is (words is None and command != "")


def test_the_command_of_development_is_not_read(repository: Repository) -> None:
    repository.write({**STAGES, "docker-compose.yml": BASE})
    assert "command" not in repository.adopt()["backend"]
    assert "shop/docker-compose.yml: `command` was not read" in repository.said


def test_a_file_for_production_alone_is_read(repository: Repository) -> None:
    service = "services:\n  api:\n    build: ../api\n    command: node b.js\n"
    repository.write({**STAGES, "deploy/docker-compose.prod.yml": service})
    assert repository.adopt()["backend"]["command"] == ["node", "b.js"]
