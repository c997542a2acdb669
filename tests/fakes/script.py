"""Programs that a test writes and then starts."""

import errno
import fcntl
import sys
import time
from pathlib import Path

_PATIENCE = 5.0  # seconds


def write_script(path: Path, body: str) -> Path:
    """Write an executable script, for `/bin/sh` unless it says otherwise; a link of that name is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(body if body.startswith("#!") else f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    _wait_for_writers(path)
    return path


def write_python(path: Path, body: str) -> Path:
    """Write an executable Python script. A line `#!` can hold no blanks, which the path of this Python may have."""
    # For sh a command, and for Python a string
    start = f"""'''exec' '{sys.executable}' "$0" "$@"\n' '''"""
    return write_script(path, f"{start}\n{body}")


def _wait_for_writers(path: Path) -> None:
    """Until none has it open: a thread that starts a program hands our open file on for a moment.

    A program that is open for writing cannot be started ("text file busy"). Linux grants a lease for reading on a file
    without writers only, see fcntl(2).
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return
    until = time.monotonic() + _PATIENCE
    with path.open("rb") as file:
        while time.monotonic() < until:
            try:
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            except OSError as error:
                if error.errno != errno.EAGAIN:  # A file system without leases
                    return
                time.sleep(0.001)
            else:
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
                return
