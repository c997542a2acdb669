"""npm's cache for builds: packages are downloaded once, and the person's own cache and settings stay as they are."""

import re
from pathlib import Path

from conducky.cache import cache_folder
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.trees import copy_tree
from conducky.rehearsal.processes.user import give

_INSTALLS = re.compile(r"\bnpm\s+(?!run\b|test\b|start\b)|\bnpx\s+(?!--no-install\b)")


class NpmCache:
    """The folder that a build's npm keeps packages in; for root's builds, one that their user can reach."""

    def __init__(self, folder: RunFolder) -> None:
        self._user, kept = folder.user, _kept()
        self.path = kept if folder.user is None else folder.own_folder("builds", "npm")
        self._used = False

    def fill(self, script: str) -> None:
        """Bring what was downloaded before, if a script may install something: it is some hundred megabytes."""
        if self._user is not None and not self._used and _INSTALLS.search(script):
            self._used = True
            copy_tree(_kept(), self.path)  # npm checks what it takes from there by the lock file's hashes
            give(self.path, self._user)

    def keep(self) -> None:
        """Keep what a build downloaded."""
        if self._used:
            copy_tree(self.path, _kept())


def _kept() -> Path:
    folder = cache_folder() / "npm"
    folder.mkdir(exist_ok=True)
    return folder
