import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conducky.catalog.property_bag import Properties, secret
from conducky.rehearsal import handlers as module
from conducky.rehearsal.account import Machine
from conducky.rehearsal.postgres.server import PostgresServer
from tests.conducky.rehearsal.client import Client, RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import LISTENER_RULE, PARAMETER, TASK_DEFINITION, World
from tests.conducky.rehearsal.ecs.echo_app import make_image

DATABASE = "aws:rds/instance:Instance"
PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
IMAGE = "docker-build:index:Image"
LISTENER = "aws:lb/listener:Listener"


# Parameters and task definitions


def test_a_parameters_version_counts_its_values_and_nothing_else(client: Client) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("one")}
    made = client.create(PARAMETER, "parameter", inputs)

    described = client.update(made, {**inputs, "description": "what it is for"})
    changed = client.update(described, {**inputs, "value": secret("two")})
    again = client.update(changed, {**inputs, "value": secret("two")})

    assert [resource["version"] for resource in (made, described, changed, again)] == [1, 1, 2, 2]


def test_revisions_count_up_within_their_family_and_all_stay(client: Client, machine: Machine) -> None:
    def register(family: str) -> Resource:
        containers = json.dumps([{"name": "a"}])
        inputs = {"family": family, "cpu": "256", "memory": "512", "containerDefinitions": containers}
        return client.create(TASK_DEFINITION, family, inputs)

    made = [register(family) for family in ("backend", "backend", "frontend", "backend")]

    assert [resource["revision"] for resource in made] == [1, 2, 1, 3]
    assert [resource["arn"].rpartition("/")[2] for resource in made] == [
        "backend:1",
        "backend:2",
        "frontend:1",
        "backend:3",
    ]
    assert len(machine.of(TASK_DEFINITION)) == 4


# The way in


def test_a_listener_answers_on_a_local_port_with_its_default(world: World) -> None:
    assert world.get("/anything") == (503, "not deployed yet")
    assert list(world.machine.urls().values()) == [f"http://localhost:{world.machine.listeners[world.listener.id]}"]


def test_a_changed_listener_keeps_its_port(world: World) -> None:
    before = dict(world.machine.listeners)
    gone = {"contentType": "text/plain", "statusCode": "410", "messageBody": "gone"}
    actions = [{"type": "fixed-response", "fixedResponse": gone}]

    world.client.update(world.listener, {**world.listener.inputs, "defaultActions": actions})

    assert world.get("/anything") == (410, "gone")
    assert world.machine.listeners == before


def test_a_second_listener_takes_another_port(world: World) -> None:
    second = world.client.create(LISTENER, "second", world.listener.inputs)

    first_port, second_port = world.machine.listeners[world.listener.id], world.machine.listeners[second.id]
    assert second_port > first_port


def test_a_deleted_listener_answers_no_more(world: World) -> None:
    world.client.delete(world.listener_rule)
    world.client.delete(world.listener)

    assert world.machine.urls() == {}


def test_a_rule_leads_to_its_target_group_until_it_is_deleted(world: World) -> None:
    assert "503 Service Temporarily Unavailable" in world.get("/api/x")[1], "the group has no target yet"

    world.client.delete(world.listener_rule)

    assert world.get("/api/x") == (503, "not deployed yet")


def test_a_changed_rule_leads_other_paths(world: World) -> None:
    conditions = [{"pathPattern": {"values": ["/v2/*"]}}]

    world.client.update(world.listener_rule, {**world.listener_rule.inputs, "conditions": conditions})

    assert world.get("/api/x") == (503, "not deployed yet")
    assert "Temporarily" in world.get("/v2/x")[1]


def test_two_rules_of_one_priority_are_refused(world: World) -> None:
    with pytest.raises(RefusedError, match="two rules of one listener have priority 10: give each its own"):
        world.client.create(LISTENER_RULE, "second", world.listener_rule.inputs)


