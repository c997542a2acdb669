"""Which tasks there are, and which one is meant."""

from datetime import timedelta
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.operations.target import Target
from conducky.operations.tasks import choose_task, find_tasks
from conducky.verification.task import task_of
from tests.conducky.operations.conftest import STARTED, task, tasks
from tests.fakes.aws_api import AwsApi


def test_the_newest_comes_first_and_is_chosen(api: AwsApi, target: Target) -> None:
    tasks(api, task("old1"), task("new1", startedAt=STARTED + timedelta(hours=1)), task("f1", "frontend"))
    found = find_tasks(target, "conducky-dev-backend")
    assert [each.task_id for each in found] == ["new1", "old1"]
    assert choose_task(target, found, None, "backend").task_id == "new1"


def test_more_than_a_hundred_tasks_are_described_in_several_calls(api: AwsApi, target: Target) -> None:
    tasks(api, *(task(f"t{number:03}") for number in range(130)))
    assert len(find_tasks(target)) == 130
    assert [len(request["tasks"]) for request in api.made("ecs.DescribeTasks")] == [100, 30]


def test_no_tasks_are_not_described(api: AwsApi, target: Target) -> None:
    tasks(api)
    assert find_tasks(target) == []
    assert api.made("ecs.DescribeTasks") == [], "ECS refuses the call without tasks"


def test_the_address_and_the_agent_are_read_from_their_places() -> None:
    found = task_of(task())
    assert (found.address, found.spot, found.exec_enabled) == ("172.31.0.7", True, True)
    container = found.container("backend")
    assert container
    assert (container.exec_agent, container.runtime_id) == ("RUNNING", "1a2b3c4d5e6f-42")
    assert found.container("other") is None


def test_a_task_that_is_not_running_yet_is_chosen_only_if_no_other_is(target: Target) -> None:
    starting: dict[str, Any] = task("starting", lastStatus="PENDING")
    assert choose_task(target, [task_of(starting), task_of(task("runs"))], None, "backend").task_id == "runs"
    assert choose_task(target, [task_of(starting)], None, "backend").task_id == "starting"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [("a", "type more of one: aa11, ab22"), ("x", "choose one of aa11, ab22"), ("ab2", None)],
)
def test_a_beginning_of_an_id_must_mean_one_task(target: Target, wanted: str, says: str | None) -> None:
    found = [task_of(task("aa11")), task_of(task("ab22"))]
    if says is None:
        assert choose_task(target, found, wanted, "backend").task_id == "ab22"
        return
    with pytest.raises(UserError) as caught:
        choose_task(target, found, wanted, "backend")
    assert caught.value.fix == says


def test_no_task_is_an_error_that_leads_to_the_status(target: Target) -> None:
    with pytest.raises(UserError) as caught:
        choose_task(target, [], None, "backend")
    assert caught.value.problem == "no task of backend runs"
    assert "`conducky status --stack dev`" in caught.value.fix


@pytest.mark.parametrize("code", ["ClusterNotFoundException", "ServiceNotFoundException"])
def test_nothing_deployed_says_where_it_looked(api: AwsApi, target: Target, code: str) -> None:
    api.refuse("ecs.ListTasks", code)
    with pytest.raises(UserError) as caught:
        find_tasks(target, "conducky-dev-backend")
    assert "us-east-1 of account 123456789012" in caught.value.problem
    assert "make deploy STACK=dev" in caught.value.fix
