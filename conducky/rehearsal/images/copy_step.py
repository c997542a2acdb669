"""How files get into an image: COPY as Docker does it, and a stage's copy of the stage that it begins with."""

import filecmp
import os
import posixpath
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

from conducky.errors import UserError
from conducky.rehearsal.images.stage import Copy
from conducky.rehearsal.images.store import path_below
from conducky.rehearsal.processes.trees import copy_like, link_or_copy

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class ImageCopy:
    """Copies for one Dockerfile.

    `name` is the Dockerfile's in messages, `files` are those of `context` that .dockerignore leaves in it, `check_stop`
    is called before each file of a folder, and what it raises ends the copying; `copy_folder` copies a whole folder to
    one that is not there, which is several times faster.
    """

    name: str
    context: Path
    files: list[str]
    check_stop: Callable[[], None]
    copy_folder: Callable[[Path, Path], object]

    def copy(self, step: Copy, base: Path, root: Path, *, link: bool) -> list[Path]:
        """Carry out a COPY from the folder `base`, the context or a stage's, into the stage whose folder is `root`.

        With `link`, for when nothing will change the files of `base` any more, hard links replace copies. A pattern may
        find nothing, as in BuildKit. Returns what is new or replaced. Raises UserError when a source does not exist, or
        a link leads out of its folder.
        """
        target = path_below(root, step.destination)
        if not target.resolve().is_relative_to(root.resolve()):
            raise self._error(step, f"{step.destination} is a link out of the image", "COPY to another path")
        sources = self.sources(step, base)
        into_folder = step.destination.endswith("/") or target.is_dir() or len(sources) > 1
        new: list[Path] = []
        for name, found in sources:
            if (base / name).is_dir():
                prefix = "" if name == "." else f"{name}/"
                files = None if step.stage is not None else [file.removeprefix(prefix) for file in found]
                new += self.copy_tree(base / name, target, link=link, mode=step.mode, files=files)
            else:
                single = target / Path(name).name if into_folder else target
                new += _copy_file(base / found[0], single, link=link, mode=self._mode(base / found[0], step))
        return new

    def sources(self, step: Copy, base: Path) -> list[tuple[str, list[str]]]:
        """What a COPY finds in the folder `base`: names, each with its files (left out for a folder of a stage).

        A link is what it leads to, as in BuildKit: a folder has its own name then.

        Raises:
            UserError: as `copy`.
        """
        in_context = step.stage is None
        result: list[tuple[str, list[str]]] = []
        for pattern in step.sources:
            names = self._matches(base, pattern, in_context=in_context)
            if not names and not _WILD.search(pattern):
                where = "the build context (or .dockerignore excludes it)" if in_context else "that stage"
                problem = f"{step.instruction} names {pattern}, which is not in {where}"
                raise self._error(step, problem, "correct the path")
            for name in names:
                if (real := _real(base, name)) is None:
                    problem = f"{step.instruction} names {name}, a link out of its folder"
                    raise self._error(step, problem, "replace the link by what it leads to")
                if (base / real).is_dir():
                    prefix = "" if real == "." else f"{real}/"
                    below = [file for file in self.files if file.startswith(prefix)] if in_context else []
                    result.append((real, below))
                else:
                    result.append((name, [real]))
        return result

    def copy_tree(
        self, source: Path, target: Path, *, link: bool, mode: int | None = None, files: list[str] | None = None
    ) -> list[Path]:
        """Copy the content of a folder; only `files`, relative to it, when given. Returns what is new or replaced."""
        from_context = files is not None
        if not (from_context or link or mode is not None or os.path.lexists(target)):
            new = [*_made_folders(target.parent), target]
            self.copy_folder(source.resolve(), target)
            below = os.walk(target)
            return [*new, *(Path(here, name) for here, folders, names in below for name in (*folders, *names))]
        new = _made_folders(target)
        if files is None:
            files = []
            for folder, folders, names in os.walk(source):
                here = Path(folder).relative_to(source)
                new += _made_folders(target / here)
                links = [name for name in folders if (Path(folder) / name).is_symlink()]
                files += [str(here / name) for name in [*names, *links]]
        for name in files:
            self.check_stop()
            chosen = _plain_mode(source / name) if from_context and mode is None else mode
            new += _copy_file(source / name, target / name, link=link, mode=chosen)
        return new

    def sharing(self, image: Path, before: Path) -> "ImageCopy":
        """The same for an `image` that no command changes any more: it shares files with the one in `before`."""

        def copy_folder(source: Path, target: Path) -> None:
            copy_like(source, target, before / target.relative_to(image), self.check_stop)

        return replace(self, copy_folder=copy_folder)

    def _mode(self, source: Path, step: Copy) -> int | None:
        return _plain_mode(source) if step.mode is None and step.stage is None else step.mode

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
        return [name for name in found if self._has(_real(base, name) or name)]

    def _has(self, name: str) -> bool:
        """Whether .dockerignore leaves something of this in the context."""
        return name == "." or any(file == name or file.startswith(f"{name}/") for file in self.files)

    def _error(self, step: Copy, problem: str, fix: str) -> UserError:
        return UserError(f"{self.name}:{step.line}: {problem}", fix)


def _real(base: Path, name: str) -> str | None:
    """The path in `base` to which links lead, `.` for itself; None where they lead out of it."""
    source, root = (base / name).resolve(), base.resolve()
    return source.relative_to(root).as_posix() if source.is_relative_to(root) else None


def _plain_mode(file: Path) -> int:
    """What a file of the context has in the image, whatever the umask of the person who checked it out."""
    return 0o755 if file.stat(follow_symlinks=False).st_mode & 0o100 else 0o644


def _made_folders(folder: Path) -> list[Path]:
    """Create a folder and those above it; the ones that were not there."""
    new: list[Path] = []
    while not folder.is_dir():
        new.append(folder)
        folder = folder.parent
    for path in reversed(new):
        path.mkdir()
        path.chmod(0o755)
    return new


def _copy_file(source: Path, target: Path, *, link: bool, mode: int | None) -> list[Path]:
    new = [*_made_folders(target.parent), target]
    if _is_same(source, target, mode):
        return new  # As it was, so that a kept state below stays one
    # Replaced, never written into: it may be a hard link of a file that belongs to another stage
    target.unlink(missing_ok=True)
    if link and mode is None:
        link_or_copy(source, target)
    else:
        shutil.copy2(source, target, follow_symlinks=False)
    if mode is not None and not target.is_symlink():
        target.chmod(mode)
    return new


def _is_same(source: Path, target: Path, mode: int | None) -> bool:
    """Whether a file of its own is there already, with this content and mode."""
    if mode is None or any(path.is_symlink() or not path.is_file() for path in (source, target)):
        return False
    there = target.stat()
    return (there.st_nlink, stat.S_IMODE(there.st_mode)) == (1, mode) and filecmp.cmp(source, target, shallow=False)


def _glob(folder: Path, parts: list[str]) -> Iterator[Path]:
    # In .dockerignore, but not here, these two have a meaning of their own at the beginning
    matcher = PatternMatcher([f"\\{parts[0]}" if parts[0][0] in "#!" else parts[0]])
    for entry in folder.iterdir() if folder.is_dir() else ():
        if matcher.matches(entry.name):
            yield from _glob(entry, parts[1:]) if len(parts) > 1 else (entry,)
