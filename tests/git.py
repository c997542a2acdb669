"""git in a repository of a test, as nobody in particular and without the person's signatures."""

import subprocess
from pathlib import Path

_SETTINGS = ("user.name=nobody", "user.email=nobody@example.com", "commit.gpgsign=false")


def git(root: Path, *words: str) -> None:
    """Run it in `root`. Raises CalledProcessError when it fails."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    subprocess.run(["git", "-C", root, *settings, *words], check=True, capture_output=True)
