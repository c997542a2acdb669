"""A build's output: written into the run folder, and kept where it can be read after the rehearsal has failed."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from conducky.rehearsal.processes.run_folder import RunFolder


@contextmanager
def build_log(folder: RunFolder, kept: Path) -> Generator[Path]:
    """The file to write to until the end of the block, then copied to `kept`, which other rehearsals write too.

    A rehearsal that ends also ends what still writes to its logs: with one file for all, it would end others' builds.
    """
    own = folder.path / "build-logs" / f"{crc32(bytes(kept)):08x}-{kept.name}"
    own.parent.mkdir(exist_ok=True)
    try:
        yield own
    finally:
        if own.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            new = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(own, new)
            new.replace(kept)
