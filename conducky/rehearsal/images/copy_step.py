"""How files get into an image: COPY as Docker does it, and a stage's copy of the stage that it begins with."""

import contextlib
import fnmatch
import os
import posixpath
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile import Copy
from conducky.rehearsal.images.store import path_below


@dataclass(frozen=True)
class ImageCopy:
    """Copies for one Dockerfile.

    `name` is the Dockerfile's in messages, `files` are those of `context` that .dockerignore leaves in it, and
    `check_stop` is called before each file of a folder; what it raises ends the copying.
    """

    name: str
    context: Path
    files: list[str]
    check_stop: Callable[[], None]

    def copy(self, step: Copy, base: Path, root: Path, *, link: bool) -> None:
        """Carry out a COPY from the folder `base`, the context or a stage's, into the stage whose folder is `root`.

        With `link`, for when nothing will change the files of `base` any more, hard links replace copies.

        Raises:
            UserError: a source does not exist, or a link leads out of its folder.
        """
        target = path_below(root, step.destination)
        if not target.resolve().is_relative_to(root.resolve()):
            raise self._error(step, f"{step.destination} is a link out of the image", "COPY to another path")
        into_folder = step.destination.endswith("/") or target.is_dir()
        for pattern in step.sources:
            names = self._matches(base, pattern, in_context=step.stage is None)
            if not names:
                where = "the build context (or .dockerignore excludes it)" if step.stage is None else "that stage"
                raise self._error(step, f"COPY names {pattern}, which is not in {where}", "correct the path")
            for name in names:
                if (base / name).is_dir():
                    files = self._files_below(name) if step.stage is None else None
                    self.copy_tree(base / name, target, link=link, mode=step.mode, files=files)
                else:
                    source = (base / name).resolve()
                    if not source.is_relative_to(base.resolve()):
                        raise self._error(
                            step, f"COPY names {name}, a link out of its folder", "replace the link by the file"
                        )
                    single = target / Path(name).name if into_folder or len(names) > 1 else target
                    _copy_file(source, single, link=link, mode=step.mode)

    def copy_tree(
        self, source: Path, target: Path, *, link: bool, mode: int | None = None, files: list[str] | None = None
    ) -> None:
        """Copy the content of a folder; only `files`, relative to it, when given."""
        target.mkdir(parents=True, exist_ok=True)
        if files is None:
            files = []
            for folder, folders, names in os.walk(source):
                here = Path(folder).relative_to(source)
                (target / here).mkdir(parents=True, exist_ok=True)
                links = [name for name in folders if (Path(folder) / name).is_symlink()]
                files += [str(here / name) for name in [*names, *links]]
        for name in files:
            self.check_stop()
            _copy_file(source / name, target / name, link=link, mode=mode)

    def _matches(self, base: Path, pattern: str, *, in_context: bool) -> list[str]:
        pattern = posixpath.normpath("/" + pattern.lstrip("/")).lstrip("/")
        if not pattern:
            return ["."]
        if (base / pattern).exists():
            found = [pattern]
        else:
            found = sorted(p.relative_to(base).as_posix() for p in _glob(base, pattern.split("/")))
        if not in_context:
            return found
        return [name for name in found if any(file == name or file.startswith(f"{name}/") for file in self.files)]

    def _files_below(self, name: str) -> list[str]:
        prefix = "" if name == "." else f"{name}/"
        return [file.removeprefix(prefix) for file in self.files if file.startswith(prefix)]

    def _error(self, step: Copy, problem: str, fix: str) -> UserError:
        return UserError(f"{self.name}:{step.line}: {problem}", fix)


def _copy_file(source: Path, target: Path, *, link: bool, mode: int | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Replaced, never written into: it may be a hard link of a file that belongs to another stage
    target.unlink(missing_ok=True)
    linked = False
    if link and not source.is_symlink():
        with contextlib.suppress(OSError):  # A file system without hard links
            os.link(source, target)
            linked = True
    if not linked:
        shutil.copy2(source, target, follow_symlinks=False)
    if mode is not None and not target.is_symlink():
        target.chmod(mode)


def _glob(folder: Path, parts: list[str]) -> Iterator[Path]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if fnmatch.fnmatchcase(entry.name, parts[0]):
            yield from _glob(entry, parts[1:]) if len(parts) > 1 else (entry,)
