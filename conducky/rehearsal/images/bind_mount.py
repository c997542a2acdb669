"""`RUN --mount=type=bind` in folders: what a command sees of the context, or of other stages, while it runs."""

import contextlib
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.stage import Copy, Mount
from conducky.rehearsal.images.store import path_below


@contextlib.contextmanager
def mounted(
    mounts: Sequence[Mount], copier: ImageCopy, base: Callable[[Copy], Path], root: Path, work: Path
) -> Generator[None]:
    """Within, copies from their `base` folders are where the image at `root` would have the mounts.

    What the image has there is put aside in the folder `work` and comes back. Raises UserError where a source does not
    exist.
    """
    targets = [path_below(root, mount.copy.destination) for mount in mounts]
    with contextlib.ExitStack() as undo:
        for number, (mount, target) in enumerate(zip(mounts, targets, strict=True)):
            aside = work / f"below-mount-{number}"
            if os.path.lexists(target):
                target.rename(aside)
                undo.callback(aside.rename, target)
            for folder in _missing(target.parent, root):
                undo.callback(_remove_empty, folder)
            undo.callback(_remove, target)
            copier.copy(mount.copy, base(mount.copy), root, link=False)
        for mount, target in zip(mounts, targets, strict=True):
            if not mount.writable:
                _allow_writing(target, allowed=False)
        undo.callback(lambda: [_allow_writing(target, allowed=True) for target in targets])
        yield


def _missing(folder: Path, root: Path) -> list[Path]:
    """The folders that a mount needs and the image has not, from the outermost."""
    return [each for each in (*reversed(folder.parents), folder) if each.is_relative_to(root) and not each.exists()]


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # A command has put something there, which is the image's
        folder.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _allow_writing(path: Path, *, allowed: bool) -> None:
    for each in (path, *path.rglob("*")):
        if each.exists() and not each.is_symlink():
            mode = each.stat().st_mode
            each.chmod(mode | 0o200 if allowed else mode & ~0o222)
