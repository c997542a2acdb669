"""What a failed command printed, in a few words."""

import re
from pathlib import Path

from conducky.subprocesses import without_colours

_NOISE = re.compile(r"npm (error|ERR!|notice|warn|WARN)|> |at ")
# What npm says of a failure of its own, such as of its lock file; of a script's, what that printed says more
_NPM = re.compile(r"npm (?:error|ERR!) code E(?!LIFECYCLE)[A-Z0-9]+$")
_NPM_SAYS = re.compile(r"npm (?:error|ERR!)\s+(?!code |errno |A complete log|For a full report)(\S.*)")
_MOST = 4
_CAUSE = re.compile(r"(\w*Error|error|fatal)\b.*:|throw ")


def telling_lines(log: Path, start: int) -> str:
    """What a command printed that says why it failed: from its first error on, without npm's notices and frames.

    Where npm itself failed, and no script, that is what it says first.
    """
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in without_colours(text).splitlines() if line.strip()]
    npm = next((number for number, line in enumerate(lines) if _NPM.match(line)), len(lines))
    said = [str(each[1]) for line in lines[npm:] if (each := _NPM_SAYS.match(line)) is not None]
    telling = [line for line in lines if not _NOISE.match(line)] or lines
    first = next((number for number, line in enumerate(telling) if _CAUSE.search(line)), None)
    if said:
        chosen = said[:_MOST]
    elif first is None or first >= len(telling) - _MOST:
        chosen = telling[-_MOST:]
    else:
        chosen = [telling[first], *telling[1 - _MOST :]]
    return " | ".join(line[:300] for line in chosen) or "it printed nothing"
