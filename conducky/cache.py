"""The folder, outside the working tree, that keeps what is slow to make: the engine, application builds, Postgres."""

import os
import shutil
import sys
from pathlib import Path

import platformdirs

from conducky.errors import UserError

# See bford.info/cachedir: backup tools skip a folder that holds this file, and `make clean-cache` removes no other.
TAG_NAME = "CACHEDIR.TAG"
TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by conducky; `make clean-cache` removes this folder.\n"


def cache_folder() -> Path:
    """The cache folder, made if missing: `$CONDUCKY_CACHE`, else the platform's cache folder for "conducky".

    Raises:
        UserError: the folder cannot be made or written.
    """
    folder = _location()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An existing folder with other things in it is somebody's own: it gets no tag and is never removed.
        if not any(folder.iterdir()):
            (folder / TAG_NAME).write_text(TAG_TEXT, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The cache folder {folder} cannot be used ({error.strerror}): "
            "`export CONDUCKY_CACHE=<a folder you may write in>` and try again."
        ) from error
    return folder


def remove_cache() -> Path:
    """Remove the cache folder if it exists, and return where it was.

    Raises:
        UserError: the folder was not made by `cache_folder`, so it may hold other things.
    """
    folder = _location()
    if folder.exists():
        if not (folder / TAG_NAME).is_file():
            raise UserError(
                f"{folder} was there before conducky used it, so it may hold other things: "
                f'look into it and remove it yourself with `rm -r "{folder}"`.'
            )
        shutil.rmtree(folder)
    return folder


def _location() -> Path:
    chosen = os.environ.get("CONDUCKY_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("conducky")


if __name__ == "__main__":  # for `make clean-cache`
    try:
        sys.stdout.write(f"Removed {remove_cache()}\n")
    except UserError as error:
        sys.exit(str(error))
