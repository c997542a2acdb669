"""How long a person waits for a change of one line: what `u` takes in a rehearsal that runs."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from conducky.engine.ensure import ensure_engine
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display
from conducky.rehearsal.session import Options, Session
from conducky.signals import Interruption
from tools.bench.row import Row
from tools.tracked import copy_tracked

# The file of each application that gets one more line, and the target in seconds
EDITS = {"backend": ("backend/src/status.ts", 15.0), "frontend": ("frontend/components/home.tsx", 25.0)}
_LINE = '\nexport const added = "one more line";\n'
_TYPE_ERROR = '\nexport const added: number = "not a number";\n'
_TOLD_SECONDS = 10.0


def measure_edits() -> Iterator[Row]:
    """Both applications, built before: one changed line each, then a type error each."""
    written = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        root = copy_tracked(Path(folder) / "copy")
        options = Options("dev", 8080, once=False, json_file=None, root=root, runtime="host")
        for file, _ in EDITS.values():  # Built now, so that steps are kept
            _append(root / file, f"\n// {time.time()}\n")
        display = Display(Console(file=written))
        engine = ensure_engine(lambda _line: None)
        with Rehearsal("dev", engine=engine, port=options.port, progress=display.step, root=root) as rehearsal:
            session = Session(options, rehearsal, display, Interruption())
            if not session.deploy():
                raise AssertionError(written.getvalue())
            for line, what, ok in (
                (_LINE, "one line changed, until it is checked again", True),
                (_TYPE_ERROR, "until a type error is reported", False),
            ):
                for name, (file, limit) in EDITS.items():
                    before = (root / file).read_text(encoding="utf-8")
                    _append(root / file, line)
                    begin, before_it = time.monotonic(), sum(os.times()[:4])
                    if session.deploy() is not ok:
                        raise AssertionError(written.getvalue())
                    seconds = time.monotonic() - begin
                    note = f" ({sum(os.times()[:4]) - before_it:.1f} CPU s)"
                    yield Row.at_most(f"{name}: {what}", seconds, limit if ok else _TOLD_SECONDS, "s", note)
                    if not ok:
                        (root / file).write_text(before, encoding="utf-8")


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
