"""How the packages of an application's folder are installed, which in a workspace happens in a folder above it."""

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from conducky.errors import UserError

_MANAGERS = {
    "pnpm-lock.yaml": "pnpm",
    "pnpm-workspace.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
LOCKS = frozenset(_MANAGERS) - {"pnpm-workspace.yaml"}
_INSTALL = {
    "npm": "npm install --prefix {}",
    "pnpm": "pnpm --dir {} install",
    "yarn": "yarn --cwd {} install",
    "bun": "bun install --cwd {}",
}
_INSTALLED = ("node_modules", ".pnp.cjs")


@dataclass(frozen=True)
class Packages:
    """Those of the application in `folder`, installed by `manager`.

    `folders` are from there to where they are installed, which is the same folder or its workspace's. `root` is the
    repository.
    """

    folders: tuple[Path, ...]
    manager: str
    root: Path

    @property
    def folder(self) -> Path:
        """The application's."""
        return self.folders[0]

    @property
    def locks(self) -> list[Path]:
        """The files that say which they are: locks, and that of a workspace."""
        return [file for folder in self.folders for name in _MANAGERS if (file := folder / name).is_file()]

    @property
    def programs(self) -> list[Path]:
        """The folders in which their programs are, in the order in which they are looked for."""
        return [folder / "node_modules" / ".bin" for folder in self.folders]

    @property
    def install(self) -> str:
        """The command that installs them, for a person in the repository."""
        home = self.folders[-1]
        where = shlex.quote(os.path.relpath(home, self.root))
        is_locked = self.manager == "npm" and any(file.parent == home for file in self.locks)
        return ("npm ci --prefix {}" if is_locked else _INSTALL[self.manager]).format(where)

    def program(self, name: str) -> Path | None:
        """The file of one of their programs; None where it is not installed."""
        return next((file for each in self.programs if (file := each / name).exists()), None)

    def require(self) -> None:
        """Raise UserError where they are not installed."""
        if not any((folder / name).exists() for folder in self.folders for name in _INSTALLED):
            shown = os.path.relpath(self.folder, self.root)
            raise UserError(f"the packages of {shown} are not installed", f"run `{self.install}`")


def packages_of(folder: Path, root: Path) -> Packages:
    """The packages of an application's folder in the repository at `root`."""
    folders = (folder, *(each for each in folder.parents if each != root and each.is_relative_to(root)))
    for number, each in enumerate(folders, 1):
        if manager := _manager(each):
            return Packages(folders[:number], manager, root)
    return Packages((folder,), "npm", root)


def read_object(file: Path) -> dict[str, Any]:
    """The object that a JSON file holds; empty where it holds none."""
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _manager(folder: Path) -> str:
    """The package manager of a folder that has a lock file, names one, or is a workspace's; blank for any other."""
    for name, manager in _MANAGERS.items():
        if (folder / name).is_file():
            return manager
    package = read_object(folder / "package.json")
    named = str(package.get("packageManager", "")).partition("@")[0]
    return named if named in _INSTALL else "npm" if "workspaces" in package else ""
