"""What `pulumi up` does after one thing was changed: read from what the tests saw on the real engine, shown as a table.

`conducky/docs/effects.json` holds, by stack, layer and change, an `Effect`. A change is `setting: its new value`, or,
in brackets, something else that is deployed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

EVERYTHING = "*"  # in the place of a name: all resources of the type
_VERBS = {"create": "creates", "update": "updates", "replace": "replaces", "delete": "deletes"}


@dataclass(frozen=True)
class Effect:
    """What happened to each resource, by layer and by type and name; or the sentence with which it was refused."""

    changes: Mapping[str, Mapping[str, str]]
    refused: str = ""

    def text(self, layer: str) -> str:
        """As words: `updates Instance database; services: replaces TaskDefinition backend`."""
        if self.refused:
            return "refused while `deletionProtection` is `true`"
        parts = [
            text if where == layer else f"{where}: {text}"
            for where, operations in self.changes.items()
            if (text := _words(operations))
        ]
        return "; ".join(parts) or "nothing"


Effects = dict[str, dict[str, dict[str, Effect]]]  # by stack, layer and change


def read_effects(file: Path) -> Effects:
    """The effects in a file."""
    content: dict[str, dict[str, dict[str, dict[str, Any]]]] = json.loads(file.read_text(encoding="utf-8"))
    return {
        stack: {
            layer: {change: Effect(**effect) for change, effect in effects.items()} for layer, effects in layers.items()
        }
        for stack, layers in content.items()
    }


def write_effects(file: Path, effects: Effects) -> None:
    """Write effects as `read_effects` reads them."""
    content = {
        stack: {
            layer: {change: asdict(effect) for change, effect in changes.items()} for layer, changes in layers.items()
        }
        for stack, layers in sorted(effects.items())
    }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def effects_table(file: Path) -> str:
    """The effects in a file as Markdown, a table for each layer; a stack is named where it differs from another."""
    effects = read_effects(file)
    layers = next(iter(effects.values()))
    return "\n".join(_table(layer, {stack: found[layer] for stack, found in effects.items()}) for layer in layers)


def _table(layer: str, effects: Mapping[str, Mapping[str, Effect]]) -> str:
    lines = [f"### `{layer}`", "", "| Change | What `up` does |", "| --- | --- |"]
    for change in dict.fromkeys(change for found in effects.values() for change in found):
        by_stack = {stack: found[change].text(layer) for stack, found in effects.items() if change in found}
        everywhere = len(set(by_stack.values())) == 1 and len(by_stack) == len(effects)
        said = (
            next(iter(by_stack.values()))
            if everywhere
            else ". ".join(f"In {stack}: {text}" for stack, text in by_stack.items())
        )
        shown = change[1:-1] if change.startswith("(") else f"`{change}`"
        lines.append(f"| {shown.replace('|', chr(92) + '|')} | {said} |")
    return "\n".join(lines) + "\n"


def _words(operations: Mapping[str, str]) -> str:
    """Grouped by operation."""
    found: list[str] = []
    for operation, verb in _VERBS.items():
        keys = [key for key, done in operations.items() if done == operation]
        if any(key.endswith(f" {EVERYTHING}") for key in keys):
            found.append(f"{verb} everything")
        elif keys:
            found.append(f"{verb} {', '.join(map(_resource, keys))}")
    return ", ".join(found)


def _resource(key: str) -> str:
    """`aws:rds/instance:Instance database` as `Instance database`."""
    token, _, name = key.partition(" ")
    return f"{token.rpartition(':')[2]} {name}"
