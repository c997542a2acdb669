"""Run a command on this terminal, and leave it to the command what Ctrl-C does."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

_SIGNAL_EXIT = 128


def run_attached(command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> int:
    """Run the command to its end with our input and output; returns its exit code, or 128 + n if signal n ended it.

    SIGINT and SIGTERM end the command its own way, and never us before it. If it then succeeds all the same, 128 + n is
    returned, so that nothing follows.

    Raises:
        OSError: when it cannot be started.
    """
    attached = _Attached()
    before = {number: signal.signal(number, attached.receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        attached.process = subprocess.Popen(command, cwd=folder, env=dict(environment))
        attached.pass_on_what_came_early()
        code = attached.process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code < 0:
        return _SIGNAL_EXIT - code
    return code or (_SIGNAL_EXIT + attached.number if attached.number else 0)


class _Attached:
    """A process that gets each signal that we get, once."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.number = 0
        self._early = 0

    def receive(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        # A second SIGINT makes Pulumi give up at once, so it must not get the terminal's and ours.
        if number == signal.SIGINT and _in_foreground():
            return
        if self.process is None:
            self._early = number
        else:
            self.process.send_signal(number)

    def pass_on_what_came_early(self) -> None:
        if self._early and self.process is not None:
            self.process.send_signal(self._early)


def _in_foreground() -> bool:
    """Whether a Ctrl-C in our terminal reaches the process by itself, because it reaches our whole group."""
    with contextlib.suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as terminal:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    return False
