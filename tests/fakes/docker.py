"""A Docker that only says what it could build."""

from pathlib import Path

from tests.fakes.script import write_script

BOTH = "linux/amd64, linux/arm64"


def docker(folder: Path, *, platforms: str = BOTH, daemon: bool = True, buildx: bool = True) -> None:
    """Put one into a folder that is on PATH."""
    script = f"""#!/bin/sh
case "$1 $2" in
"version --format") {"echo 29.0.1" if daemon else "echo cannot connect >&2; exit 1"} ;;
"buildx version") exit {0 if buildx else 1} ;;
"buildx inspect") echo "Platforms: {platforms}" ;;
esac
"""
    write_script(folder / "docker", script)
