"""What cannot be deleted because something else in the account uses it."""

from typing import cast

from conducky.catalog.outputs import filled
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ResourceType
from conducky.rehearsal.account import Account, ResourceFailedError


def require_unused(account: Account, kind: ResourceType, resource: Properties) -> None:
    """Refuse to delete what is in use. Raises ResourceFailedError when it is, by a resource that the message names."""
    for use in kind.used_by:
        name = resource[kind.used_as]
        for user in account.of(use.type):
            if mentions(user.get(use.within), name) and not (use.own and user.get(use.own) == name):
                raise ResourceFailedError(filled(kind.in_use, {**resource, "user": filled(use.user, user)}))


def mentions(value: object, name: str) -> bool:
    """Whether a text is the name, or a list or a bag holds it, at any depth."""
    if isinstance(value, dict | list):
        inner = cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
        return any(mentions(each, name) for each in inner)
    return value == name
