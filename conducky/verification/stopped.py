"""Why a task stopped, in words, and what to do: from what ECS says about it, and the line of its log that matters."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from pydantic import BaseModel

from conducky.errors import printable
from conducky.subprocesses import without_colours


class Cause(BaseModel):
    """Texts that the expression `says` finds mean this cause; an empty advice is nothing to do.

    `advice_for` replaces `{stack}` in an advice; none that a rehearsal shows has it. `rehearsed` is whether the advice
    is also one for a rehearsal.
    """

    says: str = ""
    cause: str = ""
    advice: str = ""
    rehearsed: bool = True

    def found_in(self, text: str) -> bool:
        """Whether a text, of one or more lines, says it in any case."""
        return bool(re.search(self.says, text, re.IGNORECASE | re.DOTALL))


class Causes(BaseModel):
    """The whole table. `targets` are the load balancer's reasons in words."""

    stopped: list[Cause]
    exit_codes: dict[int, Cause]
    log: list[Cause]
    targets: dict[str, str]


CAUSES: Final = Causes.model_validate(tomllib.loads((Path(__file__).parent / "causes.toml").read_text("utf-8")))


_STOPPED_ON_REQUEST = 143


@dataclass(frozen=True)
class Reason:
    """Why a task stopped: the cause in words, what to do (empty: nothing), and ECS's own text."""

    cause: str
    advice: str = ""
    said: str = ""
    expected: bool = False  # A deployment, a scale-in or a person asked for it


_EXPECTED = re.compile(r"Scaling activity initiated by|deployment (ecs-svc/\S+)", re.IGNORECASE)


def why_stopped(task: dict[str, Any]) -> Reason:
    """Why, from a task as DescribeTasks gives it."""
    said = said_by_ecs(task)
    codes = [each["exitCode"] for each in task.get("containers", []) if each.get("exitCode") is not None]
    for each in CAUSES.stopped:
        if each.found_in(said):
            return Reason(_with_details(each.cause, said), each.advice, said)
    if task.get("stopCode") == "UserInitiated":
        return Reason("a person stopped it", "", said, expected=True)
    if task.get("stopCode") == "ServiceSchedulerInitiated" or _EXPECTED.search(said):
        return Reason("a deployment replaced it, or the service was scaled in", "", said, expected=True)
    failed = next((code for code in codes if code), codes[0] if codes else None)
    return Reason(said or "ECS gives no reason", "", said) if failed is None else _of_exit_code(failed, said)


def _of_exit_code(code: int, said: str) -> Reason:
    found = CAUSES.exit_codes.get(code, Cause(cause="its command failed", advice="see its log"))
    return Reason(f"{found.cause} (exit code {code})", found.advice, said, expected=code == _STOPPED_ON_REQUEST)


def said_by_ecs(task: dict[str, Any]) -> str:
    """ECS's own words about the end of a task and of its containers."""
    parts = [str(task.get("stoppedReason") or "")]
    if task.get("stopCode") in {"SpotInterruption", "TerminationNotice"}:
        parts.append(str(task["stopCode"]))
    for container in task.get("containers", []):
        if container.get("exitCode") is not None:
            parts.append(f"{container.get('name')} ended with exit code {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container.get('name')}: {container['reason']}")
    return printable("; ".join(part for part in parts if part))


def _with_details(cause: str, said: str) -> str:
    """What the cause is about, where ECS names it: the parameter, or what the health check got."""
    parameter = re.search(r"(/[\w.-]+/[\w.-]+/[\w./-]+)", said) if "secret" in cause else None
    codes = re.search(r"codes?: ?\[?(\d{3})|(Request timed out)|(Connection refused)", said, re.IGNORECASE)
    if parameter:
        return f"{cause}: {parameter[1].rstrip('.')}"
    if codes and "health check" in cause:
        return f"{cause} ({f'it answered {codes[1]}' if codes[1] else (codes[2] or codes[3]).lower()})"
    return cause


_NOISE = re.compile(
    r"^(npm (notice|warn)|\(node:\d+\)|\(Use `node|info\b|debug\b|\s+at )|DeprecationWarning", re.IGNORECASE
)
_ERROR = re.compile(
    r"(^|\W)(\w*Error\b(?! *0)|P\d{4}\b|FATAL|panic:|Uncaught|Unhandled|fatal:|exec format error|Killed)|"
    r"^\s*(error|fatal)\b",
    re.IGNORECASE,
)
# Of which the next line says more, as where Prisma's schema engine runs in JavaScript
_BARE = re.compile(r"^\s*(Error:?( external connector error)?|\{|\}|null)\s*$", re.IGNORECASE)
_MARK = re.compile(r"^\s*[~^]*\^[~^]*\s*$")
_ERROR_LEVEL: Final = 50  # Pino's and Bunyan's number for `error`
_FAILED_LEVELS: Final = {"error", "fatal", "critical", "alert", "emergency"}


@dataclass(frozen=True)
class LogLine:
    """The line, and what to do about it; empty where the line says it."""

    text: str
    advice: str = ""
    is_error: bool = True


def line_that_matters(lines: Sequence[str], *, rehearsed: bool = False) -> LogLine | None:
    """The first error of what a task wrote last; else its last line that is not noise; None where it wrote nothing.

    The line of code that Node.js or Python shows, with a mark below it, is left out.
    """
    marked = [bool(_MARK.match(line)) for line in [*lines, ""]]
    readable = [readable_line(line) for at, line in enumerate(lines) if not any(marked[at : at + 2])]
    lines_left = [
        (text.strip(), failed)
        for text, failed in readable
        if failed or (text.strip() and not _BARE.match(text) and not _NOISE.search(text))
    ]
    if not lines_left:
        return None
    errors = [text for text, failed in lines_left if failed or _ERROR.search(text)]
    text = (errors or [lines_left[-1][0]])[0]
    cause = next((each for each in CAUSES.log if each.found_in(" ".join([text, *errors]))), Cause())
    return LogLine(text, "" if rehearsed and not cause.rehearsed else cause.advice, is_error=bool(errors))


def advice_for(stack: str, *known: Reason | LogLine | None) -> str:
    """What to do about a stack's task, by the first of these that says it; empty where none does."""
    return next((each.advice for each in known if each and each.advice), "").replace("{stack}", stack)


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
