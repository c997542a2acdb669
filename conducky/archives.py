"""Unpacking a tar archive that is trusted, on each version of Python that serves."""

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack all of it into `folder`. Raises OSError or tarfile.TarError when that fails.

    Python's filter for what leaves the folder comes with 3.11.4; Debian 12 has 3.11.2.
    https://docs.python.org/3.11/library/tarfile.html#supporting-older-python-versions
    """
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder)  # noqa: S202  # trusted
