"""The files of the repository, without what was built or installed."""

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from conducky.repository import ROOT


@cache
def tracked_files(root: Path = ROOT) -> tuple[Path, ...]:
    """What git knows, or would take with `git add`; in GitHub's ZIP, which has no `.git`, what .gitignore lets in."""
    listed = _listed(root)
    if listed.returncode:
        with tempfile.TemporaryDirectory() as empty:
            subprocess.run(["git", "init", "--quiet", "--bare", empty], check=True)
            listed = _listed(root, GIT_DIR=empty, GIT_WORK_TREE=str(root))
    listed.check_returncode()
    return tuple(file for name in listed.stdout.split("\0") if name and (file := root / name).is_file())


def _listed(root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    return subprocess.run(
        command, cwd=root, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
