"""The one line of a task's log that says why it ended, and what to do about that."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from conducky.subprocesses import without_colours
from conducky.verification.stopped import CAUSES

_NOISE = re.compile(
    r"^(npm (notice|warn)|\(node:\d+\)|\(Use `node|info\b|debug\b|\s+at )|DeprecationWarning", re.IGNORECASE
)
_ERROR = re.compile(
    r"(^|\W)(\w*Error\b(?! *0)|P\d{4}\b|FATAL|panic:|Uncaught|Unhandled|fatal:|exec format error|Killed)|"
    r"^\s*(error|fatal)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"^\s*(Error:?|\{|\}|null)\s*$", re.IGNORECASE)
_ERROR_LEVEL: Final = 50  # Pino's and Bunyan's number for `error`
_FAILED_LEVELS: Final = {"error", "fatal", "critical", "alert", "emergency"}


@dataclass(frozen=True)
class LogLine:
    """The line, and what to do about it; empty where the line says it."""

    text: str
    advice: str = ""
    is_error: bool = True


def line_that_matters(lines: Sequence[str]) -> LogLine | None:
    """The first error of what a task wrote last; else its last line that is not noise; None where it wrote nothing."""
    readable = [readable_line(line) for line in lines]
    candidates = [text for text, _ in readable if text.strip() and not _BARE.match(text) and not _NOISE.search(text)]
    errors = [
        text
        for text, failed in readable
        if failed or (_ERROR.search(text) and not _NOISE.search(text) and not _BARE.match(text))
    ]
    if not candidates and not errors:
        return None
    text = (errors or candidates[-1:])[0].strip()
    advice = next((each.advice for each in CAUSES.log if each.found_in(" ".join([text, *errors]))), "")
    return LogLine(text, advice, is_error=bool(errors))


def readable_line(line: str) -> tuple[str, bool]:
    """A log line as text, and whether it is an error by its level: JSON becomes its message and what else it holds."""
    text = without_colours(line).rstrip()
    entry = json_entry(text)
    if entry is None:
        return text, False
    level = entry.pop("level", entry.pop("severity", ""))
    failed = level >= _ERROR_LEVEL if isinstance(level, int) else str(level).lower() in _FAILED_LEVELS
    for name in ("time", "timestamp", "@timestamp", "pid", "hostname", "service", "revision"):
        entry.pop(name, None)
    message = str(entry.pop("msg", "") or entry.pop("message", ""))
    rest = " ".join(f"{name}={_value(value)}" for name, value in entry.items() if value not in (None, ""))
    return " ".join(part for part in (message, rest) if part), failed


def json_entry(text: str) -> dict[str, Any] | None:
    """A log line that is one JSON object."""
    if not text.startswith("{"):
        return None
    try:
        entry: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else None


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) and (" " in text or not text) else text
