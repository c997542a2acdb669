"""Copies of whole folders, as cheap as the file system allows."""

import contextlib
import os
import shutil
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
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            if not os.path.lexists(here / name):
                link_or_copy(Path(folder) / name, here / name)


def copy_tree(source: Path, target: Path) -> None:
    """Add to the folder `target` a copy of what `source` has and it has not.

    Not links, which would share a file's owner and later changes. A file that another build is writing or removing at
    this moment is left out.
    """
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            if not os.path.lexists(here / name):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy2(Path(folder) / name, here / name, follow_symlinks=False)
