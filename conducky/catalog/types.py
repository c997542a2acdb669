"""Every type of resource that the three programs use, by its Pulumi token, from `types.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from conducky.catalog import limits, outputs, read_back
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ResourceType, at_most, one_of

_TYPE = TypeAdapter(ResourceType)


def _type(entry: dict[str, Any]) -> ResourceType:
    """One entry of the table, with the functions that it names.

    AWS answers `sets` in an order of its own, and `json` and `policies` in a form of its own.
    """
    sets, texts, policies = (entry.pop(key, []) for key in ("sets", "json", "policies"))
    templates: dict[str, Any] = entry.get("outputs", {})
    if "make" in entry:
        entry["make"] = getattr(outputs, entry["make"])
    else:
        arn = entry.pop("arn", "")
        entry["make"] = outputs.from_templates(entry.pop("id"), arn, templates)
        entry["outputs"] = [*(["arn"] if arn else []), *templates]
    entry["checks"] = [
        *(getattr(limits, name) for name in entry.get("checks", [])),
        *(one_of(name, tuple(allowed)) for name, allowed in entry.pop("one_of", {}).items()),
        *(at_most(name, most) for name, most in entry.pop("longest", {}).items()),
        *(at_most(name, most, spaces=False) for name, most in entry.pop("longest_without_spaces", {}).items()),
    ]
    entry["same"] = {
        **dict.fromkeys(sets, read_back.unordered),
        **dict.fromkeys(texts, read_back.same_json),
        **dict.fromkeys(policies, read_back.same_policy),
        **{name: getattr(read_back, function) for name, function in entry.get("same", {}).items()},
    }
    if "completed" in entry:
        entry["completed"] = getattr(read_back, entry["completed"])
    own = getattr(read_back, entry["read_back"]) if "read_back" in entry else None
    reorder, rewrite = read_back.reordered(*sets), read_back.json_text(*texts, *policies)

    def answered(inputs: Properties) -> Properties:
        return rewrite(reorder(own(inputs) if own else inputs))

    return _TYPE.validate_python({**entry, "read_back": answered})


_TABLE = tomllib.loads((Path(__file__).parent / "types.toml").read_text(encoding="utf-8"))
CATALOG = {token: _type(entry) for token, entry in _TABLE.items()}

REFUSED = (
    "the rehearsal does not know the resource type {token}: add it to conducky/catalog/types.toml "
    "(name rule, what replaces it, what it answers)"
)
