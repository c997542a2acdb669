"""A command in a terminal of its own, and what is on its screen, as HTML."""

import contextlib
import fcntl
import html
import os
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char

COLUMNS = 112  # as wide as the longest line of a rehearsal
_ROWS = 200  # more than a rehearsal prints, so that nothing scrolls away
# The emulator does not know faint text.
_FAINT, _GREY = b"\x1b[2m", b"\x1b[90m"
_COLOURS = {
    "black": "#3b4252",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#f2cc60",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
    "white": "#f0f6fc",
    "default": "#e6edf3",
}


class Terminal:
    """A process whose output is drawn on a screen that nobody sees; it gets keys from `press`."""

    def __init__(self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, _ROWS)
        self._stream = pyte.ByteStream(self._screen)
        # pyte's screen creates its lines also when it is read
        self._drawing = threading.Lock()
        self._changed = time.monotonic()
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, COLUMNS, 0, 0))
        settings = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(_ROWS)}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **settings},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._draw, daemon=True)
        self._reader.start()

    def _draw(self) -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while written := os.read(self._ours, 65_536):
                with self._drawing:
                    self._stream.feed(written.replace(_FAINT, _GREY))
                self._changed = time.monotonic()

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._lines()).rstrip()

    @property
    def unwrapped(self) -> str:
        """The same, with lines that went over the edge of the screen in one piece."""
        lines = (line if len(line.rstrip()) == COLUMNS else f"{line.rstrip()}\n" for line in self._lines())
        return "".join(lines).rstrip()

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing was printed for so long."""
        return time.monotonic() - self._changed > seconds

    def end(self) -> int:
        """End the process as Ctrl-C does, and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(120)
        self._reader.join(10)  # Else it could read on from what gets this number next
        os.close(self._ours)
        return code

    def as_html(self) -> str:
        """The screen without the empty lines at its end, with colours."""
        used = len(self.text.splitlines())
        with self._drawing:
            rows = [self._row(number) for number in range(used)]
        return "\n".join("".join(_span(style, run) for style, run in groupby(row, _style)) for row in rows)

    def _lines(self) -> list[str]:
        with self._drawing:
            return self._screen.display

    def _row(self, number: int) -> list[Char]:
        row = self._screen.buffer[number]
        used = len(self._screen.display[number].rstrip())
        return [row[column] for column in range(used)]


def _style(char: Char) -> str:
    """What a character looks like, as CSS."""
    faint = char.fg in ("brightblack", "black")
    colour = "#8b949e" if faint else _COLOURS.get(char.fg.removeprefix("bright"), f"#{char.fg}")
    return f"color:{colour}{';font-weight:700' if char.bold else ''}"


def _span(style: str, run: Iterator[Char]) -> str:
    return f'<span style="{style}">{html.escape("".join(char.data for char in run))}</span>'
