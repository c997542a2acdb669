"""npm's cache for builds: packages are downloaded once, and the person's own cache and settings stay as they are."""

import contextlib
import os
import re
from pathlib import Path

from conducky.cache import cache_folder
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.trees import copy_tree, link_tree

# As npm calls them (https://github.com/npm/cacache): packages, each file named for its hash, and what is where
_CONTENT, _INDEX = "_cacache/content-v2", "_cacache/index-v5"
_ELSE = "run|run-script|test|start|cache|config|pkg|prune|version"
_INSTALLS = re.compile(rf"\bnpm\s+(?!(?:{_ELSE})\b)|\bnpx\s+(?!--no-install\b)")


class NpmCache:
    """The folder that a build's npm keeps packages in; for root's builds, one that their user can reach."""

    def __init__(self, folder: RunFolder) -> None:
        self._user, kept = folder.user, _kept()
        self.path = kept if folder.user is None else folder.own_folder("builds", "npm")
        self._used = False

    def fill(self, script: str) -> None:
        """Bring what was downloaded before, if a script may install something: hundreds of megabytes, so as links.

        The folders become the user's, and the files of the index, to which npm adds: not those that every build shares.
        """
        if self._user is None or self._used or not _INSTALLS.search(script):
            return
        self._used = True
        copy_tree(_kept() / _INDEX, self.path / _INDEX)
        link_tree(_kept() / _CONTENT, self.path / _CONTENT)
        for folder, _, files in os.walk(self.path):
            copied = files if Path(folder).is_relative_to(self.path / _INDEX) else ()
            for path in (folder, *(os.path.join(folder, name) for name in copied)):  # noqa: PTH118  # thousands
                with contextlib.suppress(FileNotFoundError):  # Of another build's npm
                    os.lchown(path, self._user, self._user)

    def keep(self) -> None:
        """Keep what a build downloaded."""
        if self._used:
            for part in (_CONTENT, _INDEX):
                copy_tree(self.path / part, _kept() / part)


def _kept() -> Path:
    folder = cache_folder() / "npm"
    folder.mkdir(exist_ok=True)
    return folder
