"""Cleans up after a rehearsal whose own process was killed: `python -m conducky.rehearsal.processes.watchdog FOLDER`.

It reads a pipe that only its owner can write. A goodbye byte means that the owner cleaned up; the end of the pipe
without one means that the owner is dead, and then every recorded process is ended and the folder removed.
"""

import contextlib
import shutil
import signal
import sys
import time
from pathlib import Path

from conducky.rehearsal.processes.containers_left import remove_containers
from conducky.rehearsal.processes.records import end_all, read_records

GOODBYE = b"\x00"
GRACE_SECONDS = 3.0


def remove_folder(folder: Path) -> None:
    """Remove a folder with its contents, even while a process that is ending still writes there."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        for inner in (folder, *folder.rglob("*")):  # A folder without write permission cannot be emptied
            with contextlib.suppress(OSError):
                if inner.is_dir() and not inner.is_symlink():
                    inner.chmod(0o700)
        time.sleep(0.05)


def clean_up(folder: Path, *, grace: float = GRACE_SECONDS) -> None:
    """End every process recorded in a run folder and remove the folder."""
    end_all(read_records(folder / "processes"), grace)
    remove_containers(folder)
    remove_folder(folder)


def main() -> None:
    """Wait for the owner's end, then clean up if it could not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # It ends with its owner, not before
    if sys.stdin.buffer.read(1) != GOODBYE:
        clean_up(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
