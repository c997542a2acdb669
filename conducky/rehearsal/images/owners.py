"""Who owns what in an image that is being built: by COPY's --chown, by `chown`, or by the user that ran a command."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from conducky.rehearsal.images.stage import ROOT_USERS
from conducky.rehearsal.images.store import path_below

# Those of Debian and Alpine, beside the official image's own.
_SYSTEM = (
    "daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt nobody shutdown halt cron ftp "
    "sshd guest ntp"
)
_USERS = {**{name: name for name in _SYSTEM.split()}, "root": "0", "node": "1000"}


def changed_by(user: str, root: Path, since: int) -> list[Path]:
    """What was changed below `root` at or after a time, in nanoseconds; nothing for root, who owns the rest anyway."""
    if user.partition(":")[0] in ROOT_USERS:
        return []
    return [path for path in root.rglob("*") if path.lstat().st_ctime_ns >= since]


@dataclass
class Owners:
    """The owners of paths of one stage that are not root's. `users` are the ids of names, or the names themselves."""

    users: dict[str, str] = field(default_factory=lambda: {**_USERS})
    paths: dict[str, str] = field(default_factory=lambda: {"/home/node": "node"})

    def give(self, root: Path, paths: Iterable[Path], user: str) -> None:
        """Note who owns paths of the stage whose folder is `root`."""
        name = user.partition(":")[0]
        for path in paths:
            inside = f"/{path.relative_to(root)}"
            if name in ROOT_USERS:
                self.paths.pop(inside, None)
            else:
                self.paths[inside] = name

    def change(self, root: Path, workdir: str, change: tuple[str, bool, tuple[str, ...]]) -> None:
        """Note what `chown` would do: the user, whether to all below, and the paths, which may have wildcards."""
        user, recursive, names = change
        for name in names:
            inside = str(path_below(root, os.path.join(workdir, name)).relative_to(root))  # noqa: PTH118  # not a real path
            for path in [root] if inside == "." else sorted(root.glob(inside)):
                self.give(root, [path, *(path.rglob("*") if recursive and path.is_dir() else ())], user)

    def by_id(self) -> dict[str, tuple[str, ...]]:
        """The paths of each user's id, but root's."""
        found: dict[str, list[str]] = {}
        for path, name in sorted(self.paths.items()):
            found.setdefault(self.users.get(name, name), []).append(path)
        return {user: tuple(paths) for user, paths in found.items() if user != "0"}
