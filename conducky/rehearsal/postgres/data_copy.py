"""A copy of a running server's data, as a snapshot of its disk would be, from which another server can begin."""

import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from conducky.rehearsal.postgres.roles import Connection

_OF_A_RUNNING_SERVER = ("postmaster.pid", "postmaster.opts", "pg_wal")


@dataclass(frozen=True)
class DataCopy:
    """Data in the folder `path`, with the superuser's password in it."""

    path: Path
    admin_password: str = field(repr=False)


def copy_data(admin: Connection, data: Path, to: Path) -> None:
    """Copy a running server's data folder into a new one, with all that is committed before this is called.

    https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP

    Raises:
        OSError: a file cannot be read or written.
        psycopg.Error: the server refuses.
    """
    started = admin.execute("SELECT pg_walfile_name(pg_backup_start('snapshot', fast => true))").fetchone()

    def left_out(folder: str, _names: list[str]) -> tuple[str, ...]:
        return _OF_A_RUNNING_SERVER if folder == str(data) else ()

    shutil.copytree(data, to, ignore=left_out, copy_function=_copy)
    stopped = admin.execute("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)").fetchone()
    (to / "backup_label").write_text(str((stopped or ("",))[0]), encoding="utf-8")
    (to / "pg_wal").mkdir(mode=0o700)
    for segment in (data / "pg_wal").iterdir():
        if segment.is_file() and segment.name >= str((started or ("",))[0]):
            _copy(str(segment), str(to / "pg_wal" / segment.name))


def _copy(file: str, to: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # Of a table that was dropped meanwhile, as the log says too
        shutil.copy(file, to)
