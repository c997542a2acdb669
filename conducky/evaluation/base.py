"""The base of a pull request, beside its merged state: GitHub checks out a merge, whose first parent is the base."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from conducky.archives import unpack
from conducky.repository import ROOT


@contextmanager
def base_of_merge(root: Path = ROOT) -> Generator[Path | None]:
    """A folder with the committed files of the base; None where no merge is checked out, or its base is missing."""
    is_merge = _git(root, "rev-parse", "--verify", "--quiet", "HEAD^2") is not None
    archive = _git(root, "archive", "HEAD^1") if is_merge else None
    if archive is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            unpack(files, Path(folder))
        yield Path(folder)


def _git(root: Path, *words: str) -> bytes | None:
    """What git prints; None where it fails, and where there is none."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout
