"""The user that builds and tasks run as where the person is root: one of their own, which may do nothing else."""

import contextlib
import os
import pwd
from pathlib import Path

import psutil

# Ids that systemd keeps for users without an entry in /etc/passwd: https://systemd.io/UIDS-GIDS/
_IDS = range(61184, 65520)


def unprivileged_user() -> int | None:
    """A user id, for root, that no account and no process has; None for everybody else, who stays who they are."""
    if os.geteuid() != 0:
        return None
    running: set[int] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            running |= set(process.uids())
    return next(number for number in _IDS if number not in running and not _has_account(number))


def _has_account(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True


def is_open_to_all(path: Path) -> bool:
    """Whether every user can reach a path by the modes of the folders above it, links followed or not."""
    ways = {*path.absolute().parents, *path.resolve().parents}
    return all(folder.stat().st_mode & 0o001 for folder in ways)


def give(folder: Path, user: int | None) -> None:
    """Make `user` (None: nobody) own a folder and all in it."""
    if user is None:
        return
    for inside, folders, files in os.walk(folder):
        for path in (inside, *(os.path.join(inside, name) for name in (*folders, *files))):  # noqa: PTH118  # thousands
            if os.lstat(path).st_uid != user:
                os.lchown(path, user, user)
