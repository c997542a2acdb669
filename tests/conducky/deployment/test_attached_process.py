"""Who gets Ctrl-C, and whose exit code comes back."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.deployment.pulumi_cli import run_attached
from tests.fakes.pulumi import FakePulumi

pytestmark = pytest.mark.engine

CONDUCKY = Path(sys.executable).with_name("conducky")
# Notes each signal, ends at the second or soon after the first.
PATIENT = """
trap 'echo got >>"$FAKE_ANSWERS/signals"; ended=yes' INT TERM
echo ready >"$FAKE_ANSWERS/ready"
n=0
while [ $n -lt 300 ] && [ -z "$ended" ]; do sleep 0.1; n=$((n + 1)); done
sleep 0.3
exit 8
"""


def run(*command: str) -> int:
    return run_attached(command, folder=Path("/"), environment={"PATH": "/usr/bin:/bin"})


def test_the_exit_code_is_the_commands() -> None:
    assert run("sh", "-c", "exit 0") == 0
    assert run("sh", "-c", "exit 6") == 6
    assert run("sh", "-c", "kill -9 $$") == 128 + signal.SIGKILL


def test_our_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run("sh", "-c", "exit 0")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_success_after_a_signal_still_ends_what_follows() -> None:
    assert (
        run("sh", "-c", f"trap 'exit 0' TERM; kill -TERM {os.getpid()}; sleep 5 & wait; exit 1") == 128 + signal.SIGTERM
    )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 30 s"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_terminal_a_signal_reaches_pulumi_once_and_its_code_comes_back(
    pulumi: FakePulumi, number: signal.Signals
) -> None:
    pulumi.answer("platform", "preview", script=PATIENT)
    command = subprocess.Popen(
        [CONDUCKY, "preview"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until((pulumi.answers / "ready").exists)
    command.send_signal(number)
    _, said = command.communicate(timeout=30)
    assert command.returncode == 8
    assert (pulumi.answers / "signals").read_text() == "got\n"
    assert "Traceback" not in said
    assert len(pulumi.changes) == 1, "services was begun after all"


def test_ctrl_c_in_a_terminal_reaches_pulumi_once(pulumi: FakePulumi) -> None:
    """A second one would make the real one give up at once, with the stack half-way."""
    pulumi.answer("platform", "preview", script=PATIENT)
    child, terminal = pty.fork()
    if child == 0:
        os.execv(CONDUCKY, ["conducky", "preview", "--stack", "dev"])  # noqa: S606  # a process of its own
    try:
        until((pulumi.answers / "ready").exists)
        os.write(terminal, b"\x03")
        until((pulumi.answers / "signals").exists)
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            _drain(terminal)
    finally:
        os.close(terminal)
    assert (pulumi.answers / "signals").read_text() == "got\n"
    assert pulumi.changes == ["-C platform preview --stack dev --refresh=false"]


def _drain(terminal: int) -> None:
    try:
        os.read(terminal, 1024)
    except OSError:  # Linux: the other end is closed
        time.sleep(0.02)
