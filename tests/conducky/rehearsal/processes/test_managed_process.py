import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from conducky.errors import UserError
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.run_folder import RunFolder

pytestmark = pytest.mark.engine


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with RunFolder.create(tmp_path) as folder:
        yield folder


def shell(folder: RunFolder, script: str, trap: str = ":") -> ManagedProcess:
    """A shell that runs, and that has set its trap."""
    process = folder.start("shell", ["sh", "-c", f"{trap}; echo ready; {script}"], env=os.environ, cwd=folder.path)
    while process.poll() is None and "ready" not in process.tail():
        pass
    return process


def test_stop_asks_first(folder: RunFolder) -> None:
    process = shell(folder, "while true; do sleep 0.05; done", trap="trap 'echo bye; exit 3' TERM")
    assert process.poll() is None
    assert process.stop(10) == 3
    assert process.poll() == 3
    assert process.tail() == "ready\nbye"
    assert process.tail(1) == "bye"


def test_stop_sends_the_asked_signal(folder: RunFolder) -> None:
    process = shell(folder, "while true; do sleep 0.05; done", trap="trap 'exit 4' INT")
    assert process.stop(10, signal.SIGINT) == 4


def test_stop_kills_what_ignores_it(folder: RunFolder) -> None:
    process = shell(folder, "while true; do sleep 0.05; done", trap="trap '' TERM")
    assert process.stop(0.2) == -signal.SIGKILL


def test_stop_leaves_no_grandchild(folder: RunFolder) -> None:
    process = shell(folder, "sh -c 'echo $$; exec sleep 999' & sleep 0.2; exit 0")
    assert process.wait(10) == 0
    grandchild = psutil.Process(int(process.tail(1)))
    assert grandchild.is_running()
    assert process.stop(1) == 0
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_wait_gives_up(folder: RunFolder) -> None:
    process = shell(folder, "sleep 999")
    with pytest.raises(TimeoutError, match="shell still runs"):
        process.wait(0.05)


def test_a_wait_ends_with_the_process_or_when_it_is_stopped(folder: RunFolder) -> None:
    stop = threading.Event()
    assert shell(folder, "exit 3").wait_unless(stop, grace=0) == 3
    process = shell(folder, "sleep 999")
    stop.set()
    with pytest.raises(UserError, match="stopped"):
        process.wait_unless(stop, grace=0)
    assert process.poll() is not None


def test_stop_leaves_no_grandchild_with_a_session_of_its_own(folder: RunFolder) -> None:
    code = (
        "import subprocess as s; child = s.Popen(['sleep', '999'], start_new_session=True);"
        "print(child.pid, flush=True); child.wait()"
    )
    process = folder.start("nested", [sys.executable, "-c", code], env=os.environ, cwd=folder.path)
    while process.poll() is None and not process.tail():
        pass
    grandchild = psutil.Process(int(process.tail(1)))
    process.stop(10)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
