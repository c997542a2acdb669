"""What AWS answers when the provider reads a resource: for a refresh, and for an import, which knows only its id."""

from typing import Any

from conducky.catalog import property_bag
from conducky.catalog.outputs import filled
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ResourceType


def find(kind: ResourceType, existing: dict[str, Properties], ident: str) -> tuple[str, Properties] | None:
    """The id and outputs of the resource that has this id, or is imported by it."""
    if ident in existing:
        return ident, existing[ident]
    imported = ((each, found) for each, found in existing.items() if kind.imported)
    return next(((each, found) for each, found in imported if filled(kind.imported, found) == ident), None)


def refreshed(kind: ResourceType, found: Properties, struct: Any) -> Any:  # noqa: ANN401  # protobuf's
    """The bag with what differs in AWS; the rest as it is. What has a secret in it stays one."""
    bag = property_bag.read(struct)
    for name in {*bag} & {*found} - kind.ignores:
        before = property_bag.plain(bag[name])
        if before != found[name]:
            bag[name] = property_bag.secret(found[name]) if before != bag[name] else found[name]
    return property_bag.write(bag)


def imported(kind: ResourceType, found: Properties) -> tuple[Properties, Properties]:
    """All that AWS shows, as inputs and as outputs; not what only the provider knows, such as for what it waits."""
    shown = {name: found[name] for name in {*found} - kind.unread if not name.startswith("__")}
    outputs = with_secrets(kind, shown)
    return {name: outputs[name] for name in {*outputs} - kind.outputs - kind.moving - {"id"}}, outputs


def with_secrets(kind: ResourceType, outputs: Properties) -> Properties:
    """The outputs, with those wrapped that are always secret."""
    return {
        name: property_bag.secret(value) if name in kind.secrets and not property_bag.is_secret(value) else value
        for name, value in outputs.items()
    }
