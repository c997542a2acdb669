"""Run a command: a short one for what it prints, a long one so that it can be stopped as a whole."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

from conducky.errors import printable
from conducky.signals import handled

TICK_SECONDS = 1.0
GRACE_SECONDS = 5.0

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class TimeLimitError(Exception):
    """The command ran longer than it may; it has been stopped."""


def run_logged(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    limit_seconds: float,
    tick: Callable[[float], None],
) -> int:
    """Run `command` in `folder` to its end and return its exit code.

    Its output is added to `log`; `tick` gets the elapsed seconds about once a second. However the wait ends, the
    command and every process it started are gone afterwards. Raises OSError when it cannot be started, and
    TimeLimitError.
    """
    with log.open("ab") as output, stopped_whole(command, folder, environment, output.fileno()) as process:
        return _wait(process, limit_seconds, tick)


def output_of(  # all but the command are keyword-only
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
    stdin: str = "",
    merged: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end, without a terminal; `merged` puts its errors among what it prints.

    Raises OSError when it cannot be started, and subprocess.TimeoutExpired when it takes longer than `seconds`.
    """
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds,
    )


def without_colours(text: str) -> str:
    """The text without what colours it on a terminal."""
    return _COLOURS.sub("", text)


def last_line(text: str, otherwise: str = "it printed nothing") -> str:
    """The last line of a command's output that is not blank, as a message may show it."""
    lines = [line.strip() for line in without_colours(text).splitlines() if line.strip()]
    return printable(lines[-1]) if lines else otherwise


@contextlib.contextmanager
def stopped_whole(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    output: int,
    *,
    errors: int = subprocess.STDOUT,
    user: int | None = None,
) -> Generator[subprocess.Popen[bytes]]:
    """A command that runs during the block; however that is left, it and every process it started are gone then.

    `user` is the id of another user that it runs as, whose only group has the same id (only root can).
    """
    with contextlib.ExitStack() as starting:
        starting.enter_context(_ctrl_c_later())
        # A session of its own makes one group of the command and its children, to be stopped together.
        with subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            user=user,
            group=user,
            extra_groups=None if user is None else (),
            start_new_session=True,
        ) as process:
            try:
                starting.close()
                yield process
                process.wait()
            except BaseException:
                _stop_group(process)
                raise
            _signal_group(process.pid, signal.SIGKILL)  # What it left behind


@contextlib.contextmanager
def _ctrl_c_later() -> Generator[None]:
    """Put Ctrl-C off, which could otherwise come after a command was started and before anybody would stop it."""
    if threading.current_thread() is not threading.main_thread():  # Only the main thread is interrupted
        yield
        return
    came: list[int] = []
    try:
        with handled({signal.SIGINT: lambda number, _frame: came.append(number)}):
            yield
    finally:
        for number in came[:1]:
            signal.raise_signal(number)


def _wait(process: subprocess.Popen[bytes], limit_seconds: float, tick: Callable[[float], None]) -> int:
    started = time.monotonic()
    elapsed = 0.0
    while elapsed < limit_seconds:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=min(TICK_SECONDS, limit_seconds - elapsed))
        elapsed = time.monotonic() - started
        tick(elapsed)
    raise TimeLimitError(f"stopped after {limit_seconds:.0f} s")


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=GRACE_SECONDS)
    # The leader may be gone while a child still runs.
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    # macOS answers EPERM, not ESRCH, for a group of which only unreaped processes are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
