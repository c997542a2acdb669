from collections.abc import Iterator

import psutil
import pytest

from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.processes.ports import free_port
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.ecs.echo_app import wait_until

CHILD = "sleep 60 & echo child $!; wait"


@pytest.fixture
def tasks(run_folder: RunFolder) -> Iterator[list[Task]]:
    """Those that a test starts; they are stopped afterwards."""
    started: list[Task] = []
    yield started
    for task in started:
        task.stop()


def start(tasks: list[Task], folder: RunFolder, script: str, stop_timeout: float = 5) -> Task:
    command = ["/bin/sh", "-c", script]
    name = f"task-{free_port()}"
    own = folder.own_folder("tasks", name)
    process = folder.start(name, command, env={"PATH": "/usr/bin:/bin"}, cwd=own, run_as=folder.user)
    tasks.append(Task("backend", "backend:7", process, {4000: free_port()}, stop_timeout, own))
    return tasks[-1]


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_task_reports_how_it_ended(tasks: list[Task], run_folder: RunFolder) -> None:
    task = start(tasks, run_folder, "sleep 0.2; exit 5")
    assert task.ended() is None

    task.process.wait(10)

    assert task.ended() == "it exited with code 5"


def test_a_stopped_task_is_gone_with_what_it_started(tasks: list[Task], run_folder: RunFolder) -> None:
    task = start(tasks, run_folder, CHILD)
    wait_until("it has started its child", lambda: "child " in task.process.tail())

    task.stop()

    assert task.ended() == "it exited with code -15"
    assert not is_running(int(task.process.tail().split()[-1]))
    assert not task.folder.exists()


@pytest.mark.engine
def test_a_task_that_ignores_sigterm_is_killed(tasks: list[Task], run_folder: RunFolder) -> None:
    task = start(tasks, run_folder, "trap '' TERM; echo ready; while :; do sleep 1; done", stop_timeout=0.3)
    wait_until("it ignores the signal", lambda: "ready" in task.process.tail())

    task.stop()

    assert task.ended() == "it exited with code -9"
    assert task.overdue
