"""A worker: the backend's image, rights and secrets with another command, and nothing that reaches it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.repository import WORKER, deployed_services
from tests.services.container_definitions import TASK_DEFINITION, container, environment, secrets

Again = Callable[..., Evaluation]
SERVICE = "aws:ecs/service:Service"
IMAGE = "docker-build:index:Image"
COMMAND = ["node", "dist/worker.js"]


def worker(**settings: Any) -> Mapping[str, str]:  # noqa: ANN401
    return {"worker": json.dumps({"command": COMMAND, **settings})}


def service(made: Evaluation, name: str = WORKER) -> Mapping[str, Any]:
    return made.one(SERVICE, f"conducky-{made.stack}-{name}").inputs


def test_there_is_none_by_default(services: Evaluation) -> None:
    assert len(services.of(SERVICE)) == 2
    assert {value for name, value in services.exports.items() if name.startswith("worker_")} == {""}
    assert WORKER not in deployed_services(services.exports)


def test_it_runs_its_command_in_the_backends_image_and_as_the_backend(evaluate_services: Again) -> None:
    made = evaluate_services(config=worker(count=2, cpu=512, memory=1024, variables={"QUEUE": "reports"}))
    one, backend = container(made, WORKER), container(made, "backend")
    assert one["command"] == COMMAND
    assert "entryPoint" not in one
    assert {key: one[key] for key in ("image", "user")} == {key: backend[key] for key in ("image", "user")}
    assert secrets(made, WORKER) == secrets(made, "backend")
    definitions = {each.inputs["family"]: each.inputs for each in made.of(TASK_DEFINITION)}
    own, other = definitions["conducky-dev-worker"], definitions["conducky-dev-backend"]
    assert (own["cpu"], own["memory"]) == ("512", "1024")
    for role in ("executionRoleArn", "taskRoleArn"):
        assert own[role] == other[role]
    assert service(made)["desiredCount"] == 2
    for same in ("networkConfiguration", "capacityProviderStrategies", "enableExecuteCommand", "cluster"):
        assert service(made)[same] == service(made, "backend")[same]
    assert len(made.of(IMAGE)) == 2
    assert made.exports["worker_image"] == made.exports["backend_image"]
    assert deployed_services(made.exports) == ("backend", "frontend", WORKER)


def test_nothing_reaches_it(evaluate_services: Again, services: Evaluation) -> None:
    made = evaluate_services(config=worker())
    assert container(made, WORKER)["portMappings"] == []
    assert not {"loadBalancers", "serviceRegistries", "healthCheckGracePeriodSeconds"} & {*service(made)}
    kinds = ("aws:lb/targetGroup:TargetGroup", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    for kind in kinds:
        assert len(made.of(kind)) == len(services.of(kind))


def test_it_gets_what_the_backend_gets_but_for_what_a_request_needs(evaluate_services: Again) -> None:
    made = evaluate_services(
        config={**worker(variables={"QUEUE": "reports"}), "backend": '{"variables": {"MODE": "x"}}'}
    )
    own, backend = environment(made, WORKER), environment(made, "backend")
    assert (own["QUEUE"], own["MODE"], own["MIGRATE_ON_START"]) == ("reports", "x", "no")
    assert {*backend} - {*own} == {"PORT", "CLIENT_ADDRESS_HEADER", "MIGRATION_WAIT_SECONDS", "TRUSTED_PROXIES"}


def test_its_release_follows_the_backends(evaluate_services: Again) -> None:
    made = evaluate_services(config=worker())
    backend = made.one(SERVICE, "conducky-dev-backend")
    assert backend.urn in made.one(SERVICE, "conducky-dev-worker").depends_on


def test_an_image_of_its_own_is_in_the_backends_repository(evaluate_services: Again) -> None:
    made = evaluate_services(config=worker(context="frontend", buildArgs={"NEXT_PUBLIC_API_URL": "none"}))
    own, backend = made.one(IMAGE, WORKER).inputs, made.one(IMAGE, "backend").inputs
    assert own["context"]["location"] == "../frontend"
    assert own["tags"][0].partition(":")[0] == backend["tags"][0].partition(":")[0]
    assert own["tags"] != backend["tags"]
    assert made.exports["worker_image"] != made.exports["backend_image"]


def test_what_would_be_the_backends_image_once_more_is_the_backends(evaluate_services: Again) -> None:
    """ECR takes each tag once."""
    assert len(evaluate_services(config=worker(context="backend")).of(IMAGE)) == 2


def test_a_schedule_stops_and_starts_it_too(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation
) -> None:
    below = {**platform.exports, "schedule": "mon-fri 08:00-20:00 Europe/Berlin"}
    made = evaluate_services(config=worker(), upstream={"bootstrap": bootstrap.exports, "platform": below})
    calls = [each.name for each in made.of("aws:scheduler/schedule:Schedule") if WORKER in each.name]
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"command": []}, "`worker.command`"),
        ({"dockerfile": "Dockerfile.worker"}, "`dockerfile` without a `context`"),
        ({"context": "nowhere"}, "`worker.context` is `nowhere`"),
        ({"context": "../elsewhere"}, "`worker.context`"),
        ({"cpu": 256, "memory": 4096}, "`memory` 4096, but with `cpu` 256 Fargate offers 512 to 2048 MiB"),
        ({"count": 21}, "`worker.count`"),
        ({"variables": {"PORT": "1"}}, "is set by the deployment itself"),
        ({"variables": {"JWT_SECRET": "short"}}, "`worker.variables` has JWT_SECRET"),
        ({"variables": {"CORS_ORIGIN": "x"}}, "`worker.variables` has CORS_ORIGIN"),
        ({"variables": {"TOKEN": "AKIA" + "X" * 16}}, "looks like an AWS access key"),
        ({"command": ["node", "--password=postgres://me:hunter2@host/db"]}, "an address with a password"),
        ({"secrets": ["ANOTHER"]}, "`worker.secrets`"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_created(
    evaluate_services: Again, begun: list[str], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate_services(config=worker(**settings))
    assert said in str(caught.value)
    assert caught.value.fix
    assert begun == []


def test_without_a_command_it_is_refused(evaluate_services: Again) -> None:
    with pytest.raises(UserError, match=r"`worker.command`"):
        evaluate_services(config={"worker": "{}"})


def test_its_tasks_count_where_limits_are_checked(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation
) -> None:
    below = {"bootstrap": {**bootstrap.exports, "max_task_cpu": 512.0}, "platform": platform.exports}
    with pytest.raises(UserError, match=r"`worker.cpu` is 1024") as caught:
        evaluate_services(config=worker(cpu=1024, memory=2048), upstream=below)
    assert "--path worker.cpu 512" in caught.value.fix
    few = {"bootstrap": bootstrap.exports, "platform": {**platform.exports, "database_max_connections": 49.0}}
    assert evaluate_services(upstream=few)
    with pytest.raises(UserError, match="4 backend and worker tasks"):
        evaluate_services(config=worker(), upstream=few)
