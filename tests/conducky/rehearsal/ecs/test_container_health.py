"""A container's own health check: what ECS makes of its command, its retries and its start."""

import subprocess
from typing import Any

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.container_health import ContainerHealth, container_health, outcome


def health(**check: Any) -> ContainerHealth:  # noqa: ANN401
    container: Properties = {"name": "backend", "healthCheck": {"command": ["CMD-SHELL", "true"], **check}}
    found = container_health(container)
    assert found
    return found


def test_a_shell_command_runs_in_a_shell_and_another_does_not() -> None:
    assert health(command=["CMD-SHELL", "a && b"]).command == ["/bin/sh", "-c", "a && b"]
    assert health(command=["CMD", "node", "check.js"]).command == ["node", "check.js"]


def test_ecs_has_defaults_for_what_is_not_said() -> None:
    found = health()
    assert (found.interval, found.timeout, found.retries, found.start_period) == (30, 5, 3, 0)


@pytest.mark.parametrize("check", [None, {}, {"command": ["NONE"]}])
def test_without_a_command_there_is_no_check(check: Properties | None) -> None:
    assert container_health({"name": "backend", "healthCheck": check}) is None


def test_another_kind_of_command_is_refused() -> None:
    with pytest.raises(ResourceFailedError, match="begins with curl"):
        health(command=["curl", "http://localhost"])


def test_it_is_unhealthy_after_as_many_failures_as_it_may_have() -> None:
    found = health(retries=2)
    found.record(None, starting=False)
    found.record("exit 1", starting=False)
    assert (found.state, found.problem()) == ("HEALTHY", None)
    found.record("exit 1", starting=False)
    assert (found.state, found.problem()) == ("UNHEALTHY", "exit 1")
    found.record(None, starting=False)
    assert found.state == "HEALTHY"


def test_failures_while_it_starts_do_not_count_but_a_success_ends_the_start() -> None:
    found = health(retries=1)
    found.record("refused", starting=True)
    assert (found.state, found.problem()) == ("UNKNOWN", "refused")
    found.record(None, starting=True)
    found.record("refused", starting=True)
    assert found.state == "UNHEALTHY"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("true", None),
        ("echo no database >&2; exit 7", "its health check exited with code 7: no database"),
        ("exit 3", "its health check exited with code 3"),
    ],
)
def test_the_exit_code_decides(script: str, said: str | None) -> None:
    def run(command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, timeout=timeout, capture_output=True, text=True, check=False)

    assert outcome(["/bin/sh", "-c", script], 20, run) == said


def test_one_that_does_not_end_or_does_not_start_is_a_failure() -> None:
    def late(command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, timeout)

    assert outcome(["sleep"], 5, late) == "its health check did not end within 5 s"

    def absent(command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, timeout=timeout, capture_output=True, text=True, check=False)

    assert "cannot start" in str(outcome(["/no/such/program"], 5, absent))
