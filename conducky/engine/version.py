"""Which versions of the engine the programs run on, and which one a binary is."""

import os
import subprocess
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

from conducky.subprocesses import output_of

# pulumi-random requires this one, and tools/engine/go.mod pins it.
MINIMUM_VERSION: Final = Version("3.256.0")
FIRST_TOO_NEW: Final = Version("4")

ANSWER_SECONDS: Final = 30


def serves(version: Version | None) -> bool:
    """Whether an engine of this version runs the programs; None (no answer) does not."""
    return version is not None and MINIMUM_VERSION <= version < FIRST_TOO_NEW


def engine_version(binary: Path) -> Version | None:
    """What `binary version` prints; None if there is no such binary, or it fails, hangs or prints something else."""
    try:
        environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        answer = output_of([binary, "version"], environment=environment, seconds=ANSWER_SECONDS)
        return None if answer.returncode else Version(answer.stdout.strip())
    except (OSError, subprocess.TimeoutExpired, InvalidVersion):
        return None
