"""Which database the stack uses, which it keeps beside it, and what it restores: decided by the state before this `up`.

A restored database is a new one, `database-2`, `database-3` and so on. The one that it replaces stays registered for
that `up`, to be marked as one that Pulumi does not delete; in the next it leaves the state, and stays in AWS.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import pulumi

from conducky.deployed import deployed_resources
from conducky.errors import UserError, quoted
from conducky.naming import Names
from conducky.settings.errors import config_command
from conducky.settings.values import time_of

# The tags that say it, to people in AWS and to the next `up`.
RESTORED_FROM: Final = "RestoredFrom"
REPLACED_BY: Final = "ReplacedBy"


@dataclass(frozen=True)
class Known:
    """A database: its number, what it was restored from, what replaces it, and what it is in AWS if it is there."""

    number: int = 1
    restored_from: str | None = None
    replaced_by: str | None = None
    identifier: str = ""
    address: str = ""
    storage_gib: int = 0

    @property
    def part(self) -> str:
        """The part of its name after the stack's prefix."""
        return "database" if self.number == 1 else f"database-{self.number}"


@dataclass(frozen=True)
class Plan:
    """The database that the contract names after this `up`, and those that stay beside it until the next.

    `source` is the one whose backups reach back to the time that is restored; `moves` is whether the contract still
    names another.
    """

    used: Known = Known()
    beside: Sequence[Known] = ()
    source: Known | None = None
    moves: bool = False


def planned(names: Names, wanted: str | None) -> Plan:
    """The plan for the current stack; to be called before anything is registered.

    Raises:
        UserError: as `plan`.
    """
    url = deployed_resources("aws:ssm/parameter:Parameter").get("backend-DATABASE_URL", {}).get("value")
    made = plan(names, deployed_resources("aws:rds/instance:Instance"), str(url), wanted)
    if wanted and time_of(wanted) and not made.used.identifier and not made.source:
        pulumi.log.warn(f"there is no database yet whose backups reach back to {wanted}: this one begins empty")
    return made


def plan(names: Names, instances: Mapping[str, Mapping[str, Any]], url: str, wanted: str | None) -> Plan:
    """What to register, from the instances and the connection string in the state, and the setting.

    Raises:
        UserError: when what is wanted is not a backup of this stack.
    """
    known = [_known(names, *each) for each in instances.items()]
    found = sorted((each for each in known if each), key=lambda each: each.number)
    _require_own(names, wanted)
    if not found:
        return Plan(Known(restored_from=wanted))
    now = next((each for each in found if each.address == urlsplit(url).hostname), found[0])
    used, source = now, None
    if wanted not in (None, now.restored_from):
        begun = (each for each in found if each.restored_from == wanted and not each.replaced_by)
        used = next(begun, None) or Known(found[-1].number + 1, wanted)
        source = now if time_of(str(wanted)) else None
    # What was marked in an earlier `up` leaves the state; what the contract still names never does.
    beside = [
        replace(each, replaced_by=used.part)
        for each in found
        if each.number != used.number and (each == now or not each.replaced_by)
    ]
    return Plan(replace(used, replaced_by=None), beside, source, moves=used != now)


def _known(names: Names, name: str, outputs: Mapping[str, Any]) -> Known | None:
    number = re.fullmatch(rf"{names.of('database')}(?:-(\d+))?", name)
    if number is None:
        return None
    tags: Mapping[str, str] = outputs.get("tags") or {}
    return Known(
        int(number[1] or 1),
        tags.get(RESTORED_FROM),
        tags.get(REPLACED_BY),
        str(outputs.get("identifier", "")),
        str(outputs.get("address", "")),
        int(outputs.get("allocatedStorage") or 0),
    )


def _require_own(names: Names, wanted: str | None) -> None:
    begin = names.of("database")
    if wanted is None or time_of(wanted) or wanted.removeprefix("rds:").startswith(begin):
        return
    raise UserError(
        f"`databaseRestoreFrom` is {quoted(wanted)}, which is not a backup of this stack: those begin with `{begin}`",
        f"choose another with `conducky database backups --stack {names.stack}`, or run "
        f"{config_command('platform', 'rm databaseRestoreFrom')}",
    )
