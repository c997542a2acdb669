"""A container's own health check: what ECS makes of its command, its retries and its start."""

import os
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs import fargate as fargate_module
from conducky.rehearsal.ecs.container_health import ContainerHealth, container_health, outcome
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.images import Images
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from tests.conducky.rehearsal.ecs.echo_app import make_image, wait_until


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


@pytest.mark.parametrize("what", ["the container", "the rehearsal"])
def test_nothing_is_checked_after_what_it_belongs_to_has_ended(account: Account, what: str, tmp_path: Path) -> None:
    process = account.folder.start("backend", ["sleep", "60"], env={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    checks: list[float] = []
    found = health()
    found.start(lambda seconds: checks.append(seconds) or "refused", process, account.stopping)
    wait_until("it is checked", lambda: bool(checks))
    if what == "the rehearsal":
        account.stopping.set()
    else:
        process.stop(0)
    wait_until("its thread ends", lambda: "container health" not in [each.name for each in threading.enumerate()])
    process.stop(0)


def test_the_time_that_a_check_takes_is_part_of_the_start(account: Account, tmp_path: Path) -> None:
    process = account.folder.start("backend", ["sleep", "60"], env={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    checks: list[float] = []
    found = health(retries=1, startPeriod=1)

    def hang(seconds: float) -> str:
        checks.append(seconds)
        time.sleep(0.6)
        return "did not end"

    found.start(hang, process, account.stopping)
    wait_until("it is unhealthy", lambda: found.state == "UNHEALTHY")
    process.stop(0)
    assert len(checks) == 2, "the second began after the start"


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


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["health check", "execute"])
def test_what_does_not_end_is_stopped_with_all_that_it_started(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(fargate_module, "_COMMAND_SECONDS", 0.5)
    account.remember("aws:ecr/repository:Repository", "backend", {"repositoryUrl": "ecr/backend"})
    fargate = Fargate(account, Images(account), Databases(account), LoadBalancers(account, 18080))
    fargate.images.built["sha256:1"] = make_image(tmp_path / "the image")
    container: Properties = {"name": "backend", "image": "ecr/backend@sha256:1"}
    seconds = f"60.{uuid.uuid4().int}"
    script = f"sleep {seconds} & wait"

    def children() -> list[psutil.Process]:
        return [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", seconds]]

    if kind == "execute":
        with pytest.raises(UserError, match="did not end"):
            fargate.execute(container, ["/bin/sh", "-c", script])
    else:
        check = {"command": ["CMD-SHELL", script], "timeout": 1}
        task = fargate.start({"arn": "arn:aws:ecs:task-definition/backend:7"}, {**container, "healthCheck": check})
        wait_until("its child runs", lambda: bool(children()))
        wait_until("it has failed", lambda: "did not end" in str(task.health and task.health.reason))
        task.stop()
    wait_until("its child is gone", lambda: not children())
