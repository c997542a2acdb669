"""One container, as ECS takes it."""

import dataclasses
import json

import pytest
from container import Container

CONTAINER = Container(
    name="backend",
    image="registry.example/backend@sha256:0123",
    port=4000,
    environment={"ZULU": "last", "ALPHA": "first"},
    parameters={"B_SECRET": ("arn:b", 4), "A_SECRET": ("arn:a", 7)},
    log_group="conducky-dev-backend",
    region="eu-central-1",
    health_check={},
)


def test_the_order_in_which_it_is_told_things_changes_nothing() -> None:
    """Every difference in the text is a new revision, and new tasks."""
    turned = dataclasses.replace(
        CONTAINER,
        environment=dict(reversed([*CONTAINER.environment.items()])),
        parameters=dict(reversed([*CONTAINER.parameters.items()])),
    )
    assert json.dumps(turned.definition(), sort_keys=True) == json.dumps(CONTAINER.definition(), sort_keys=True)


def test_a_new_version_of_a_secret_is_a_new_definition() -> None:
    rotated = dataclasses.replace(CONTAINER, parameters={**CONTAINER.parameters, "A_SECRET": ("arn:a", 8)})
    assert rotated.definition() != CONTAINER.definition()


def test_nothing_that_aws_might_leave_out_is_in_it() -> None:
    """An empty map that is sent and not answered shows as a change in every `up`."""
    bare = dataclasses.replace(CONTAINER, parameters={}).definition()
    assert [name for name, value in bare.items() if value == {}] == []
    assert [name for name, value in bare.items() if value is None] == []


def test_exec_works_in_it() -> None:
    """ECS Exec's agent writes to the root file system, and leaves zombies behind without an init process."""
    definition = CONTAINER.definition()
    assert definition["readonlyRootFilesystem"] is False
    assert definition["linuxParameters"] == {"initProcessEnabled": True}


@pytest.mark.parametrize(("port", "is_low"), [(80, True), (1023, True), (1024, False), (4000, False), (None, False)])
def test_a_port_that_ecs_leaves_to_root_is_opened(port: int | None, *, is_low: bool) -> None:
    definition = dataclasses.replace(CONTAINER, port=port).definition()
    opened = [{"namespace": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    assert definition.get("systemControls") == (opened if is_low else None)
