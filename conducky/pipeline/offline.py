"""`conducky pipeline evaluate`: what a pull request changes in settings and resources, without any credentials.

The programs of both commits run under mocks, so this is what an unreviewed pull request may have: nothing to steal.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from conducky.cost.pull_request import cost_of_merging
from conducky.errors import UserError
from conducky.evaluation import snapshot
from conducky.evaluation.base import base_of_merge
from conducky.github import actions, code, folded, redact
from conducky.repository import LAYERS, ROOT
from conducky.subprocesses import last_line, output_of

Snapshot = Mapping[str, Mapping[str, Mapping[str, Any]]]

_LONGEST_VALUE: Final = 160  # characters
_LIMIT_SECONDS: Final = 300


def evaluate_pull_request(stack: str, say: Callable[[str], None], root: Path = ROOT) -> None:
    """Write what differs from the base, and the cost, to the job's summary. Raises UserError when a program fails."""
    now = take_snapshot(root, stack)
    if isinstance(now, str):
        raise UserError(f"{stack} cannot be evaluated ({now})", f"run `make preview STACK={stack}` to see all of it")
    with base_of_merge(root) as folder:
        before = "no merge of a pull request is checked out" if folder is None else take_snapshot(folder, stack)
    if isinstance(before, str):
        report = f"Nothing to compare with: {before}."
        say(report)
    else:
        report = _compared(before, now)
        for layer in LAYERS:
            for line in differences(before, now, layer):
                say(actions.harmless(redact(f"{layer} {line}")))
    note = "Evaluated offline, without credentials: what AWS already has is not compared."
    actions.add_to_summary(
        "\n\n".join([f"### What this changes in `{stack}`", report, cost_of_merging(stack, root), note])
    )


def take_snapshot(root: Path, stack: str) -> "Snapshot | str":
    """The settings and resources of each layer, or why there are none; programs get nothing of this environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    try:
        done = output_of(
            [sys.executable, "-P", snapshot.__file__, str(root), stack],
            folder=root,
            environment={**environment, "PYTHONPATH": str(root)},
            seconds=_LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {_LIMIT_SECONDS} s"
    try:
        return json.loads(done.stdout) if done.returncode == 0 else last_line(done.stderr)
    except ValueError:
        return last_line(done.stdout)


def differences(before: Snapshot, now: Snapshot, layer: str) -> Iterator[str]:
    """A line for each setting and resource of a layer that one has and the other has not, or has otherwise."""
    for part, word in (("settings", "setting "), ("resources", "")):
        old, new = (each.get(layer, {}).get(part, {}) for each in (before, now))
        for name in sorted({*old, *new}):
            if name not in old:
                yield f"+ {word}{name}" + (f": {_shown(new[name])}" if word else "")
            elif name not in new:
                yield f"- {word}{name}"
            elif old[name] != new[name] and word:
                yield f"~ {word}{name}: {_shown(old[name])} → {_shown(new[name])}"
            elif old[name] != new[name]:
                yield f"~ {name}: {', '.join(_properties(old[name], new[name]))}"


def _properties(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _compared(before: Snapshot, now: Snapshot) -> str:
    parts: list[str] = []
    for layer in LAYERS:
        lines = [*differences(before, now, layer)]
        headline = f"<b>{layer}</b>: {len(lines)} difference{'' if len(lines) == 1 else 's'}"
        parts.append(folded(headline, code("\n".join(lines))) if lines else f"**{layer}**: no difference")
    return "\n\n".join(parts)
