"""A shell in a container, and each known reason why there is none, told before AWS's vague refusal."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.operations.exec import open_session
from conducky.operations.target import Target
from tests.conducky.operations.conftest import STARTED, task, tasks
from tests.fakes.aws_api import AwsApi
from tests.fakes.session_manager_plugin import FakePlugin, fake_plugin

OPENED = {"session": {"sessionId": "ecs-1", "streamUrl": "wss://x/1", "tokenValue": "fake-session-token-for-tests"}}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePlugin:
    return fake_plugin(tmp_path / "plugin", monkeypatch)


def with_agent(status: str | None) -> dict[str, Any]:
    found = task()
    agents = [{"name": "ExecuteCommandAgent", "lastStatus": status}] if status else []
    found["containers"][0]["managedAgents"] = agents
    return found


def test_a_shell_in_the_newest_task(api: AwsApi, target: Target, plugin: FakePlugin) -> None:
    tasks(api, task("old1"), task("new1", startedAt=STARTED + timedelta(hours=1)))
    api.answer("ecs.ExecuteCommand", OPENED)
    assert open_session(target, "backend", None, []) == 0
    (asked,) = api.made("ecs.ExecuteCommand")
    assert asked["task"].endswith("/new1")
    assert (asked["container"], asked["command"], asked["interactive"]) == ("backend", "/bin/sh", True)
    assert '"ecs:conducky-dev-cluster_new1_new1-42"' in plugin.words[4]


def test_only_what_the_exec_policy_allows_is_asked(api: AwsApi, target: Target, plugin: FakePlugin) -> None:
    tasks(api, task())
    api.answer("ecs.ExecuteCommand", OPENED)
    open_session(target, "backend", None, [])
    assert {call.name for call in api.calls} == {"ecs.ListTasks", "ecs.DescribeTasks", "ecs.ExecuteCommand"}


def test_a_command_keeps_its_words(api: AwsApi, target: Target, plugin: FakePlugin) -> None:
    tasks(api, task("1a2b"), task("9f8e"))
    api.answer("ecs.ExecuteCommand", OPENED)
    open_session(target, "backend", "9f", ["npx", "prisma", "migrate", "resolve", "--applied", "a name"])
    (asked,) = api.made("ecs.ExecuteCommand")
    assert asked["command"] == "npx prisma migrate resolve --applied 'a name'"
    assert asked["task"].endswith("/9f8e")


@pytest.mark.parametrize(
    ("found", "problem", "fix"),
    [
        (task(lastStatus="PENDING"), "is pending", "conducky status"),
        (task(enableExecuteCommand=False), "without ECS Exec", "make deploy STACK=dev LAYER=services"),
        (with_agent(None), "still starting", "again"),
        (with_agent("PENDING"), "still starting", "again"),
        (with_agent("STOPPED"), "is stopped", "--task"),
        (task(containers=[{"name": "sidecar"}]), "no container `backend`, only sidecar", "container.py"),
    ],
)
def test_why_a_task_takes_no_commands(
    api: AwsApi, target: Target, plugin: FakePlugin, found: dict[str, Any], problem: str, fix: str
) -> None:
    tasks(api, found)
    with pytest.raises(UserError) as caught:
        open_session(target, "backend", None, [])
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert plugin.words == []


def test_an_agent_that_is_not_reached_names_role_and_firewall(api: AwsApi, target: Target) -> None:
    tasks(api, task())
    api.refuse("ecs.ExecuteCommand", "TargetNotConnectedException")
    with pytest.raises(UserError) as caught:
        open_session(target, "backend", None, [])
    assert "ssmmessages" in caught.value.fix
    assert "443" in caught.value.fix


def test_a_caller_without_the_policy_is_given_its_name(api: AwsApi, target: Target) -> None:
    tasks(api, task())
    with pytest.raises(UserError) as caught:
        open_session(target, "backend", None, [])
    assert "ecs:ExecuteCommand" in caught.value.problem
    assert "policy/conducky-dev-exec" in caught.value.fix
