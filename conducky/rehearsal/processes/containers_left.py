"""The containers, volumes and networks of one rehearsal, found by its label and removed by what cleans up after it.

Imports nothing but the standard library, so that the watchdog starts quickly.
"""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from conducky.subprocesses import output_of

LABEL = "org.conducky.rehearsal"  # its value is the name of the run folder
_FILE = "containers.json"
_SECONDS = 60.0


def record_engine(folder: Path, engine: str) -> str:
    """Record which engine a rehearsal uses, before it creates anything; the label of all that it creates."""
    (folder / _FILE).write_text(json.dumps(engine), encoding="utf-8")
    return f"{LABEL}={folder.name}"


def remove_containers(folder: Path) -> None:
    """Remove what the rehearsal of a run folder left in its engine; does nothing where it used none."""
    try:
        engine = str(json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return
    chosen = ("--filter", f"label={LABEL}={folder.name}")
    for listed, removed in (
        (("ps", "--all", "--quiet", *chosen), ("rm", "--force", "--volumes")),
        (("volume", "ls", "--quiet", *chosen), ("volume", "rm", "--force")),
        (("network", "ls", "--quiet", *chosen), ("network", "rm")),
    ):
        found = _run(engine, *listed).split()
        if found:
            _run(engine, *removed, *found)


def _run(*command: str) -> str:
    """What a command prints; nothing where it fails, since there is nobody left to report it to."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = output_of(command, folder=Path(os.sep), seconds=_SECONDS)
        return done.stdout if done.returncode == 0 else ""
    return ""
