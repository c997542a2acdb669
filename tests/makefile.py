"""What the Makefile would run."""

import os
import subprocess

from conducky.repository import ROOT


def dry_run(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """What `make` with these words would run, without running it; with `check`, CalledProcessError where it refuses.

    Not as a part of a make that runs the tests: that would hand on its options, and this one would print where it is.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-n", *words], cwd=ROOT, env=own, capture_output=True, text=True, check=check)