def test_a_protected_load_balancer_is_not_deleted(world: World) -> None:
    protected = world.client.create(
        "aws:lb/loadBalancer:LoadBalancer", "protected", {"name": "one", "enableDeletionProtection": True}
    )

    with pytest.raises(RefusedError) as refused:
        world.client.delete(protected)

    assert str(refused.value) == (
        "the load balancer one is protected: run `pulumi -C platform config set deletionProtection false` and "
        "`pulumi -C platform up` first"
    )
    assert world.client.exists(protected)


# The database; a real server is test_postgres's


@dataclass
class Server:
    """Notes what is asked of it."""

    given: Mapping[str, Any]
    parameters: dict[str, str]
    passwords: list[str] = field(default_factory=list[str])
    running: bool = True

    def set_password(self, password: str) -> None:
        self.passwords.append(password)

    def set_parameters(self, parameters: dict[str, str]) -> None:
        self.parameters = parameters

    def stop(self) -> None:
        self.running = False


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """The servers that are started, in order."""
    started: list[Server] = []

    def start(_folder: object, **given: Any) -> Server:  # noqa: ANN401
        started.append(Server(given, given["parameters"]))
        return started[-1]

    monkeypatch.setattr(PostgresServer, "start", start)
    return started


def instance(**inputs: object) -> Properties:
    return {
        "identifier": "data",
        "engine": "postgres",
        "engineVersion": "15",
        "instanceClass": "db.t4g.micro",
        "dbName": "app",
        "username": "owner",
        "password": secret("first"),
        **inputs,
    }


