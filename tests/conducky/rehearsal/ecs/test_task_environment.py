"""One test for each row of the table in task_environment.py, and that nothing else changes or comes in."""

import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.containers.run import PUBLIC_URLS
from conducky.rehearsal.ecs.task_environment import (
    LocalAddresses,
    container_variables,
    databases_named,
    listen_module,
    translate,
)
from conducky.rehearsal.images.store import BuiltImage

BALANCER = "public-1.eu-west-1.elb.amazonaws.com"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 # what an image says, not what is bound here
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/conducky/dev/KEY"
TEMPORARY = "/tmp"  # noqa: S108 # the image's, not your computer's
SECOND_BALANCER = "public-2.eu-west-1.elb.amazonaws.com"
DATABASE = "data.c0123456789a.eu-west-1.rds.amazonaws.com"


@pytest.fixture
def local(tmp_path: Path) -> LocalAddresses:
    root = tmp_path / "the image"
    (root / "app" / "prisma").mkdir(parents=True)
    image = BuiltImage(
        root=root, workdir="/app", environment={}, entrypoint=(), command=(), user="1000", exposed=(4000,)
    )
    return LocalAddresses(
        image=image,
        ports={4000: 51000, 9464: 51001},
        databases={DATABASE: 52000},
        balancers={BALANCER: "http://localhost:8080"},
        certificates=tmp_path / "ca.pem",
        prisma_engine=None,
        home=tmp_path / "home of the task",
        path="/node:/usr/bin",
        preloaded=tmp_path / "a task" / "listen.cjs",
    )


def one(local: LocalAddresses, name: str, value: str) -> str:
    return translate({name: value}, local)[name]


def test_port_becomes_the_local_one(local: LocalAddresses) -> None:
    assert one(local, "PORT", "4000") == "51000"


def test_a_server_that_ignores_port_gets_the_local_one_in_node(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        local = free.getsockname()[1]
    module = listen_module(tmp_path, {8000: local})
    script = "const s = require('net').createServer().listen(8000, () => { console.log(s.address().port); s.close(); })"
    seen = subprocess.run(["node", "--require", module, "-e", script], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == str(local)
    assert (tmp_path / "listens-everywhere").read_text().strip() == str(local)


@pytest.mark.parametrize("value", ["4001", "http", ""])
def test_a_port_that_the_container_does_not_map_stays(local: LocalAddresses, value: str) -> None:
    assert one(local, "PORT", value) == value


@pytest.mark.parametrize("name", ["HOST", "HOSTNAME", "LISTEN"])
def test_the_address_to_listen_on_is_the_tasks_own_affair(local: LocalAddresses, name: str) -> None:
    for value in (EVERY_ADDRESS, "::", "127.0.0.1", "localhost", "backend"):
        assert one(local, name, value) == value
    assert name not in translate({}, local)


def test_every_node_loads_what_keeps_other_computers_out(local: LocalAddresses) -> None:
    added = f'"--require={local.preloaded}"'
    assert translate({}, local)["NODE_OPTIONS"] == one(local, "NODE_OPTIONS", "") == added
    assert one(local, "NODE_OPTIONS", "--title=a").endswith(f" {added}")


def test_a_database_address_becomes_the_local_server(local: LocalAddresses) -> None:
    url = f"postgresql://app:p@{DATABASE}:5432/app?sslmode=verify-full"

    assert one(local, "DATABASE_URL", url) == "postgresql://app:p@localhost:52000/app?sslmode=verify-full"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", ["", "/", "/api/status"])
def test_a_load_balancers_address_becomes_the_proxy(local: LocalAddresses, scheme: str, path: str) -> None:
    assert one(local, "ANY_URL", f"{scheme}://{BALANCER}{path}") == f"http://localhost:8080{path}"


def test_every_address_of_a_list_becomes_the_proxy(local: LocalAddresses) -> None:
    assert one(local, "LIST", f"http://{BALANCER},https://{BALANCER}") == "http://localhost:8080,http://localhost:8080"


def test_a_host_name_that_only_begins_like_the_load_balancers_stays(local: LocalAddresses) -> None:
    assert one(local, "ANY_URL", f"http://{BALANCER}.example.com") == f"http://{BALANCER}.example.com"


@pytest.mark.parametrize("name", sorted(PUBLIC_URLS))
def test_an_overridden_public_url_becomes_the_proxy(local: LocalAddresses, name: str) -> None:
    assert one(local, name, "https://app.example.com") == "http://localhost:8080"


def test_several_origins_of_the_teams_become_the_one_proxy(local: LocalAddresses) -> None:
    assert one(local, "CORS_ORIGIN", "https://a.example.com,https://b.example.com") == "http://localhost:8080"


def test_somebody_elses_url_stays(local: LocalAddresses) -> None:
    assert one(local, "WEBHOOK_URL", "https://hooks.example.com/x") == "https://hooks.example.com/x"


def test_with_two_load_balancers_an_overridden_url_means_neither(local: LocalAddresses) -> None:
    two = replace(local, balancers={**local.balancers, SECOND_BALANCER: "http://localhost:8081"})

    assert one(two, "API_URL", "https://api.example.com") == "https://api.example.com"
    assert one(two, "API_URL", f"http://{SECOND_BALANCER}") == "http://localhost:8081"


def test_an_empty_public_url_stays_empty(local: LocalAddresses) -> None:
    assert one(local, "API_URL", "") == ""


def test_the_trusted_certificates_become_the_rehearsals(local: LocalAddresses) -> None:
    assert one(local, "NODE_EXTRA_CA_CERTS", "/etc/ssl/rds.pem") == str(local.certificates)
    assert "NODE_EXTRA_CA_CERTS" not in translate({}, local), "it is only for tasks that name one"


def test_tasks_that_need_prismas_engine_get_it(local: LocalAddresses) -> None:
    engine = Path("/cache/schema-engine.mjs")

    assert translate({}, replace(local, prisma_engine=engine))["PRISMA_SCHEMA_ENGINE_BINARY"] == str(engine)
    assert "PRISMA_SCHEMA_ENGINE_BINARY" not in translate({}, local)


def test_a_path_in_the_image_leads_into_its_folder(local: LocalAddresses) -> None:
    assert one(local, "SCHEMA", "/app/prisma") == str(local.image.root / "app" / "prisma")


@pytest.mark.parametrize("value", ["/no/such/path", "/", "relative/path"])
def test_what_is_no_path_in_the_image_stays(local: LocalAddresses, value: str) -> None:
    assert one(local, "BASE_PATH", value) == value


def test_no_path_leads_out_of_the_image(local: LocalAddresses) -> None:
    assert one(local, "SCHEMA", "/../../app") == str(local.image.root / "app")


def test_the_temporary_folder_is_the_tasks_own(local: LocalAddresses) -> None:
    inside = local.image.root / "tmp"
    assert one(local, "CACHE", f"{TEMPORARY}/cache") == str(inside / "cache")
    assert one(local, "CACHE", TEMPORARY) == str(inside)
    assert one(local, "CACHE", f"{TEMPORARY}fs/cache") == f"{TEMPORARY}fs/cache"
    assert translate({}, local)["TMPDIR"] == str(inside)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("NODE_OPTIONS", "--max-old-space-size=300", '"--max-old-space-size=300"'),
        ("NODE_OPTIONS", "--require /app/prisma", '"--require" "{root}/app/prisma"'),
        ("JAVA_OPTS", "-Dx=/app/prisma -Dy=/none", "-Dx={root}/app/prisma -Dy=/none"),
        ("DB", "file:/app/prisma", "file:{root}/app/prisma"),
        ("DIRECTORIES", "/app/prisma:/none:/app", "{root}/app/prisma:/none:{root}/app"),
        ("TEXT", "GET /app/prisma", "GET /app/prisma"),
        ("URL", "https://example.test/app/prisma", "https://example.test/app/prisma"),
    ],
)
def test_paths_inside_a_value_lead_into_the_image(local: LocalAddresses, name: str, value: str, expected: str) -> None:
    added = f' "--require={local.preloaded}"' if name == "NODE_OPTIONS" else ""
    assert one(local, name, value) == expected.format(root=local.image.root) + added


