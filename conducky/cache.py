"""The folder, outside the working tree, for what is slow to get or build: the engine, application builds, Postgres."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from conducky.errors import UserError

# See bford.info/cachedir: backup tools skip a folder that holds this file, and `make clean-cache` removes no other.
TAG_NAME = "CACHEDIR.TAG"
TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# Created by conducky; `make clean-cache` removes it.\n"

USE_ANOTHER_FOLDER = "run `export CONDUCKY_CACHE=FOLDER` with a folder that you may write in, then try again"


def cache_folder() -> Path:
    """The cache folder: `$CONDUCKY_CACHE`, else the platform's. Raises UserError when it cannot be written."""
    folder = _location()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An existing folder with other things in it is somebody's own: it gets no tag and is never removed.
        if not any(folder.iterdir()):
            (folder / TAG_NAME).write_text(TAG_TEXT, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"the cache folder {folder} cannot be used ({error.strerror or error})", USE_ANOTHER_FOLDER
        ) from error
    return folder


def filled_once(
    folder: Path,
    fill: Callable[[Path], None],
    *,
    is_filled: Callable[[], bool] | None = None,
    waiting: Callable[[], None] = lambda: None,
) -> Path:
    """`folder`, filled when it is first needed, by whichever process asks first; OSError if it is not writable.

    `fill` fills an empty folder, which is then renamed; if it fails, nothing is kept. `is_filled` is whether the folder
    can be used; unless given, whether it exists. `waiting` is called before waiting for another process that fills it.
    """
    is_filled = is_filled or folder.is_dir
    if is_filled():
        return folder
    from filelock import FileLock, Timeout  # noqa: PLC0415  # with `platformdirs` 0.1 s, which few commands need

    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    try:
        if not is_filled():  # the one that was waited for may have filled it
            shutil.rmtree(unfinished, ignore_errors=True)  # what a killed process left
            unfinished.mkdir()
            fill(unfinished)
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        lock.release()
    return folder


def npm_environment() -> dict[str, str]:
    """This process's variables, with npm's cache and logs in the cache folder instead of the person's home."""
    return {**os.environ, "npm_config_cache": str(cache_folder() / "npm")}


def remove_cache() -> Path:
    """Remove the cache folder; returns where it was. Raises UserError when `cache_folder` did not create it."""
    folder = _location()
    if folder.exists():
        if not (folder / TAG_NAME).is_file():
            raise UserError(
                f"{folder} was there before conducky used it, so it may hold other things",
                f'check what is in it and remove it yourself with `rm -r "{folder}"`',
            )
        shutil.rmtree(folder)
    return folder


def _location() -> Path:
    chosen = os.environ.get("CONDUCKY_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path("conducky")


if __name__ == "__main__":  # for `make clean-cache`
    try:
        sys.stdout.write(f"Removed {remove_cache()}\n")
    except UserError as error:
        sys.exit(str(error))
