"""What the Makefile would run."""

import os
import subprocess

from conducky.repository import ROOT


def dry_run(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """What `make` with these words would run, without running it; with `check`, CalledProcessError where it refuses.

    Not as a part of a make that runs the tests, which hands its options and variables on, such as ARGS.
    """
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(["make", "-n", *words], cwd=ROOT, env=own, capture_output=True, text=True, check=check)