def test_programs_are_looked_for_in_the_image_first(local: LocalAddresses) -> None:
    root = local.image.root
    path = one(local, "PATH", "/app/node_modules/.bin:/usr/local/bin:/usr/bin").split(":")
    assert path == [
        f"{root}/app/node_modules/.bin",
        f"{root}/usr/local/bin",
        f"{root}/usr/bin",
        f"{root}/usr/local/sbin",
        *local.path.split(":"),
    ]


@pytest.mark.parametrize("name", ["HOME", "TMPDIR"])
def test_the_images_own_home_and_temporary_folder_are_in_it(local: LocalAddresses, name: str) -> None:
    assert one(local, name, "/srv/data") == str(local.image.root / "srv" / "data")
    assert translate({}, local)["HOME"] == str(local.home)


def test_nothing_else_leaks_in(local: LocalAddresses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    assert set(translate({"ONLY": "this"}, local)) == {"ONLY", "NODE_OPTIONS", "PATH", "HOME", "TMPDIR"}


def test_the_databases_in_a_tasks_variables_are_found() -> None:
    addresses = {DATABASE: 5432, "other.rds.amazonaws.com": 5432}

    assert databases_named({"URL": f"postgresql://a@{DATABASE}:5432/a"}, addresses) == [DATABASE]
    assert databases_named({"URL": "nothing"}, addresses) == []


def test_a_container_gets_its_variables_and_the_values_of_its_secrets(account: Account) -> None:
    account.remember("aws:ssm/parameter:Parameter", "KEY", {"name": "KEY", "arn": PARAMETER, "value": "hidden"})
    container: Properties = {
        "environment": [{"name": "PLAIN", "value": "shown"}],
        "secrets": [{"name": "KEY", "valueFrom": PARAMETER}],
    }

    assert container_variables(account, container) == {"PLAIN": "shown", "KEY": "hidden"}


def test_a_secret_from_a_parameter_that_does_not_exist_is_named(account: Account) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        container_variables(account, {"secrets": [{"name": "KEY", "valueFrom": PARAMETER}]})

    assert failed.value.problem == f"KEY comes from the parameter {PARAMETER}, which does not exist"
    assert failed.value.fix == "create it in services/application_secrets.py or platform/database.py"
