"""The closing lines of a test run, from all of its processes: what was proven, and what was measured.

A pytest plugin, because with pytest-xdist each worker has counts and notes of its own, which the run adds up.
"""

from collections import Counter
from typing import Any

import pytest

# What is counted, in the order of the line.
_COUNTED = ("engine scenarios", "seeded faults", "fuzzed stack files", "requests sent", "requests failed")

_COUNTS: Counter[str] = Counter()
_NOTES: dict[str, set[str]] = {}


def count(what: str, number: int = 1) -> None:
    """Add to one of the counts of the scenarios.

    Raises:
        ValueError: nobody counts that.
    """
    if what not in _COUNTED:
        raise ValueError(f"{what!r} is none of {_COUNTED}")
    _COUNTS[what] += number


def note(about: str, line: str) -> None:
    """Print this line once at the end of the run, beside others about the same."""
    _NOTES.setdefault(about, set()).add(line)


def closing_lines() -> list[str]:
    """The counts, where something was counted, and all notes."""
    scenarios = [f"scenarios: {', '.join(f'{_COUNTS[what]} {what}' for what in _COUNTED)}"] if _COUNTS.total() else []
    return scenarios + [f"{about}: {line}" for about in sorted(_NOTES) for line in sorted(_NOTES[about])]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it has; only what JSON can hold arrives."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["summary"] = {"counts": dict(_COUNTS), "notes": {about: [*lines] for about, lines in _NOTES.items()}}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401  # pytest-xdist has no types
    """The run takes what a worker had; one that crashed hands over nothing."""
    handed: dict[str, Any] = getattr(node, "workeroutput", {}).get("summary", {})
    _COUNTS.update(handed.get("counts", {}))
    for about, lines in handed.get("notes", {}).items():
        _NOTES.setdefault(about, set()).update(lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the closing lines, with the first failure of each test that had a second attempt."""
    stats = terminalreporter.stats
    failed = {report.nodeid for report in (*stats.get("failed", ()), *stats.get("error", ()))}
    for report in stats.get("rerun", ()):
        passed = "passed only at the second attempt, so find out why"
        about = "failed twice, first with" if report.nodeid in failed else passed
        note(about, f"{report.nodeid}\n{report.longreprtext}")
    if lines := closing_lines():
        terminalreporter.section("what was proven")
        for line in lines:
            terminalreporter.write_line(line)
