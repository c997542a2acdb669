"""The folder of finished images: one subfolder each, named for what the image was built from."""

import contextlib
import os
import posixpath
import re
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT = "3"  # Counted up when an image that was built before would be used wrongly
KEEP_IMAGES = 12
KEEP_SECONDS = 24 * 60 * 60.0
# Ends the name of the folder of an image that is not finished, or no longer whole
BUILDING = ".building"


def path_below(root: Path, path: str) -> Path:
    """Where an absolute path of the image is locally; the folder `root` is its `/`."""
    return root / posixpath.normpath(path).lstrip("/")


class BuiltImage(BaseModel):
    """A finished image: its files under `root`, and what its Dockerfile says about running them.

    Paths in `workdir`, `environment`, `entrypoint` and `command` are the image's own; `path` finds one locally.
    `owned` are the paths of each user but root, by id, and `users` the ids of the names; no file is writable.
    `dockerfile` is its display name. With `is_source` it stands for an application's own folder, and `root` is this
    computer's.
    """

    model_config = ConfigDict(frozen=True)

    root: Path
    workdir: str
    environment: dict[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    exposed: tuple[int, ...]
    stop_signal: str = ""
    users: dict[str, str] = Field(default_factory=dict[str, str])
    owned: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    is_source: bool = False
    dockerfile: str = ""

    def user_id(self, user: str) -> str:
        """The id behind `1000:1000`, `node` or a user that the Dockerfile created; `0` for none."""
        name = user.partition(":")[0] or "0"
        return self.users.get(name, name)

    def path(self, absolute_in_image: str) -> Path:
        """Where an absolute path of the image is locally; it never leaves `root`."""
        if not absolute_in_image.startswith("/"):
            raise ValueError(f"{absolute_in_image} is not an absolute path")
        return path_below(self.root, absolute_in_image)


def load_image(cache: Path, digest: str) -> BuiltImage | None:
    """The finished image `digest` in the folder `cache`; None when there is none or it is damaged."""
    folder = image_folder(cache, digest)
    try:
        image = BuiltImage.model_validate_json((folder / "image.json").read_bytes())
        image = image.model_copy(update={"root": folder / "root"})
        if not image.path(image.workdir).is_dir():
            return None
        os.utime(folder)
    except (OSError, ValidationError):
        return None
    return image


def newest_root(cache: Path, dockerfile: str) -> Path | None:
    """The files of the image of a Dockerfile, by its display name, that was used last; None if there is none."""
    for folder in sorted((path for path in cache.iterdir() if path.suffix != BUILDING and path.is_dir()), key=age):
        with contextlib.suppress(OSError, ValidationError):
            if BuiltImage.model_validate_json((folder / "image.json").read_bytes()).dockerfile == dockerfile:
                return folder / "root"
    return None


def image_folder(cache: Path, digest: str) -> Path:
    """Where the finished image `digest` is, or would be."""
    return cache / re.sub(r"[^\w-]", "-", digest)


def image_lock(cache: Path, digest: str) -> FileLock:
    """The lock for building or removing the image `digest`, not yet taken; it holds between processes."""
    return FileLock(image_folder(cache, digest).with_suffix(".lock"), thread_local=False)


def prune_images(cache: Path, keep: int = KEEP_IMAGES, younger_than: float = KEEP_SECONDS) -> None:
    """Remove what crashed builds left, and all images but the `keep` most recently used.

    An image used within `younger_than` seconds, or being built, stays.
    """
    folders = [path for path in cache.iterdir() if path.is_dir()]
    finished = sorted((path for path in folders if path.suffix != BUILDING), key=age)
    old = [path for path in finished[keep:] if age(path) > younger_than]
    for folder in [*old, *(path for path in folders if path.suffix == BUILDING)]:
        discard(cache, folder)


def discard(cache: Path, folder: Path) -> None:
    """Remove what is in a folder of `cache`, finished or not, unless somebody has its lock."""
    lock = image_lock(cache, folder.name.removesuffix(BUILDING))
    with contextlib.suppress(Timeout, OSError), lock.acquire(blocking=False):
        doomed = folder.with_suffix(BUILDING)
        if folder != doomed:
            folder.rename(doomed)  # At once, so that no half of it is ever used
        shutil.rmtree(doomed, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)


def age(folder: Path) -> float:
    """The seconds since a folder was used; none where it is gone meanwhile."""
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
