"""What the rehearsal's AWS knows about one type of resource."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from conducky.catalog.outputs import Make, filled
from conducky.catalog.property_bag import UNKNOWN, Properties, bag
from conducky.catalog.read_back import bare

ACCOUNT_ID = "123456789012"  # AWS's own example account; no real one has it

Check = Callable[[Properties], str | None]
Answer = Callable[[Properties], Properties]
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class NameRule:
    """The property that holds a physical name; the provider generates one if the program gives none.

    `length` is the longest name that AWS accepts, in characters; `pattern` is the form that it must have.
    """

    property: str = "name"
    length: int = 255
    pattern: str = r".+"


@dataclass(frozen=True, config=_STRICT)
class Use:
    """What keeps a resource: one of `type` with the resource's `used_as` in its property `within`.

    `user` names that one in the message. One that has it in its property `own` too is the resource's own.
    """

    type: str
    within: str
    user: str
    own: str = ""


@dataclass(frozen=True, config=_STRICT)
class ResourceType:
    """One type: its name, the inputs that it requires, those whose change replaces it, and its outputs.

    `replaces` are the inputs that the real provider cannot change in place (`*`: all except those in `updates`), and
    `source` is the provider's file that shows it. `outputs` are known only after creation; `moving` ones change with an
    update. Of a `single` type only one can exist for the same required inputs, so the old one is deleted before the new
    one is created. `checks` return what is wrong with the inputs, or None. `completed` adds the provider's own defaults
    to the inputs, `read_back` gives what AWS answers for them, and `same` is, by property, what the provider compares.

    `unread` are the inputs that only the provider knows, and that AWS does not answer. `imported` is the id that
    `pulumi import` takes, where that is another.

    `taken` and `in_use` are AWS's own words: for a second resource with the same properties `unique` (`a.b` is `b`
    within `a`), and for the deletion of one that others use.
    """

    make: Make
    source: str
    name: NameRule | None = None
    required: tuple[str, ...] = ()
    replaces: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    imported: str = ""
    secrets: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset({"arn"})
    moving: frozenset[str] = frozenset()
    single: bool = False
    checks: tuple[Check, ...] = ()
    completed: Answer = lambda inputs: inputs
    read_back: Answer = lambda inputs: inputs
    same: Mapping[str, Callable[[Any], object]] = field(default_factory=dict[str, Callable[[Any], object]])
    unique: tuple[str, ...] = ()
    taken: str = ""
    used_as: str = "name"
    in_use: str = ""
    used_by: tuple[Use, ...] = ()

    def replacing(self, changed: set[str]) -> list[str]:
        """Which of the changed inputs force a new resource."""
        forced = changed - self.updates if "*" in self.replaces else changed & self.replaces
        return sorted(forced)

    def differing(self, old: Properties, new: Properties) -> set[str]:
        """Which properties the provider takes for changed."""

        def compared(bag: Properties, name: str) -> object:
            value = bag.get(name)
            return self.same[name](value) if name in self.same and value else bare(value)

        return {name for name in {*old, *new} if compared(old, name) != compared(new, name)}

    def problems(self, inputs: Properties) -> list[tuple[str, str]]:
        """What AWS or its provider would refuse: (property, reason) pairs."""
        found = [(name, "is required") for name in self.required if inputs.get(name) in (None, "", [])]
        if self.name and isinstance(name := inputs.get(self.name.property), str) and name != UNKNOWN:
            if len(name) > self.name.length:
                found.append((self.name.property, f"`{name}` is longer than {self.name.length} characters"))
            elif not re.fullmatch(self.name.pattern, name):
                found.append((self.name.property, f"`{name}` must match {self.name.pattern}"))
        return found + [("", reason) for check in self.checks if (reason := check(inputs))]

    def refusal(self, inputs: Properties, existing: Iterable[Properties], account_id: str) -> str | None:
        """What AWS says when another of the type has the same `unique` properties; None where there is none."""
        mine = self._unique(self.read_back(inputs))
        if not mine or mine[0] is None or all(mine != self._unique(each) for each in existing):
            return None
        return filled(self.taken, {**inputs, "account": account_id})

    def _unique(self, properties: Properties) -> list[object]:
        paths = [name.partition(".") for name in self.unique]
        return [bag(properties, outer).get(inner) if dot else properties.get(outer) for outer, dot, inner in paths]


def one_of(name: str, allowed: Mapping[object, object] | tuple[object, ...]) -> Check:
    """The property, if given, must be one of these."""

    def check(inputs: Properties) -> str | None:
        value = inputs.get(name)
        if value is None or value == UNKNOWN or value in allowed:
            return None
        return f"`{name}` is {value} and must be one of {', '.join(map(str, allowed))}"

    return check


def at_most(name: str, characters: int, *, spaces: bool = True) -> Check:
    """The longest text that the property accepts; IAM does not count white space in policies."""

    def check(inputs: Properties) -> str | None:
        value = inputs.get(name)
        if not isinstance(value, str) or value == UNKNOWN:
            return None
        length = len(value) if spaces else len(re.sub(r"\s", "", value))
        return f"`{name}` has {length} characters and may have {characters}" if length > characters else None

    return check
