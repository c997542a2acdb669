"""What tasks wrote, line by line with the time at which it was seen: their log files have no times."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MOST_LINES: Final = 20_000  # of one application; of what it had before only the numbers remain
# Of one answer, as of AWS's: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
_PAGE_BYTES: Final = 1 << 20
_SETTLED: Final = 2.0  # seconds, after which a line without its end is taken for one

Line = tuple[str, int, int, str]


@dataclass
class LogBook:
    """Reads the logs in a folder, named `APPLICATION-TASK.log`.

    It keeps the last lines of each application, with their times; the log of one task can be read whole.
    """

    folder: Path
    _read: dict[Path, int] = field(default_factory=dict[Path, int])
    _lines: dict[str, list[Line]] = field(default_factory=dict[str, list[Line]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self) -> None:
        """Note what was written since the last time; a line without its end waits for it, but not for long."""
        with self._lock:
            for file in self.folder.glob("*-*.log"):
                name, _, task = file.stem.rpartition("-")
                with file.open("rb") as opened:
                    opened.seek(self._read.get(file, 0))
                    written = opened.read()
                waits = time.time() - file.stat().st_mtime < _SETTLED
                whole = written[: written.rfind(b"\n") + 1] if waits else written
                self._read[file] = self._read.get(file, 0) + len(whole)
                kept, at = self._lines.setdefault(name, []), int(time.time() * 1000)
                first = kept[-1][1] + 1 if kept else 0
                texts = whole.decode(errors="replace").splitlines()
                kept += [(task, number, at, text) for number, text in enumerate(texts, first)]
                del kept[:-_MOST_LINES]

    def lines(self, application: str, since: int = 0) -> list[Line]:
        """Task, number, time in milliseconds and text of each line from the number `since` on. No number repeats."""
        self.note()
        with self._lock:
            kept = self._lines.get(application, [])
            return kept[max(since - kept[0][1], 0) :] if kept else []

    def page(self, application: str, task: str, begin: int = 0, *, has_ended: bool = False) -> tuple[list[str], int]:
        """Lines of one task's log from byte `begin` on, at most some, and the byte to continue from.

        The last line needs no end where the task `has_ended`.
        """
        file = self.folder / f"{application}-{task}.log"
        if not file.is_file():
            return [], begin
        with file.open("rb") as opened:
            opened.seek(begin)
            written = opened.read(_PAGE_BYTES)
            is_last = not opened.read(1)
        end = written.rfind(b"\n") + 1
        if (is_last and has_ended) or (not is_last and not end):
            end = len(written)
        return written[:end].decode(errors="replace").splitlines(), begin + end
