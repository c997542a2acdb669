"""Install the official release into a folder: `python -m conducky.engine.download FOLDER VERSION`.

A program of its own, because the Automation API's installer has no time limit: it is stopped by stopping this process.
The last line of its output says why it failed.
"""

import socket
import subprocess
import sys

from pulumi.automation import PulumiCommand
from semver import VersionInfo

# Long enough for a slow network to answer, short enough to learn that there is none.
ANSWER_SECONDS = 10


def main() -> None:
    """Install; exit 1 with a reason where that fails."""
    folder, version = sys.argv[1:]
    socket.setdefaulttimeout(ANSWER_SECONDS)
    try:
        PulumiCommand.install(root=folder, version=VersionInfo.parse(version))
    except subprocess.CalledProcessError as error:
        sys.stderr.buffer.write(error.output or b"")
        sys.exit(f"\nthe installer exited with {error.returncode}")
    except Exception as error:  # noqa: BLE001  # the installer raises many kinds, and each means that it failed
        sys.exit(str(error))


if __name__ == "__main__":
    main()
