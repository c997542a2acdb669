"""The files of the repository, without what was built or installed."""

import os
import shutil
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


def copy_tracked(to: Path) -> Path:
    """Copy them to a folder, which is created, and return it: the working tree as it is, with nothing installed."""
    for file in tracked_files():
        copied = to / file.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copied)
    return to


def _listed(root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    return subprocess.run(
        command, cwd=root, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
