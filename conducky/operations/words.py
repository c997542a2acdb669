"""Times, sizes and ids as people read them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from conducky.errors import UserError, quoted

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+)\s*([smhdw])")
_HOW: Final = "write `1h`, `30m`, `2d` or `2026-11-25T10:00` (UTC)"


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)


def age(then: datetime | None, at: datetime | None = None) -> str:
    """How long ago: `40 s`, `5 min`, `3 h`, `2 days`; `?` where unknown."""
    if then is None:
        return "?"
    seconds = max(0, int(((at or now()) - then).total_seconds()))
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} days"


def moment(text: str, at: datetime | None = None) -> datetime:
    """The time, in UTC by default, of `1h`, `2d` or `2026-11-25T10:00`. Raises UserError: neither, or in the future."""
    present = at or now()
    found = _DURATION.fullmatch(text.strip().lower())
    try:
        if found:
            return present - timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        then = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise UserError(f"{quoted(text)} is not a time", _HOW) from None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    if then > present:
        raise UserError(f"{quoted(text)} is in the future", _HOW)
    return then


def short_digest(digest: str) -> str:
    """`sha256:` and the first 12 characters, as Docker shows an image."""
    algorithm, _, value = digest.rpartition(":")
    return f"{algorithm}:{value[:12]}" if algorithm else value[:12]
