"""Policies with one thing taken out: what makes a proof fail was needed."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conducky.policy import Policy


@dataclass(frozen=True)
class Mutation:
    """One policy without one thing. `statement` is the one that lost it, as it was."""

    lost: str
    area: str
    policy: Policy
    statement: Mapping[str, Any]
    part: str


def without_each(policies: Mapping[str, Policy], kind: str, effect: str = "Allow") -> Iterator[Mutation]:
    """Each policy without each of its actions, resources or conditions (`kind`), one at a time."""
    for area, document in policies.items():
        statements: Any = document["Statement"]
        for number, statement in enumerate(statements):
            if statement["Effect"] != effect:
                continue
            for part in _parts(statement, kind):
                mutated: dict[str, Any] = copy.deepcopy(dict(document))
                changed = mutated["Statement"][number]
                if kind == "Condition":
                    operator, key = part.split(" ")
                    del changed["Condition"][operator][key]
                    changed["Condition"] = {name: keys for name, keys in changed["Condition"].items() if keys}
                    if not changed["Condition"]:
                        del changed["Condition"]
                else:
                    changed[kind].remove(part)
                    if not changed[kind]:
                        mutated["Statement"].pop(number)
                yield Mutation(f"{part} in {area}/{statement['Sid']}", area, mutated, statement, part)


def _parts(statement: Mapping[str, Any], kind: str) -> list[str]:
    if kind == "Condition":
        found: dict[str, dict[str, object]] = statement.get("Condition", {})
        return [f"{operator} {key}" for operator, keys in found.items() for key in keys]
    return list(statement[kind])
