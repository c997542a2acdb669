"""What a check finds, and how checks are run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from conducky.access import in_parallel
from conducky.errors import UserError

Level = Literal["ok", "warning", "wrong", "unseen"]
MARKS: Final[dict[Level, str]] = {"ok": "✓", "warning": "!", "wrong": "✗", "unseen": "?"}


@dataclass(frozen=True)
class Finding:
    """What is as it should be, or is not and how to fix it; `apply` does so safely: it only creates what is missing."""

    level: Level
    text: str
    fix: str = ""
    apply: Callable[[], object] | None = None


@dataclass(frozen=True)
class Check:
    """One question. `area` is the heading that its findings are shown under."""

    area: str
    run: Callable[[], Iterable[Finding]]


ok = partial(Finding, "ok")  # it is as it should be
warning = partial(Finding, "warning")  # a deployment succeeds without it, and something else does not
wrong = partial(Finding, "wrong")  # a deployment would fail
unseen = partial(Finding, "unseen")  # it could not be checked


def run_checks(checks: Sequence[Check]) -> list[tuple[str, Finding]]:
    """Every finding with its area, each text once, in the order of the checks, which run at the same time."""
    found = in_parallel(lambda check=check: _findings(check) for check in checks)
    pairs = [(check.area, finding) for check, findings in zip(checks, found, strict=True) for finding in findings]
    first: dict[str, tuple[str, Finding]] = {}
    for area, finding in pairs:
        first.setdefault(finding.text, (area, finding))
    return list(first.values())


def _findings(check: Check) -> list[Finding]:
    try:
        return list(check.run())
    except UserError as error:
        return [wrong(error.problem, error.fix)]
