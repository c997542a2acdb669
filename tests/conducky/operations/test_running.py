"""`conducky start` and `stop`: counts of the settings, and the database before the tasks."""

import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from conducky.operations import running
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings
from conducky.settings.worker import Worker
from tests.conducky.operations.conftest import OUTPUTS, Run, database
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi

DATABASE = "conducky-dev-database1a2b3c4"
Stack = Callable[..., None]


@pytest.fixture
def stack(api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Let AWS have a database that is in these states, one after the other, and take every call."""
    monkeypatch.setattr(running, "_PAUSE", 0)

    def have(*states: str) -> None:
        left = list(states)

        def described(_request: dict[str, Any]) -> dict[str, Any]:
            state = left.pop(0) if len(left) > 1 else left[0]
            return {"DBInstances": [database(DBInstanceStatus=state), database(DBInstanceIdentifier="another")]}

        api.answer("rds.DescribeDBInstances", described)
        for call in ("ecs.UpdateService", "rds.StartDBInstance", "rds.StopDBInstance"):
            api.answer(call, {})

    return have


def counts(api: AwsApi) -> dict[str, int]:
    return {request["service"]: request["desiredCount"] for request in api.made("ecs.UpdateService")}


def test_stop_stops_the_tasks_and_then_the_database(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("available")
    ran = run("stop")
    assert ran.code == 0, ran
    assert counts(api) == {"conducky-dev-backend": 0, "conducky-dev-frontend": 0}
    assert [request["DBInstanceIdentifier"] for request in api.made("rds.StopDBInstance")] == [DATABASE]
    assert "conducky start --stack dev" in " ".join(ran.err.split())
    assert "seven days" in " ".join(ran.err.split())


def test_a_worker_stops_with_the_others_and_starts_again(
    api: AwsApi, stack: Stack, pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(ServicesSettings, "dev")
    with_worker = settings.model_copy(update={"worker": Worker(command=("node", "worker.js"), count=3)})
    monkeypatch.setattr(running, "settings_of", mock.Mock(return_value=with_worker))
    pulumi.answer("services", "output", out=json.dumps({**OUTPUTS, "worker_service_name": "conducky-dev-worker"}))
    stack("available")
    assert run("stop").code == 0
    assert counts(api)["conducky-dev-worker"] == 0
    assert run("start").code == 0
    assert counts(api)["conducky-dev-worker"] == 3


def test_start_waits_for_the_database_and_runs_as_many_tasks_as_the_settings_say(
    api: AwsApi, stack: Stack, run: Run
) -> None:
    stack("stopped", "starting", "starting", "available")
    ran = run("start")
    assert ran.code == 0, ran
    assert [request["DBInstanceIdentifier"] for request in api.made("rds.StartDBInstance")] == [DATABASE]
    assert counts(api) == {"conducky-dev-backend": 1, "conducky-dev-frontend": 1}


def test_a_database_that_is_still_stopping_is_waited_for(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("stopping", "stopping", "stopped", "available")
    assert run("start").code == 0
    assert len(api.made("rds.StartDBInstance")) == 1


@pytest.mark.parametrize("state", ["available", "backing-up", "storage-optimization"])
def test_what_runs_already_is_left_alone(
    api: AwsApi, stack: Stack, run: Run, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(running, "_ATTEMPTS", 2)
    stack(state)
    assert run("start").code == 0
    assert api.made("rds.StartDBInstance") == []


def test_a_database_that_was_replaced_is_not_started(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("stopped", "available")
    left = {"TagList": [{"Key": "ReplacedBy", "Value": "database-2"}], "DBInstanceIdentifier": "conducky-dev-database0"}
    replaced = [
        database(**left, DBInstanceStatus="stopped"),
        database(**{**left, "DBInstanceIdentifier": "conducky-dev-database9"}, DBInstanceStatus="deleting"),
    ]
    states = iter(["stopped"])
    api.answer(
        "rds.DescribeDBInstances",
        lambda _: {"DBInstances": [*replaced, database(DBInstanceStatus=next(states, "available"))]},
    )
    assert run("start").code == 0
    assert [request["DBInstanceIdentifier"] for request in api.made("rds.StartDBInstance")] == [DATABASE]


def test_a_database_that_is_being_deleted_is_not_waited_for(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("deleting")
    ran = run("start")
    assert ran.code == 1
    assert f"the database {DATABASE} is deleting" in ran.err
    assert len(api.made("rds.DescribeDBInstances")) == 2


def test_a_database_that_is_stopped_already_is_not_stopped_again(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("stopped")
    assert run("stop").code == 0
    assert api.made("rds.StopDBInstance") == []


@pytest.mark.parametrize("state", ["stopping", "deleting"])
def test_a_database_that_ends_already_is_not_stopped(api: AwsApi, stack: Stack, run: Run, state: str) -> None:
    stack(state)
    ran = run("stop")
    assert (ran.code, f"the database {DATABASE} is {state}" in ran.err) == (0, True)
    assert api.made("rds.StopDBInstance") == []


@pytest.mark.parametrize("state", ["backing-up", "starting", "modifying"])
def test_a_database_that_cannot_be_stopped_yet_is_waited_for(api: AwsApi, stack: Stack, run: Run, state: str) -> None:
    stack(state, state, "available")
    ran = run("stop")
    assert ran.code == 0, ran
    assert [request["DBInstanceIdentifier"] for request in api.made("rds.StopDBInstance")] == [DATABASE]
    assert f"the database {DATABASE} is {state}: it is stopped as soon as AWS allows it" in ran.err
    assert f"the database {DATABASE} is stopping" in ran.err


def test_one_that_cannot_be_stopped_says_so_and_the_others_are_stopped(
    api: AwsApi, stack: Stack, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack("available")
    monkeypatch.setattr(running, "_ATTEMPTS", 2)
    busy = database(DBInstanceIdentifier="conducky-dev-database0", DBInstanceStatus="modifying")
    api.answer("rds.DescribeDBInstances", {"DBInstances": [busy, database()]})
    ran = run("stop")
    assert ran.code == 1
    assert [request["DBInstanceIdentifier"] for request in api.made("rds.StopDBInstance")] == [DATABASE]
    assert "the database conducky-dev-database0 is modifying" in ran.err.splitlines()[-1]
    assert "run this again" in ran.err.splitlines()[-1]


def test_a_database_that_does_not_start_is_one_sentence(
    api: AwsApi, stack: Stack, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack("storage-full")
    monkeypatch.setattr(running, "_ATTEMPTS", 2)
    ran = run("start")
    assert ran.code == 1
    assert "storage-full" in ran.err
    assert "Traceback" not in ran.err
    assert counts(api) == {}, "tasks that find no database would end again and again"


def test_a_stack_that_is_not_deployed_says_how_to_deploy_it(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("available")
    api.refuse("ecs.UpdateService", "ClusterNotFoundException", "Cluster not found.")
    ran = run("stop")
    assert ran.code == 1
    assert "make deploy STACK=dev" in " ".join(ran.err.split())


def test_a_refusal_names_the_policy(api: AwsApi, stack: Stack, run: Run) -> None:
    stack("available")
    api.refuse("rds.StopDBInstance", "AccessDenied", "no identity-based policy allows the rds:StopDBInstance action")
    ran = run("stop")
    assert ran.code == 1
    assert "conducky-dev-deployer-schedule" in " ".join(ran.err.split())
