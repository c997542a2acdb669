"""Backups of the database: snapshots in RDS, which in a rehearsal are copies of its data."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from conducky.access import asking_aws
from conducky.errors import UserError, quoted
from conducky.operations.database.connection import POLICY
from conducky.operations.target import Target

PERIOD_SECONDS: Final = 5.0
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # as RDS takes it, after the stack's prefix


@dataclass(frozen=True)
class Backup:
    """One backup. `size` is the disk's, as people read it."""

    name: str
    at: datetime | None
    kind: str
    status: str
    size: str

    def as_json(self) -> Mapping[str, str]:
        """For scripts."""
        at = self.at.isoformat() if self.at else ""
        return {"name": self.name, "at": at, "kind": self.kind, "status": self.status, "size": self.size}


def take_backup(target: Target, name: str, note: Callable[[str], None]) -> str:
    """Take a backup and wait until it is complete; returns its full name.

    Raises:
        UserError: when the name cannot be one or is taken, there is no database, or AWS refuses.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{quoted(name)} cannot be a backup's name", "use lower-case letters, digits and single hyphens"
        )
    rds, ident = target.client("rds"), target.names.of(f"database-{name}")
    instance = used_instance(target, rds)["DBInstanceIdentifier"]
    tags = [{"Key": "Project", "Value": target.names.project}, {"Key": "Stack", "Value": target.stack}]
    with asking_aws("take a backup", target.policy(POLICY)):
        try:
            rds.create_db_snapshot(DBSnapshotIdentifier=ident, DBInstanceIdentifier=instance, Tags=tags)
        except rds.exceptions.DBSnapshotAlreadyExistsFault:
            raise UserError(f"there is a backup {ident} already", "choose another name") from None
        except rds.exceptions.InvalidDBInstanceStateFault:
            raise UserError(f"the database {instance} is being changed", "run this again in some minutes") from None
    note(f"{ident} is being taken; {target.host} continues also when this command is ended")
    while True:
        with asking_aws("see the backup", target.policy(POLICY)):
            (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier=ident)["DBSnapshots"]
        if found["Status"] == "available":
            return ident
        if found["Status"] == "failed":
            raise UserError(f"AWS could not take the backup {ident}", "run this again with another name")
        time.sleep(PERIOD_SECONDS)


def backups(target: Target) -> Sequence[Backup]:
    """The backups of the stack's databases, also of deleted ones, the newest first.

    Raises UserError when there is neither backup nor database, or AWS refuses.
    """
    rds = target.client("rds")
    instances = stack_instances(target, rds)
    found = [_of_snapshot(each) for each in stack_snapshots(target, rds)]
    if not found and not instances:
        raise _no_database(target)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda each: each.at or never, reverse=True)


def stack_snapshots(target: Target, rds: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # as all clients of boto3
    """Every snapshot of the stack's databases, also of those that are gone. UserError when AWS refuses."""
    prefix = target.names.of("database")
    with asking_aws("see the backups", target.policy(POLICY)):
        pages = [*rds.get_paginator("describe_db_snapshots").paginate()]
    every: list[dict[str, Any]] = [each for page in pages for each in page["DBSnapshots"]]
    return [each for each in every if str(each["DBInstanceIdentifier"]).startswith(prefix)]


def used_instance(target: Target, rds: Any, policy: str = POLICY) -> dict[str, Any]:  # noqa: ANN401  # as all clients of boto3
    """The database that the stack uses. UserError when there is none, or, with `policy`, when AWS refuses."""
    found = used_of(stack_instances(target, rds, policy))
    if found is None:
        raise _no_database(target)
    return found


def _no_database(target: Target) -> UserError:
    return target.not_deployed(f"a database {target.names.of('database')}...")


def used_of(instances: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Of a stack's databases the one that it uses: the newest that no other one replaces."""
    return max(
        instances,
        key=lambda each: ("ReplacedBy" not in tags_of(each), str(each.get("InstanceCreateTime") or "")),
        default=None,
    )


def stack_instances(target: Target, rds: Any, policy: str = POLICY) -> list[dict[str, Any]]:  # noqa: ANN401  # as all clients of boto3
    """Every database of the stack, also those that were replaced. UserError, with `policy`, when AWS refuses."""
    prefix = target.names.of("database")
    with asking_aws("see the database", target.policy(policy)):
        pages = rds.get_paginator("describe_db_instances").paginate()
        every: list[dict[str, Any]] = [each for page in pages for each in page["DBInstances"]]
    return [each for each in every if str(each["DBInstanceIdentifier"]).startswith(prefix)]


def tags_of(instance: Mapping[str, Any]) -> Mapping[str, str]:
    """The tags of a database by key."""
    return {each["Key"]: each["Value"] for each in instance.get("TagList", [])}


def _of_snapshot(found: dict[str, Any]) -> Backup:
    status = str(found.get("Status", ""))
    size = f"{found.get('AllocatedStorage', 0)} GiB"
    return Backup(
        str(found["DBSnapshotIdentifier"]), found.get("SnapshotCreateTime"), str(found["SnapshotType"]), status, size
    )
