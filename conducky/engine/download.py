"""Install the official release into a folder: `python -m conducky.engine.download FOLDER VERSION`.

A program of its own, so that it can be stopped by stopping this process. It fetches the archive of exactly that version
and runs nothing: the Automation API's installer runs a script that nobody has pinned. No public source that could be
read when this was written (2026-11-26) has the SHA-256 of the archives of 3.256.0, so TLS vouches for them.
"""

import platform
import shutil
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path
from typing import Final

from conducky.archives import unpack

# Long enough for a slow network to answer, short enough to learn that there is none.
ANSWER_SECONDS: Final = 10

# https://www.pulumi.com/docs/install/ (the names of the archives)
SITE: Final = "https://get.pulumi.com/releases/sdk"
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_TOP: Final = "pulumi"  # the archive's only folder, with the binaries


def main() -> None:
    """Install; exit 1 with a reason where that fails."""
    folder, version = sys.argv[1:]
    try:
        install(archive_address(version), Path(folder))
    except (OSError, tarfile.TarError, LookupError) as error:
        sys.exit(str(error))


def archive_address(version: str, system: str = platform.system(), machine: str = platform.machine()) -> str:
    """The archive of a version for this computer. Raises LookupError when there is none for its processor."""
    if machine.lower() not in _MACHINES:
        raise LookupError(f"there is no release for {system} on {machine}")
    return f"{SITE}/pulumi-v{version}-{system.lower()}-{_MACHINES[machine.lower()]}.tar.gz"


def install(address: str, folder: Path) -> None:
    """Put an archive's binaries into `folder/bin`. Raises OSError or tarfile.TarError when it cannot."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "archive"
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer, archive.open("wb") as file:  # noqa: S310  # our own address
            shutil.copyfileobj(answer, file)
        with tarfile.open(archive) as files:
            unpack(files, Path(scratch))
        unpacked = Path(scratch) / _TOP
        if not unpacked.is_dir():
            raise tarfile.TarError(f"{address} does not hold Pulumi")
        shutil.move(unpacked, folder / "bin")


if __name__ == "__main__":
    main()
