"""One test for each row of the table in task_environment.py, and that nothing else changes or comes in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conducky.rehearsal.ecs.task_environment import PUBLIC_URLS, Host, databases_named, translate
from conducky.rehearsal.images.build import BuiltImage

BALANCER = "public-1.eu-west-1.elb.amazonaws.com"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 # what an image says, not what is bound here
TEMPORARY = "/tmp"  # noqa: S108 # the image's, not this machine's
SECOND_BALANCER = "public-2.eu-west-1.elb.amazonaws.com"
DATABASE = "data.c0123456789a.eu-west-1.rds.amazonaws.com"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    root = tmp_path / "the image"
    (root / "app" / "prisma").mkdir(parents=True)
    image = BuiltImage(
        root=root, workdir="/app", environment={}, entrypoint=(), command=(), user="1000", exposed=(4000,)
    )
    return Host(
        image=image,
        ports={4000: 51000, 9464: 51001},
        databases={DATABASE: 52000},
        balancers={BALANCER: "http://localhost:8080"},
        certificates=tmp_path / "ca.pem",
        prisma_engine=None,
        home=tmp_path / "home of the task",
        path="/node:/usr/bin",
    )


def one(host: Host, name: str, value: str) -> str:
    return translate({name: value}, host)[name]


def test_port_becomes_the_local_one(host: Host) -> None:
    assert one(host, "PORT", "4000") == "51000"


@pytest.mark.parametrize("value", ["4001", "http", ""])
def test_a_port_that_the_container_does_not_map_stays(host: Host, value: str) -> None:
    assert one(host, "PORT", value) == value


def test_every_address_becomes_the_local_one(host: Host) -> None:
    assert one(host, "HOSTNAME", EVERY_ADDRESS) == "127.0.0.1"
    assert one(host, "HOSTNAME", "backend") == "backend"
    assert one(host, "LISTEN", EVERY_ADDRESS) == EVERY_ADDRESS


def test_a_database_address_becomes_the_local_server(host: Host) -> None:
    url = f"postgresql://app:p@{DATABASE}:5432/app?sslmode=verify-full"

    assert one(host, "DATABASE_URL", url) == "postgresql://app:p@localhost:52000/app?sslmode=verify-full"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", ["", "/", "/api/status"])
def test_a_load_balancers_address_becomes_the_proxy(host: Host, scheme: str, path: str) -> None:
    assert one(host, "ANY_URL", f"{scheme}://{BALANCER}{path}") == f"http://localhost:8080{path}"


def test_every_address_of_a_list_becomes_the_proxy(host: Host) -> None:
    assert one(host, "LIST", f"http://{BALANCER},https://{BALANCER}") == "http://localhost:8080,http://localhost:8080"


def test_a_host_name_that_only_begins_like_the_load_balancers_stays(host: Host) -> None:
    assert one(host, "ANY_URL", f"http://{BALANCER}.example.com") == f"http://{BALANCER}.example.com"


@pytest.mark.parametrize("name", sorted(PUBLIC_URLS))
def test_an_overridden_public_url_becomes_the_proxy(host: Host, name: str) -> None:
    assert one(host, name, "https://app.example.com") == "http://localhost:8080"


def test_several_origins_of_the_teams_become_the_one_proxy(host: Host) -> None:
    assert one(host, "CORS_ORIGIN", "https://a.example.com,https://b.example.com") == "http://localhost:8080"


def test_somebody_elses_url_stays(host: Host) -> None:
    assert one(host, "WEBHOOK_URL", "https://hooks.example.com/x") == "https://hooks.example.com/x"


def test_with_two_load_balancers_an_overridden_url_stands_for_neither(host: Host) -> None:
    two = replace(host, balancers={**host.balancers, SECOND_BALANCER: "http://localhost:8081"})

    assert one(two, "API_URL", "https://api.example.com") == "https://api.example.com"
    assert one(two, "API_URL", f"http://{SECOND_BALANCER}") == "http://localhost:8081"


def test_an_empty_public_url_stays_empty(host: Host) -> None:
    assert one(host, "API_URL", "") == ""


def test_the_trusted_certificates_become_the_rehearsals(host: Host) -> None:
    assert one(host, "NODE_EXTRA_CA_CERTS", "/etc/ssl/rds.pem") == str(host.certificates)
    assert "NODE_EXTRA_CA_CERTS" not in translate({}, host), "it is only for tasks that name one"


def test_prismas_engine_is_told_to_those_that_need_it(host: Host) -> None:
    engine = Path("/cache/schema-engine.mjs")

    assert translate({}, replace(host, prisma_engine=engine))["PRISMA_SCHEMA_ENGINE_BINARY"] == str(engine)
    assert "PRISMA_SCHEMA_ENGINE_BINARY" not in translate({}, host)


def test_a_path_in_the_image_leads_into_its_folder(host: Host) -> None:
    assert one(host, "SCHEMA", "/app/prisma") == str(host.image.root / "app" / "prisma")


@pytest.mark.parametrize("value", ["/no/such/path", "/", "relative/path"])
def test_what_is_no_path_in_the_image_stays(host: Host, value: str) -> None:
    assert one(host, "BASE_PATH", value) == value


def test_no_path_leads_out_of_the_image(host: Host) -> None:
    assert one(host, "SCHEMA", "/../../app") == str(host.image.root / "app")


def test_the_temporary_folder_is_the_tasks_own(host: Host) -> None:
    assert one(host, "CACHE", f"{TEMPORARY}/cache") == str(host.home / "tmp" / "cache")
    assert one(host, "CACHE", TEMPORARY) == str(host.home / "tmp")
    assert one(host, "CACHE", f"{TEMPORARY}fs/cache") == f"{TEMPORARY}fs/cache"


@pytest.mark.parametrize("name", ["PATH", "HOME", "TMPDIR"])
def test_an_image_cannot_choose_what_belongs_to_the_machine(host: Host, name: str) -> None:
    expected: Mapping[str, str] = {"PATH": host.path, "HOME": str(host.home), "TMPDIR": str(host.home / "tmp")}

    assert translate({name: "/usr/local/bin"}, host)[name] == expected[name]


def test_nothing_else_leaks_in(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    assert set(translate({"ONLY": "this"}, host)) == {"ONLY", "PATH", "HOME", "TMPDIR"}


def test_a_task_is_told_of_the_databases_in_its_variables() -> None:
    addresses = {DATABASE: 5432, "other.rds.amazonaws.com": 5432}

    assert databases_named({"URL": f"postgresql://a@{DATABASE}:5432/a"}, addresses) == [DATABASE]
    assert databases_named({"URL": "nothing"}, addresses) == []
