"""Run a long command so that it can be stopped whole, with its output in a log file."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TICK_SECONDS = 1.0
GRACE_SECONDS = 5.0


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

    Its output is added to `log`; `tick` gets the elapsed seconds about once a second. Whatever ends the wait early
    (Ctrl-C, the limit, an error in `tick`), the command and every process it started are gone afterwards.

    Raises:
        TimeLimitError: it took longer than `limit_seconds`.
        OSError: it could not be started.
    """
    with log.open("ab") as output:
        # A session of its own makes one group of the command and its children, to be stopped together.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return _wait(process, limit_seconds, tick)
        except BaseException:
            _stop_group(process)
            raise


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
