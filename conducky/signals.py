"""Signals and single keys while the rehearsal runs."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
Handler = Callable[[int, FrameType | None], None]


@contextmanager
def handled(handlers: Mapping[signal.Signals, Handler]) -> Generator[None]:
    """Handle these signals so for a while, and then as before."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interrupted(BaseException):  # as KeyboardInterrupt: not an error
    """A signal asked the rehearsal to end. Nothing that catches errors catches this."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Interruption:
    """Notes the first signal; work continues in a thread, so that the main thread can always answer one."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.number: int | None = None

    def installed(self) -> AbstractContextManager[None]:
        """Take over SIGINT, SIGTERM and SIGHUP for a while."""
        return handled(dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self._note))

    def check(self) -> None:
        """Raise when a signal came."""
        if self.number is not None:
            raise Interrupted(self.number)

    def run(self, work: Callable[[], T], stop: Callable[[], None]) -> T:
        """Do the work; when a signal comes, call `stop`, wait for the work to end, and raise `Interrupted`."""
        self.check()
        # Keys that are pressed meanwhile are neither shown, which would break the view, nor kept
        with _single_keys(self.reads_keys()), ThreadPoolExecutor(1, "rehearsal") as thread:
            future = thread.submit(work)
            while not future.done():
                wait([future], 0.1)
                if self._event.is_set():
                    stop()
                    wait([future])
        self.check()
        return future.result()

    def wait(self) -> str | None:
        """Wait for a key, where there is a terminal to press it on, or for a signal (None)."""
        with _single_keys(self.reads_keys()) as terminal:
            while not self._event.wait(0 if terminal else 0.2):
                if terminal and select.select([sys.stdin], [], [], 0.2)[0]:
                    # All of it: an arrow key sends three characters, of which the last is a letter
                    if pressed := os.read(sys.stdin.fileno(), 64):
                        return pressed[:1].decode(errors="replace").lower()
                    self._event.wait(0.2)  # The terminal is gone, and SIGHUP is on its way
        return None

    def reads_keys(self) -> bool:
        """Whether a person can press keys: there is a terminal, and this is not a background job of its shell."""
        if not (sys.stdin and sys.stdin.isatty()):
            return False
        try:
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except OSError:  # It is not the controlling terminal, so no shell has jobs there
            return True

    def lend_terminal(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run a command, with further variables, on the terminal. Ctrl-C is its own; other signals end it."""
        environment = {**os.environ, **variables}
        with (
            handled({signal.SIGINT: lambda _number, _frame: None}),
            subprocess.Popen(command, env=environment) as process,
        ):
            while process.poll() is None:
                if self._event.wait(0.1):
                    process.terminate()
                    process.wait()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
        self._event.set()


@contextmanager
def _single_keys(terminal: bool) -> Generator[bool]:  # noqa: FBT001
    """Read keys as they are pressed, where there is a terminal to read from; gives whether there is."""
    try:
        before = termios.tcgetattr(sys.stdin) if terminal else None
    except (termios.error, OSError):
        before = None
    if before is None:
        yield False
        return
    try:
        tty.setcbreak(sys.stdin)
        yield True
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
