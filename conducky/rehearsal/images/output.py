"""What a failed command printed, in a few words."""

import re
from pathlib import Path

from conducky.subprocesses import without_colours

_NOISE = re.compile(r"npm (error|ERR!|notice|warn|WARN)|> |at ")
_CAUSE = re.compile(r"(\w*Error|error|fatal)\b.*:|throw ")


def telling_lines(log: Path, start: int) -> str:
    """What a command printed that says why it failed: from its first error on, without npm's notices and frames."""
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in without_colours(text).splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.match(line)] or lines
    first = next((number for number, line in enumerate(telling) if _CAUSE.search(line)), None)
    chosen = telling[-4:] if first is None or first >= len(telling) - 4 else [telling[first], *telling[-3:]]
    return " | ".join(line[:300] for line in chosen) or "it printed nothing"
