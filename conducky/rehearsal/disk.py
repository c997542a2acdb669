"""Whether there is room for a rehearsal: on a full disk everything fails, each with an error of its own."""

import shutil
import tempfile
from pathlib import Path

from conducky.cache import USE_ANOTHER_FOLDER, cache_folder
from conducky.errors import UserError

# 1,360 MB of the sample, measured where nothing was built before: builds, copies for the tasks, Postgres, states
LEAST_MB = 1_500
# With less than this left, what failed may well have failed for want of it
SCARCE_MB = 100


def scarce(megabytes: int) -> UserError | None:
    """What to do where a rehearsal's folders have less than this left; None where there is room."""
    for folder, fix in (
        (Path(tempfile.gettempdir()), "run `export TMPDIR=FOLDER` with a folder on a disk that has room"),
        (cache_folder(), USE_ANOTHER_FOLDER),
    ):
        free = shutil.disk_usage(folder).free // 1_000_000
        if free < megabytes:
            problem = f"the disk is nearly full: {folder} has {free} MB left, and a rehearsal needs {LEAST_MB} MB there"
            return UserError(problem, f"free some space, or {fix}")
    return None
