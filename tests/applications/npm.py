"""`npm test` in an application's folder."""

import os
import subprocess
from collections.abc import Mapping

from conducky.repository import ROOT


def npm_test(application: str, variables: Mapping[str, str]) -> None:
    """Fail with the end of its output when a test of the application fails."""
    done = subprocess.run(
        ["npm", "test", "--silent"],
        cwd=ROOT / application,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    assert done.returncode == 0, f"`npm test` in {application}/ failed:\n{(done.stdout + done.stderr)[-6000:]}"
