"""Copies of whole folders, as cheap as the file system allows."""

import contextlib
import filecmp
import os
import shutil
import stat
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

_WRITE = 0o222


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link, or a copy where none can be: across file systems, or of a symbolic link.

    Raises FileExistsError when `target` is there: a copy would be written into what it is a link to.
    """
    if not source.is_symlink():
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:
            pass
        else:
            return
    shutil.copy2(source, target, follow_symlinks=False)


def link_tree(source: Path, target: Path) -> None:
    """Add to the folder `target` what `source` has and it has not. Files that may change must not be shared so.

    Everybody can read it: what only its owner can is copied. What others add or remove at this moment is left as it is.
    """
    for file, here in _missing(source, target):
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            if (mode := file.lstat().st_mode) & 0o004:
                link_or_copy(file, here)
            else:
                here.touch(exist_ok=False)
                shutil.copy2(file, here)
                here.chmod(0o755 if mode & 0o100 else 0o644)


def copy_like(source: Path, target: Path, before: Path, check_stop: Callable[[], None]) -> None:
    """Copy a folder to the new folder `target`; what is as in `before`, in which nobody may write, is linked.

    `check_stop` is called before each folder; what it raises ends the copying.

    It takes no space then, and a third of the time or less: ext4 looks long for an inode where many were just freed.
    """
    for name, folders, files in os.walk(source):
        check_stop()
        folder = Path(name)
        here, there = (each / folder.relative_to(source) for each in (target, before))
        here.mkdir()
        for entry in (*files, *(each for each in folders if (folder / each).is_symlink())):
            if _is_same(folder / entry, there / entry):
                with contextlib.suppress(OSError):  # Another file system, too many links, or just removed
                    os.link(there / entry, here / entry)
                    continue
            shutil.copy2(folder / entry, here / entry, follow_symlinks=False)
        here.chmod(folder.stat().st_mode)


def _is_same(file: Path, other: Path) -> bool:
    """Whether two files have the same time, content, and modes but for who may write."""
    try:
        one, two = ((stat.S_IMODE(each.st_mode) & ~_WRITE, each.st_mtime_ns) for each in (file.lstat(), other.lstat()))
        regular = all(each.is_file() and not each.is_symlink() for each in (file, other))
        return regular and one == two and filecmp.cmp(file, other, shallow=False)
    except OSError:  # It is not there, or no more
        return False


@contextlib.contextmanager
def writable(folder: Path) -> Generator[int]:
    """Within, its owner may write into a folder, even one that is closed; its mode, which it has again afterwards."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(mode | 0o200)
    try:
        yield mode
    finally:
        folder.chmod(mode)


def copy_tree(source: Path, target: Path) -> None:
    """Add to the folder `target` a copy of what `source` has and it has not, which only its owner may change.

    Not links, which would share a file's owner and later changes. A file that another build is writing or removing at
    this moment is left out, and so is a link.
    """
    for file, here in _missing(source, target):
        if not file.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(file, here)
                here.chmod(0o644)


def _missing(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """What `target` lacks, and where it belongs, in folders that are created."""
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        if not here.is_dir():
            here.mkdir(parents=True, exist_ok=True)
            here.chmod(0o755)  # Whatever the umask
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from ((Path(folder) / name, here / name) for name in (*files, *links) if not os.path.lexists(here / name))
