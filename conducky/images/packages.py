"""How the packages of an application's folder are installed, which in a workspace happens in a folder above it."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_INSTALL = {
    "npm": "npm install --prefix {}",
    "pnpm": "pnpm --dir {} install",
    "yarn": "yarn --cwd {} install",
    "bun": "bun install --cwd {}",
}
_INSTALLED = ("node_modules", ".pnp.cjs")


@dataclass(frozen=True)
class Packages:
    """Those of the application in `folder`, installed by `manager` in `home`: the same folder, or its workspace's.

    `folders` are these two and what is between them, from the inside. `root` is the repository.
    """

    folders: tuple[Path, ...]
    manager: str
    root: Path

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
        where = shlex.quote(home.relative_to(self.root).as_posix() if home.is_relative_to(self.root) else str(home))
        is_locked = self.manager == "npm" and any(file.parent == home for file in self.locks)
        return ("npm ci --prefix {}" if is_locked else _INSTALL[self.manager]).format(where)

    def require(self) -> None:
        """Raise UserError where they are not installed."""
        if not any((folder / name).exists() for folder in self.folders for name in _INSTALLED):
            folder = self.folders[0]
            shown = folder.relative_to(self.root) if folder.is_relative_to(self.root) else folder
            raise UserError(f"the packages of {shown} are not installed", f"run `{self.install}`")


def packages_of(folder: Path, root: Path) -> Packages:
    """The packages of an application's folder in the repository at `root`."""
    folders = (folder, *(each for each in folder.parents if each != root and each.is_relative_to(root)))
    for number, each in enumerate(folders, 1):
        if manager := _manager(each):
            return Packages(folders[:number], manager, root)
    return Packages((folder,), "npm", root)


def _manager(folder: Path) -> str:
    """The package manager of a folder that has a lock file, names one, or is a workspace's; blank for any other."""
    for name, manager in _MANAGERS.items():
        if (folder / name).is_file():
            return manager
    try:
        package: Any = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        named = str(package.get("packageManager", "")).partition("@")[0]
        is_workspace = "workspaces" in package
    except (OSError, ValueError, AttributeError):
        return ""
    return named if named in _INSTALL else "npm" if is_workspace else ""
