"""Copies of whole folders, as cheap as the file system allows."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link, or a copy where none can be: across file systems, or of a symbolic link."""
    if not source.is_symlink():
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target, follow_symlinks=False)


def link_tree(source: Path, target: Path) -> None:
    """Add to the folder `target` what `source` has and it has not. Files that may change must not be shared so."""
    for file, here in _missing(source, target):
        link_or_copy(file, here)


def copy_tree(source: Path, target: Path) -> None:
    """Add to the folder `target` a copy of what `source` has and it has not.

    Not links, which would share a file's owner and later changes. A file that another build is writing or removing at
    this moment is left out.
    """
    for file, here in _missing(source, target):
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(file, here, follow_symlinks=False)


def _missing(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """What `target` lacks, and where it belongs, in folders that are created."""
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from ((Path(folder) / name, here / name) for name in (*files, *links) if not os.path.lexists(here / name))
