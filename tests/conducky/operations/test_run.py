"""`conducky run`: a task with the service's own settings, its log, its exit code, and nothing left behind."""

from typing import Any

import pytest

from conducky.operations import one_off
from conducky.signals import Interrupted
from tests.conducky.operations.conftest import ECS, Run, service, task
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}


def ended(code: int | None = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    container = {"name": "backend", "lastStatus": "STOPPED", **({"exitCode": code} if code is not None else {})}
    return task(lastStatus="STOPPED", containers=[container], cpu="256", memory="512", **more)


@pytest.fixture(autouse=True)
def backend(api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose one-off task writes two lines and succeeds."""
    monkeypatch.setattr(one_off, "PERIOD_SECONDS", 0.0)
    api.answer("ecs.DescribeServices", {"services": [service(networkConfiguration=NETWORK)], "failures": []})
    api.answer("ecs.RunTask", {"tasks": [task(lastStatus="PROVISIONING")], "failures": []})
    api.answer("ecs.DescribeTasks", {"tasks": [task(lastStatus="PENDING")]}, {"tasks": [task()]}, {"tasks": [ended()]})
    api.answer(
        "logs.GetLogEvents",
        {"events": [{"message": "one\n"}], "nextForwardToken": "f/1"},
        {"events": [], "nextForwardToken": "f/1"},
        {"events": [{"message": "two"}], "nextForwardToken": "f/2"},
        {"events": [], "nextForwardToken": "f/2"},
    )


def test_the_command_runs_with_the_services_own_settings(api: AwsApi, run: Run) -> None:
    ran = run("run", "backend", "--", "npx", "prisma", "migrate", "resolve", "--applied", "a b")
    assert (ran.code, ran.out) == (0, "one\ntwo\n")
    (request,) = api.made("ecs.RunTask")
    assert request["cluster"] == "conducky-dev-cluster"
    assert request["taskDefinition"] == f"{ECS}:task-definition/conducky-dev-backend:7"
    assert request["networkConfiguration"] == NETWORK
    (override,) = request["overrides"]["containerOverrides"]
    assert override["name"] == "backend"
    assert override["command"] == ["npx", "prisma", "migrate", "resolve", "--applied", "a b"]
    assert {"name": "MIGRATE_ON_START", "value": "no"} in override["environment"]
    assert "about $0.000" in ran.err


def test_its_exit_code_is_the_commands(api: AwsApi, run: Run) -> None:
    api.answer("ecs.DescribeTasks", {"tasks": [ended(7)]})
    assert run("run", "backend", "--", "false").code == 7


def test_a_log_that_is_not_there_yet_is_waited_for(api: AwsApi, run: Run) -> None:
    api.refuse("logs.GetLogEvents", "ResourceNotFoundException")
    assert run("run", "backend", "--", "true").code == 0


def test_a_command_that_could_not_be_started_says_why(api: AwsApi, run: Run) -> None:
    reason = "CannotPullContainerError: pull access denied"
    api.answer("ecs.DescribeTasks", {"tasks": [ended(None, stoppedReason=reason)]})
    ran = run("run", "backend", "--", "true")
    assert ran.code == 1
    assert "the command did not run: its execution role may not pull the image" in ran.err
    assert "`make deploy STACK=dev LAYER=bootstrap`" in ran.err


def test_no_capacity_is_said(api: AwsApi, run: Run) -> None:
    api.answer("ecs.RunTask", {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]})
    assert "RESOURCE:ENI" in run("run", "backend", "--", "true").err


@pytest.mark.parametrize("number", [1, 2, 15])
def test_ctrl_c_and_a_closed_terminal_stop_the_task(api: AwsApi, run: Run, number: int) -> None:
    def interrupt(_request: dict[str, Any]) -> dict[str, Any]:
        raise Interrupted(number)

    api.answer("ecs.DescribeTasks", interrupt)
    api.answer("ecs.StopTask", {})
    ran = run("run", "backend", "--", "sleep", "1000")
    assert ran.code == 128 + number
    assert api.made("ecs.StopTask")[0]["task"] == task()["taskArn"]
    assert "is being stopped" in ran.err
