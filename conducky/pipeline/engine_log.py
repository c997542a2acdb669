"""What the engine wrote while it worked on a layer (`pulumi up --event-log FILE`): what it did, and what went wrong."""

import json
from pathlib import Path

from pulumi.automation import events

from conducky.engine.events import Told, Watch
from conducky.repository import ROOT


def read_engine_log(file: Path) -> Watch | None:
    """Everything that the log tells, or None where there is none; a line cut off in the middle is passed over."""
    if not file.is_file():
        return None
    watch = Watch(Told(begins=lambda _: None, done=lambda _: None), ROOT)
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = events.EngineEvent.from_json(json.loads(line))  # pyright: ignore[reportUnknownMemberType]
            watch.note(event)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return watch
