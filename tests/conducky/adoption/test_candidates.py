"""Which folder a Dockerfile is built from."""

import shlex

import pytest

from conducky.errors import UserError
from tests.conducky.adoption.sources import NODE, SERVER, Repository

# https://turborepo.com/docs/guides/tools/docker
PRUNED = """FROM node:24 AS builder
WORKDIR /app
COPY . .
RUN turbo prune web --docker
FROM node:24 AS installer
COPY --from=builder /app/out/full/ .
RUN yarn turbo run build --filter=web...
FROM node:24
COPY --from=installer /app/apps/web/.next/standalone ./
"""


@pytest.mark.parametrize("end", ["CMD node apps/web/server.js\n", "CMD node server.js\n"])
def test_a_workspace_that_turbo_prunes_is_built_from_the_root(repository: Repository, end: str) -> None:
    repository.write({"apps/web/Dockerfile": PRUNED + end, "apps/web/package.json": '{"dependencies": {"next": "16"}}'})
    found = repository.adopt()["frontend"]
    assert (found["context"], found["dockerfile"]) == ("shop", "apps/web/Dockerfile")


@pytest.mark.parametrize("line", ["# The api of the shop", "# See api/README.md", "ENV SERVICE=api", "LABEL app=api"])
def test_a_word_that_is_also_the_folders_name_is_no_path(repository: Repository, line: str) -> None:
    repository.write({"api/Dockerfile": f"{NODE}COPY package.json ./\n{line}\n", "api/package.json": "{}"})
    assert repository.adopt()["backend"]["context"] == "shop/api"


def test_a_folder_that_is_copied_by_its_name_is_in_the_context(repository: Repository) -> None:
    repository.write({"api/Dockerfile": "FROM node:24\nCOPY ./api ./\n", "api/package.json": "{}"})
    found = repository.adopt()["backend"]
    assert (found["context"], found["dockerfile"]) == ("shop", "api/Dockerfile")


def test_the_command_that_names_one_can_be_pasted(repository: Repository) -> None:
    repository.write({"a b/Dockerfile": NODE, "c d/Dockerfile": NODE})
    with pytest.raises(UserError) as caught:
        repository.adopt()
    assert shlex.split(caught.value.fix.split("`")[1]) == ["--frontend", str(repository.root / "shop/a b/Dockerfile")]


def test_a_dockerfile_in_a_folder_of_its_own_has_the_source_of_the_same_name(repository: Repository) -> None:
    repository.write(
        {
            "docker/api/Dockerfile": "FROM node:24\nCOPY apps/api ./\n",
            "apps/api/package.json": '{"dependencies": {"express": "5"}}',
            "apps/api/server.js": "process.env.API_TOKEN",
            "docker/web/Dockerfile": "FROM nginxinc/nginx-unprivileged:1.27\nCOPY apps/web ./\n",
            "apps/web/package.json": '{"dependencies": {"vue": "3"}}',
        }
    )
    found = repository.adopt()
    assert found["backend"].items() >= {"context": "shop", "secrets": ["API_TOKEN"]}.items()
    assert "secrets" not in found["frontend"]
    assert found["frontend"]["port"] == 8080


WORKSPACE = {
    "package.json": '{"workspaces": ["apps/*"]}',
    "Dockerfile": "FROM node:24 AS all\nCOPY . .\nFROM all AS web\nEXPOSE 3000\nFROM all AS api\nEXPOSE 4100\n",
    "apps/web/package.json": '{"dependencies": {"next": "16"}}',
    "apps/api/package.json": '{"dependencies": {"express": "5"}}',
    "apps/api/server.js": "process.env.API_TOKEN",
}
COMPOSE = "services: {web: {build: {context: ., target: web}}, api: {build: {context: ., target: api}}}"


@pytest.mark.parametrize("more", [{}, {"compose.yml": COMPOSE}], ids=["alone", "compose"])
def test_two_applications_of_one_dockerfile_have_a_target_and_a_source_each(
    repository: Repository, more: dict[str, str]
) -> None:
    repository.write({**WORKSPACE, **more})
    found = repository.adopt()
    assert found["frontend"].items() >= {"context": "shop", "target": "web"}.items()
    assert found["backend"].items() >= {"target": "api", "port": 4100, "secrets": ["API_TOKEN"]}.items()
    assert "secrets" not in found["frontend"]


def test_one_application_in_several_stages_is_the_last(repository: Repository) -> None:
    stages = "FROM node:24 AS client\nCOPY . .\nFROM node:24 AS server\nCOPY --from=client /dist ./\nEXPOSE 4200\n"
    repository.write({"Dockerfile": stages, "package.json": '{"dependencies": {"express": "5"}}'})
    backend = repository.adopt()["backend"]
    assert (backend["port"], backend.get("target")) == (4200, None)


@pytest.mark.parametrize(
    "folder", ["e2e", "examples/hello", "tests/fixtures", "apps/web-e2e", "Docs", "samples", "load-tests", "storybook"]
)
def test_a_dockerfile_beside_the_applications_is_left_out_by_its_folder(repository: Repository, folder: str) -> None:
    repository.write({**SERVER, f"{folder}/Dockerfile": NODE})
    assert repository.adopt()["backend"]["context"] == "shop/api"
    assert f"shop/{folder}/Dockerfile is not for a deployment, by its folder" in repository.said


