"""`conducky images`: both applications' images, built by the container engine of this machine."""

import collections
import contextlib
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from conducky.errors import UserError, printable, quoted
from conducky.images.builder import ContainerEngine, EngineName, find_engine
from conducky.repository import ROOT

APPLICATIONS: Final = ("backend", "frontend")
# Docker's names, and those of ECS and Linux for the same.
_PLATFORMS = {
    "linux/amd64": "linux/amd64",
    "linux/arm64": "linux/arm64",
    "amd64": "linux/amd64",
    "arm64": "linux/arm64",
    "x86_64": "linux/amd64",
    "aarch64": "linux/arm64",
}
_STOP_SECONDS = 10.0
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_KEPT_LINES = 200


def build_images(
    console: Console,
    *,
    wanted: EngineName | None = None,
    platform: str | None = None,
    options: Sequence[str] = (),
    root: Path = ROOT,
) -> None:
    """Build each application's image as `conducky-<application>`, then print names, sizes and seconds.

    Args:
        console: Where the engine's own output and the table go.
        wanted: This engine only; else the first that can.
        platform: `arm64`, `amd64` or Docker's longer names for them; else the machine's own.
        options: Further options for the engine's `build`.
        root: The folder that holds the applications.

    Raises:
        UserError: no engine can build here, `platform` is none of them, or a build failed.
    """
    if platform and platform not in _PLATFORMS:
        raise UserError(f"there is no platform {quoted(platform)}: use PLATFORM=arm64 or PLATFORM=amd64")
    target = _PLATFORMS[platform] if platform else None
    engine = find_engine(wanted)
    table = Table("image", "size", "seconds", box=None, header_style="dim")
    for application in APPLICATIONS:
        tag = f"conducky-{application}"
        console.print(f"building {tag} with {engine.name} {engine.version}", highlight=False)
        command = engine.build_command(
            root / application, tag, build_args={"REVISION": _revision(root)}, platform=target, options=options
        )
        begin = time.monotonic()
        _build(engine, application, command, console)
        table.add_row(tag, engine.size(tag), f"{time.monotonic() - begin:.0f}")
    console.print(table)


def _build(engine: ContainerEngine, application: str, command: Sequence[str], console: Console) -> None:
    """Run one build, its output passed on line by line; it ends with this process, whatever ends that."""
    last: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        for line in process.stdout:
            shown = printable(_COLOURS.sub("", line).rstrip())
            console.print(shown, style="dim", markup=False, highlight=False, soft_wrap=True)
            if shown.strip():
                last.append(shown.strip())
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()
            process.wait()
    if code != 0:
        raise UserError(
            f"{engine.name} could not build {application}/Dockerfile (exit {code}): {_why(last)}{_mend(last)}"
        )


def _why(lines: Sequence[str]) -> str:
    return " | ".join(line[:300] for line in list(lines)[-3:]) or "it printed nothing"


def _mend(lines: Sequence[str]) -> str:
    """What to do about failures that are the machine's and not the Dockerfile's."""
    text = "\n".join(lines)
    if "exec format error" in text.lower():
        return "; this machine cannot run that processor's programs: install qemu-user-static, or leave PLATFORM out"
    return ""


def _revision(root: Path) -> str:
    """The commit, `-dirty` with changes beside it; `unknown` outside a clone."""
    with contextlib.suppress(FileNotFoundError):
        asked = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0:
            return asked.stdout.strip()
    return "unknown"
