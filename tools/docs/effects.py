"""What `pulumi up` does after a single change, as the tests observed it on the real engine.

`tools/docs/effects.json` holds an `Effect` for each stack, layer and change. A change is `setting: its new value`,
or, in parentheses, a change to something else that is deployed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from tools.docs.markdown import table

_VERBS = {"create": "creates", "update": "updates", "replace": "replaces", "delete": "deletes"}


@dataclass(frozen=True)
class Effect:
    """What happened to each resource, by layer and by type and name; or why the change is refused."""

    changes: Mapping[str, Mapping[str, str]]
    refused: str = ""

    def text(self, layer: str) -> str:
        """In words: `updates Instance database; services: replaces TaskDefinition backend`."""
        if self.refused:
            return f"refused: {self.refused}"
        parts = [
            text if where == layer else f"{where}: {text}"
            for where, operations in self.changes.items()
            if (text := _words(operations))
        ]
        return "; ".join(parts) or "nothing"


Effects = dict[str, dict[str, dict[str, Effect]]]  # by stack, layer and change


_EFFECTS: Final = TypeAdapter(Effects)


def read_effects(file: Path) -> Effects:
    """The effects in a file."""
    return _EFFECTS.validate_json(file.read_text(encoding="utf-8"))


def write_effects(file: Path, effects: Effects) -> None:
    """Write effects as `read_effects` reads them."""
    content = _EFFECTS.dump_python(dict(sorted(effects.items())))
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def effects_table(file: Path, layer: str) -> str:
    """One layer's effects in a file, as a Markdown table; stacks are named if they differ."""
    by_stack = {stack: layers[layer] for stack, layers in read_effects(file).items()}
    rows: list[tuple[str, str]] = []
    for change in dict.fromkeys(change for effects in by_stack.values() for change in effects):
        texts = {stack: effects[change].text(layer) for stack, effects in by_stack.items() if change in effects}
        same = len(set(texts.values())) == 1 and len(texts) == len(by_stack)
        text = next(iter(texts.values())) if same else ". ".join(f"In {stack}: {text}" for stack, text in texts.items())
        rows.append((change[1:-1] if change.startswith("(") else f"`{change}`", text))
    return table(("Change", "Effect of `up`"), rows)


def _words(operations: Mapping[str, str]) -> str:
    """Grouped by operation."""
    found: list[str] = []
    for operation, verb in _VERBS.items():
        keys = [key for key, done in operations.items() if done == operation]
        if keys:
            found.append(f"{verb} {', '.join(map(_resource, keys))}")
    return ", ".join(found)


def _resource(key: str) -> str:
    """`aws:rds/instance:Instance database` as `Instance database`."""
    token, _, name = key.partition(" ")
    return f"{token.rpartition(':')[2]} {name}"
