"""How log lines look on a terminal."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import cycle

from rich.console import Console
from rich.text import Text

from conducky.errors import printable
from conducky.operations.logs import Event
from conducky.operations.words import now
from conducky.verification.log_line import readable_line
from conducky.verification.task import SHORT

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")


@dataclass
class LogView:
    """Prints lines as they come: time here, service and task (in a colour of its own), and the text."""

    console: Console
    as_json: bool = False
    printed: int = 0
    _styles: dict[str, str] = field(default_factory=dict[str, str])
    _colours: Iterable[str] = field(default_factory=lambda: cycle(_COLOURS))

    def show(self, event: Event) -> None:
        """Print one line; JSON becomes its message and its other fields, errors in red."""
        self.printed += 1
        if self.as_json:
            sys.stdout.write(json.dumps(event.as_json(), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        text, failed = readable_line(event.text)
        at = event.at.astimezone()
        day = "" if at.date() == now().astimezone().date() else f"{at:%m-%d} "
        line = Text.assemble(
            (f"{day}{at:%H:%M:%S} ", "dim"),
            (f"{event.application}/{event.task[:SHORT]} ", self._style(event.task)),
            (printable(text.expandtabs()), "red" if failed else "default"),
        )
        self.console.print(line, soft_wrap=True)

    def _style(self, task: str) -> str:
        if task not in self._styles:
            self._styles[task] = next(iter(self._colours))
        return self._styles[task]
