"""Snapshots of a rehearsal's databases: dumps, which go with it."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conducky.errors import UserError
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.subprocesses import last_line, output_of


@dataclass(frozen=True)
class Snapshot:
    """A dump of an instance, complete at `at`."""

    name: str
    instance: str
    at: datetime
    file: Path


def take(server: PostgresServer, name: str, instance: str, folder: Path) -> Snapshot:
    """Dump a server's database into a folder.

    Raises:
        UserError: `pg_dump` is not installed, or it fails.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    made = Snapshot(name, instance, datetime.now(UTC), folder / f"{name}.dump")
    try:
        _run("pg_dump", ["--format=custom", f"--file={made.file}"], server)
    except UserError:
        made.file.unlink(missing_ok=True)
        raise
    return made


def load(server: PostgresServer, snapshot: Snapshot) -> None:
    """Fill a new server's database from a dump.

    Raises:
        UserError: `pg_restore` is not installed, or it fails.
    """
    words = ["--no-owner", "--exit-on-error", f"--dbname={server.database}", str(snapshot.file)]
    _run("pg_restore", words, server)


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


def _run(program: str, words: Sequence[str], server: PostgresServer) -> None:
    if shutil.which(program) is None:
        raise UserError(f"there is no `{program}`, which comes with PostgreSQL's client", "install postgresql-client")
    done = output_of([program, *words], environment={**os.environ, **server.client_variables()})
    if done.returncode != 0:
        raise UserError(f"{program} failed ({last_line(done.stderr)})", "correct what it names")