def test_one_in_such_a_folder_that_is_named_or_declared_is_taken(repository: Repository) -> None:
    repository.write({f"examples/{name}": text for name, text in SERVER.items()})
    assert repository.adopt("shop/examples")["backend"]["context"] == "shop/examples/api"
    repository.write({"compose.yaml": "services: {api: {build: examples/api}}"})
    assert repository.adopt()["backend"]["context"] == "shop/examples/api"


@pytest.mark.parametrize("folder", ["docker", "deploy/production"])
def test_a_dockerfile_that_copies_all_is_built_from_the_source_above_it(repository: Repository, folder: str) -> None:
    package = {"package.json": '{"dependencies": {"express": "5"}}', "src/a.js": "app.get('/health', f)"}
    repository.write({f"{folder}/Dockerfile": NODE, f"{folder}/entrypoint.sh": "", **package})
    found = repository.adopt()["backend"]
    assert (found["context"], found["dockerfile"]) == ("shop", f"{folder}/Dockerfile")


def test_one_beside_a_source_of_another_kind_stays_in_its_folder(repository: Repository) -> None:
    repository.write({"api/Dockerfile": "FROM golang:1\nCOPY . .\n", "api/main.go": "", "package.json": "{}"})
    assert repository.adopt()["backend"]["context"] == "shop/api"


def test_an_application_of_nest_in_a_workspace_is_built_from_the_root(repository: Repository) -> None:
    build = "FROM node:24 AS build\nWORKDIR /app\nCOPY package*.json ./\nCOPY . .\nRUN npx nest build api\n"
    run = "FROM node:24\nCOPY --from=build /app/dist/apps/api ./\n"
    package = '{"dependencies": {"@nestjs/core": "11"}}'
    repository.write({"apps/api/Dockerfile": build + run, "apps/api/src/main.ts": "", "package.json": package})
    found = repository.adopt()["backend"]
    assert (found["context"], found["dockerfile"]) == ("shop", "apps/api/Dockerfile")


def test_two_applications_with_one_package_json_are_told_apart_by_their_names(repository: Repository) -> None:
    package = '{"dependencies": {"@nestjs/core": "11", "next": "16"}}'
    files = {f"apps/{name}/Dockerfile": f"FROM node:24\nCOPY dist/apps/{name} ./\n" for name in ("api", "web")}
    repository.write({"package.json": package, **files})
    found = repository.adopt()
    assert found["backend"]["dockerfile"] == "apps/api/Dockerfile"
    assert found["frontend"]["dockerfile"] == "apps/web/Dockerfile"


# A server that sends the pages that Vite made
PAGES = '{"dependencies": {"polka": "1", "pg": "8"}, "devDependencies": {"vite": "7"}}'


def test_packages_of_both_leave_it_to_the_name(repository: Repository) -> None:
    repository.write(
        {
            "api/Dockerfile": NODE,
            "api/package.json": '{"dependencies": {"fastify": "5"}}',
            "web/Dockerfile": NODE,
            "web/package.json": PAGES,
        }
    )
    found = repository.adopt()
    assert (found["backend"]["context"], found["frontend"]["context"]) == ("shop/api", "shop/web")


def test_packages_of_both_under_another_name_are_a_backend(repository: Repository) -> None:
    repository.write({"shop/Dockerfile": NODE, "shop/package.json": PAGES})
    assert repository.adopt()["backend"]["context"] == "shop/shop"


def test_a_dockerfile_that_is_not_used_is_named_with_what_it_could_be(repository: Repository) -> None:
    repository.write({**SERVER, "server/Dockerfile": NODE, "server/main.js": ""})
    backend = repository.root / "shop/api/Dockerfile"
    other = repository.root / "shop/server/Dockerfile"
    repository.adopt(backend=backend)
    assert f"! {other} is not used: `--frontend {shlex.quote(str(other))}` would take it" in repository.said
    repository.write({"web/Dockerfile": NODE})
    repository.adopt(backend=backend)
    assert f"! {other} is not used\n" in repository.said
    assert f"{backend} is not used" not in repository.said


def test_an_application_with_pages_and_no_frontend_beside_it_is_told_how_it_gets_all_paths(
    repository: Repository,
) -> None:
    repository.write({"Dockerfile": NODE, "package.json": '{"dependencies": {"@sveltejs/kit": "2", "pg": "8"}}'})
    assert "backend" in repository.adopt()
    assert "@sveltejs/kit answers with pages, and there is no frontend" in repository.said
    assert 'set `backend.paths` to ["/*"] and `frontendCount` to 0' in repository.said


def test_where_nothing_tells_what_it_is_both_ways_are_named(repository: Repository) -> None:
    repository.write({"Dockerfile": "FROM ruby:3.3\n", "Gemfile": "gem 'rails'"})
    with pytest.raises(UserError) as caught:
        repository.adopt()
    file = shlex.quote(str(repository.root / "shop" / "Dockerfile"))
    assert caught.value.fix == f"use `--frontend {file}` or `--backend {file}`"