def parameters(**values: str) -> list[Properties]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_an_instance_is_a_server_with_the_programs_own_names(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    given = servers[0].given
    assert {name: given[name] for name in ("name", "username", "password", "database", "parameters")} == {
        "name": "data",
        "username": "owner",
        "password": "first",
        "database": "app",
        "parameters": {"rds.force_ssl": "1"},
    }
    assert list(client.machine.databases) == [made["address"]]


@pytest.mark.parametrize("inputs", [{"engine": "mysql"}, {"engineVersion": "16.3"}])
@pytest.mark.usefixtures("servers")
def test_another_engine_is_refused(client: Client, inputs: Properties) -> None:
    with pytest.raises(RefusedError, match=r"Postgres 15 only: look at the engine in platform/database\.py"):
        client.create(DATABASE, "data", instance(**inputs))


def test_a_minor_version_is_taken_as_fifteen(client: Client, servers: list[Server]) -> None:
    client.create(DATABASE, "data", instance(engineVersion="15.8"))

    assert len(servers) == 1


def test_a_new_password_reaches_the_server(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.update(made, instance(password=secret("second"), instanceClass="db.t4g.small"))

    assert servers[0].passwords == ["second"]
    assert len(servers) == 1


def test_another_size_changes_nothing_here(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.update(made, instance(instanceClass="db.t4g.small"))

    assert servers[0].passwords == []


def test_a_parameter_groups_values_reach_its_servers_now_and_later(client: Client, servers: list[Server]) -> None:
    inputs = {"name": "group", "family": "postgres15", "parameters": parameters(work_mem="4096")}
    group = client.create(PARAMETER_GROUP, "group", inputs)
    client.create(DATABASE, "data", instance(parameterGroupName="group"))
    assert servers[0].parameters == {"rds.force_ssl": "1", "work_mem": "4096"}

    changed = client.update(group, {**inputs, "parameters": parameters(work_mem="8192")})
    assert servers[0].parameters["work_mem"] == "8192"

    client.update(changed, {"name": "group", "family": "postgres15"})
    assert servers[0].parameters == {"rds.force_ssl": "1"}, "a value that is taken out is the default again"


def test_another_parameter_group_reaches_the_server(client: Client, servers: list[Server]) -> None:
    for name, memory in (("one", "4096"), ("two", "8192")):
        client.create(
            PARAMETER_GROUP, name, {"name": name, "family": "postgres15", "parameters": parameters(work_mem=memory)}
        )
    made = client.create(DATABASE, "data", instance(parameterGroupName="one"))

    client.update(made, instance(parameterGroupName="two"))

    assert servers[0].parameters["work_mem"] == "8192"


def test_a_deleted_instance_is_stopped(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.delete(made)

    assert not servers[0].running
    assert client.machine.databases == {}


def test_a_protected_instance_is_not_deleted(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance(deletionProtection=True))

    with pytest.raises(RefusedError, match="the database data is protected: run `pulumi -C platform config set"):
        client.delete(made)

    assert servers[0].running


# Images; a real build is test_image_build's


@dataclass
class Build:
    """How a build was called."""

    context: Path
    dockerfile: Path
    options: Mapping[str, Any]


@pytest.fixture
def builds(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Build]:
    """The builds that were made, in order; the backend's folder is there to build from."""
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    (machine.root / "backend").mkdir(parents=True)
    (machine.root / "backend" / "Dockerfile").write_text("FROM node\n")
    (machine.root / "backend" / "server.js").write_text("1")
    made: list[Build] = []
    image = make_image(tmp_path / "built")

    def build(context: Path, dockerfile: Path, **options: Any) -> object:  # noqa: ANN401
        made.append(Build(context, dockerfile, options))
        return image

    monkeypatch.setattr(module, "build_image", build)
    return made


def image_inputs(**inputs: object) -> Properties:
    return {"push": True, "context": {"location": "../backend"}, "tags": ["registry/backend:build-1"], **inputs}


def test_an_image_is_built_from_the_programs_context(client: Client, machine: Machine, builds: list[Build]) -> None:
    made = client.create(IMAGE, "backend", image_inputs(buildArgs={"VERSION": "1"}))

    assert builds[0].context == (machine.root / "backend").resolve()
    assert builds[0].dockerfile == (machine.root / "backend" / "Dockerfile").resolve()
    assert builds[0].options["build_args"] == {"VERSION": "1"}
    assert made["ref"] == f"registry/backend:build-1@{made['digest']}"
    assert list(machine.images) == [made["digest"]]


def test_an_images_dockerfile_may_lie_elsewhere(client: Client, machine: Machine, builds: list[Build]) -> None:
    (machine.root / "docker").mkdir()
    (machine.root / "docker" / "backend.Dockerfile").write_text("FROM node\n")

    client.create(IMAGE, "backend", image_inputs(dockerfile={"location": "../docker/backend.Dockerfile"}))

    assert builds[0].dockerfile == (machine.root / "docker" / "backend.Dockerfile").resolve()


@pytest.mark.usefixtures("builds")
def test_a_digest_stands_for_what_goes_into_the_image(client: Client, machine: Machine) -> None:
    def digest(**inputs: object) -> str:
        return client.create(IMAGE, "backend", image_inputs(**inputs))["digest"]

    plain = digest()

    assert digest() == plain
    assert digest(platforms=["linux/arm64"], tags=["registry/backend:build-2"]) == plain
    assert digest(buildArgs={"VERSION": "2"}) != plain
    (machine.root / "backend" / "server.js").write_text("2")
    assert digest() != plain


def test_an_update_builds_anew(client: Client, machine: Machine, builds: list[Build]) -> None:
    made = client.create(IMAGE, "backend", image_inputs())
    (machine.root / "backend" / "server.js").write_text("2")

    changed = client.update(made, image_inputs(tags=["registry/backend:build-2"]))

    assert changed["digest"] != made["digest"]
    assert changed["ref"] == f"registry/backend:build-2@{changed['digest']}"
    assert set(machine.images) == {made["digest"], changed["digest"]}
    assert len(builds) == 2


def test_an_application_with_prisma_is_built_with_its_engine(
    client: Client, machine: Machine, builds: list[Build], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "prisma_engine", lambda _root, _progress: Path("/cache/engine.mjs"))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    client.create(IMAGE, "backend", image_inputs())
    (machine.root / "backend" / "package.json").write_text('{"dependencies": {"prisma": "6"}}')
    client.create(IMAGE, "backend", image_inputs())

    assert [build.options["environment"] for build in builds] == [
        {},
        {"PRISMA_SCHEMA_ENGINE_BINARY": "/cache/engine.mjs"},
    ]


@pytest.mark.usefixtures("builds")
def test_a_context_that_is_not_there_is_told(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"there is no folder .*nowhere to build an image from"):
        client.create(IMAGE, "backend", image_inputs(context={"location": "../nowhere"}))
