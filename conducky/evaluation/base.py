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
    git = ["git", "-C", str(root)]
    merge = subprocess.run([*git, "rev-parse", "--verify", "--quiet", "HEAD^2"], capture_output=True, check=False)
    archive = subprocess.run([*git, "archive", "HEAD^1"], capture_output=True, check=False)
    if merge.returncode or archive.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            unpack(files, Path(folder))
        yield Path(folder)
