"""What tasks wrote, line by line with the time at which it was seen: their log files have no times."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MOST_LINES: Final = 20_000  # of one application; of what it had before only the numbers remain

Line = tuple[str, int, int, str]


@dataclass
class LogBook:
    """Reads the logs in a folder, named `APPLICATION-TASK.log`."""

    folder: Path
    _read: dict[Path, int] = field(default_factory=dict[Path, int])
    _lines: dict[str, list[Line]] = field(default_factory=dict[str, list[Line]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self) -> None:
        """Note what was written since the last time; a line without its end waits for it."""
        with self._lock:
            for file in self.folder.glob("*-*.log"):
                name, _, task = file.stem.rpartition("-")
                with file.open("rb") as opened:
                    opened.seek(self._read.get(file, 0))
                    written = opened.read()
                whole = written[: written.rfind(b"\n") + 1]
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
