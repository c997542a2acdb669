"""The files of the repository, without what was built or installed."""

import subprocess
from functools import cache
from pathlib import Path

from conducky.repository import ROOT


@cache
def tracked_files() -> tuple[Path, ...]:
    """What git knows, or would take with `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(file for name in listed.stdout.split("\0") if name and (file := ROOT / name).is_file())
