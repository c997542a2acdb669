"""The first way to an engine: the official release, by the Automation API's installer."""

import sys
from pathlib import Path
from typing import Final

from conducky.engine.attempt import WayFailedError, Workplace
from conducky.engine.version import MINIMUM_VERSION

INSTALLER: Final[list[str | Path]] = [sys.executable, "-m", "conducky.engine.download"]
LIMIT_SECONDS: Final = 600


def install_release(place: Workplace) -> None:
    """Make `place.tree/bin/pulumi` from the official release.

    Raises:
        WayFailedError: it cannot be reached (known within seconds), is refused, or is too slow.
    """
    place.progress(f"Downloading Pulumi {MINIMUM_VERSION} from its official site")
    try:
        place.run(
            [*INSTALLER, place.tree, str(MINIMUM_VERSION)],
            folder=place.scratch,
            variables={},
            limit_seconds=LIMIT_SECONDS,
            waiting="Downloading Pulumi",
        )
    except WayFailedError as error:
        raise WayFailedError(f"the official download failed ({error})") from error
