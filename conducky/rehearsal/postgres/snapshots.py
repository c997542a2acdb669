"""Snapshots of a rehearsal's databases: copies of their data, which go with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from conducky.errors import UserError
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.postgres.data_copy import DataCopy
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.subprocesses import last_line


@dataclass(frozen=True)
class Snapshot:
    """The data of an instance, as it was at `at`."""

    name: str
    instance: str
    at: datetime
    data: DataCopy


def take(server: PostgresServer, name: str, instance: str, folder: Path) -> Snapshot:
    """Copy a server's data into a folder.

    Raises:
        UserError: it does not run, or a file cannot be read or written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    at = datetime.now(UTC)
    try:
        return Snapshot(name, instance, at, server.copy_data(folder / name))
    except (psycopg.Error, OSError) as error:
        reason = last_line(str(error), type(error).__name__)
        raise UserError(
            f"the data of {instance} cannot be copied ({reason})", "correct that, and take it again"
        ) from None


def named(snapshots: Sequence[Snapshot], name: str) -> Snapshot:
    """The snapshot of this name.

    Raises:
        ResourceFailedError: there is none.
    """
    for each in snapshots:
        if each.name == name:
            return each
    raise ResourceFailedError(
        f"DBSnapshotNotFound: DBSnapshot not found: {name}", "see `conducky database backups --rehearsal`"
    )


def at_time(snapshots: Sequence[Snapshot], instance: str, time: datetime) -> Snapshot:
    """The last snapshot of an instance before a time: nothing here replays what was written after it.

    Raises:
        ResourceFailedError: it is later than now, or before the first.
    """
    before = [each for each in snapshots if each.instance == instance and each.at <= time]
    if before and time <= datetime.now(UTC):
        return max(before, key=lambda each: each.at)
    raise ResourceFailedError(
        f"InvalidRestoreFault: the instance {instance} cannot be restored to {time:%Y-%m-%dT%H:%M:%SZ}",
        "take a backup before with `conducky database backup NAME --rehearsal`",
    )
