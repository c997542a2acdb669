"""`make images`: both applications' images, built by Docker, Podman or Buildah."""

import collections
import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from conducky.errors import UserError, printable, quoted
from conducky.repository import APPLICATIONS, ROOT
from conducky.settings.application import Application
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings
from conducky.subprocesses import output_of, stopped_whole, without_colours
from tools.images.builder import Builder, BuilderName, find_builder

# Docker's names, and those of ECS and Linux for the same.
_PLATFORMS = {
    "linux/amd64": "linux/amd64",
    "linux/arm64": "linux/arm64",
    "amd64": "linux/amd64",
    "arm64": "linux/arm64",
    "x86_64": "linux/amd64",
    "aarch64": "linux/arm64",
}
_KEPT_LINES = 200


def build_images(
    console: Console,
    *,
    wanted: BuilderName | None = None,
    platform: str | None = None,
    base: str | None = None,
    options: Sequence[str] = (),
    root: Path = ROOT,
) -> None:
    """Build each application's image as `conducky-<application>`, then print names, sizes and seconds.

    Args:
        console: Where the builder's own output and the table go.
        wanted: This builder only; else the first that can build.
        platform: `arm64`, `amd64` or Docker's longer names for them; else the computer's own.
        base: A local image to build on, instead of the one that each Dockerfile's FROM names.
        options: Further options for the builder's `build`.
        root: The folder that holds the applications.

    Raises:
        UserError: when nothing can build here, `platform` is none of them, or a build failed.
    """
    if platform and platform not in _PLATFORMS:
        raise UserError(f"there is no platform {quoted(platform)}", "use PLATFORM=arm64 or PLATFORM=amd64")
    target = _PLATFORMS[platform] if platform else None
    builder = find_builder(wanted)
    table = Table("image", "size", "seconds", box=None, header_style="dim")
    settings = settings_of(ServicesSettings, "dev", root) if (root / "services").is_dir() else ServicesSettings()
    for application in APPLICATIONS:
        own: Application = getattr(settings, application)
        folder = root / own.context
        words = [*(("--target", own.target) if own.target else ())]
        words += ["--file", str(folder / own.dockerfile)] if own.dockerfile != "Dockerfile" else []
        tag = f"conducky-{application}"
        console.print(f"building {tag} with {builder.name} {builder.version}", highlight=False)
        command = builder.build_command(
            folder,
            tag,
            build_args={"REVISION": _revision(root), **own.build_args},
            platform=target,
            options=[*words, *(builder.on_base(folder, base) if base else ()), *options],
        )
        begin = time.monotonic()
        _build(builder, application, command, console)
        table.add_row(tag, builder.size(tag), f"{time.monotonic() - begin:.0f}")
    console.print(table)


def _build(builder: Builder, application: str, command: Sequence[str], console: Console) -> None:
    """Run one build and show its output line by line."""
    last: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)

    def show(line: str) -> None:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
        if line.strip():
            last.append(line.strip())

    code = run_by_line(command, show)
    if code != 0:
        why = " | ".join(line[:300] for line in list(last)[-3:]) or "it printed nothing"
        raise UserError(f"{builder.name} could not build {application}/Dockerfile (exit {code}): {why}", _fix(last))


def run_by_line(command: Sequence[str | Path], line: Callable[[str], None]) -> int:
    """Run `command` to its end, give `line` each line that it prints, and return its exit code.

    Lines come without colours, with what a terminal would act upon written as escapes. Whatever ends the wait early,
    the command and every process it started are gone afterwards. Raises OSError when it cannot be started.
    """
    with stopped_whole(command, Path(), os.environ, subprocess.PIPE) as process:
        for printed in process.stdout or ():
            line(printable(without_colours(printed.decode(errors="replace")).rstrip()))
        return process.wait()


def _fix(lines: Iterable[str]) -> str:
    """What to do about failures that are the computer's and not the Dockerfile's."""
    if any("exec format error" in line.lower() for line in lines):
        return "install qemu-user-static, which runs that processor's programs here, or leave PLATFORM out"
    return ""


def _revision(root: Path) -> str:
    """The commit, `-dirty` with changes beside it; `unknown` outside a clone."""
    with contextlib.suppress(FileNotFoundError):
        done = output_of(["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"], folder=root)
        if done.returncode == 0:
            return done.stdout.strip()
    return "unknown"
