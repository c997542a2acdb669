"""Paths of an image in the words, variables and scripts of a task."""

import os
import re
from pathlib import Path

from conducky.rehearsal.images.run_step import ABSOLUTE
from conducky.rehearsal.images.store import path_below


def in_copy(text: str, root: Path, *, quoted: bool = False, always: bool = False) -> str:
    """A text whose absolute paths lead into the folder `root`, the image, where the image has them, and `/tmp` always.

    `/` alone is a route much more often than the image's root, and stays. With `quoted`, the shell takes each path as
    one word; with `always`, also those count that the image has not.
    """

    def translated(match: re.Match[str]) -> str:
        path = match[0]
        local = path_below(root, re.split(r"[*?\[]", path)[0])
        is_there = os.path.lexists(local) or f"{path}/".startswith("/tmp/")  # noqa: S108  # the image's
        if path == "/" or not (is_there or always):
            return path
        result = str(path_below(root, path)) + ("/" if path.endswith("/") else "")
        return re.sub(r"([^\w./@+*?\[\]-])", r"\\\1", result) if quoted else result

    return ABSOLUTE.sub(translated, text)
