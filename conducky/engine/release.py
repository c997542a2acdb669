"""The first attempt to get an engine: the official release, unpacked from its archive."""

import sys
from pathlib import Path
from typing import Final

from conducky.engine.attempt import Attempt, AttemptFailedError
from conducky.engine.version import MINIMUM_VERSION

INSTALLER: Final[list[str | Path]] = [sys.executable, "-m", "conducky.engine.download"]
LIMIT_SECONDS: Final = 600


def install_release(attempt: Attempt) -> None:
    """Install `attempt.tree/bin/pulumi` from the official release. Raises AttemptFailedError if refused or slow."""
    attempt.report(f"Downloading Pulumi {MINIMUM_VERSION} from its official site")
    try:
        attempt.run(
            [*INSTALLER, attempt.tree, str(MINIMUM_VERSION)],
            folder=attempt.scratch,
            variables={},
            limit_seconds=LIMIT_SECONDS,
            waiting="Downloading Pulumi",
            about_seconds=60,
        )
    except AttemptFailedError as error:
        raise AttemptFailedError(f"the official download failed ({error})") from error
