"""The container engine of this machine that can build the applications' Dockerfiles: Docker, Podman or Buildah."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from conducky.errors import UserError, printable

EngineName = Literal["docker", "podman", "buildah"]
ENGINES: Final[tuple[EngineName, ...]] = ("docker", "podman", "buildah")

# The first that know `RUN --mount=type=cache` (containers/buildah pull request 3574).
_OLDEST: Final = {"podman": (4, 0), "buildah": (1, 24)}
_ANSWER_SECONDS = 30.0


class _UnusableError(Exception):
    """Why an engine that is installed cannot build, and what mends it."""


@dataclass(frozen=True)
class ContainerEngine:
    """An installed engine that answers."""

    name: EngineName
    version: str

    def build_command(
        self,
        context: Path,
        tag: str,
        *,
        build_args: Mapping[str, str],
        platform: str | None,
        options: Sequence[str],
    ) -> list[str]:
        """The command that builds `context` into the local image `tag`; `options` are further ones of the engine."""
        # Docker's format, because the other one has no health check.
        verb = ["buildx", "build", "--load"] if self.name == "docker" else ["build", "--layers", "--format", "docker"]
        arguments = [word for key, value in build_args.items() for word in ("--build-arg", f"{key}={value}")]
        where = ["--platform", platform] if platform else []
        return [self.name, *verb, "--tag", tag, *where, *arguments, *options, str(context)]

    def size(self, tag: str) -> str:
        """What the image takes on disk, as `181 MB`; `?` where the engine does not say."""
        if self.name == "buildah":
            listed = _ask("buildah", "images", "--json", tag)
            return str(json.loads(listed.stdout)[0]["size"]) if listed.returncode == 0 else "?"
        inspected = _ask(self.name, "image", "inspect", "--format", "{{.Size}}", tag)
        size = inspected.stdout.strip()
        return f"{int(size) / 1_000_000:.0f} MB" if size.isdecimal() else "?"


def find_engine(wanted: EngineName | None = None) -> ContainerEngine:
    """The first of `ENGINES` that is installed and can build; only `wanted`, where one is.

    Raises:
        UserError: there is none; the sentence says why those that are installed do not serve, and what mends it.
    """
    problems: list[str] = []
    for name in (wanted,) if wanted else ENGINES:
        if shutil.which(name) is None:
            continue
        try:
            return ContainerEngine(name, _CHECKS[name]())
        except _UnusableError as problem:
            problems.append(f"{name} {problem}")
    if problems:
        raise UserError(f"no image can be built here: {'; '.join(problems)}")
    raise UserError(f"there is no {wanted or 'container engine'} here to build images with: {_how_to_install(wanted)}")


def _docker() -> str:
    """Docker with BuildKit; its command can be there without the daemon or the plug-in."""
    asked = _ask("docker", "version", "--format", "{{.Server.Version}}")
    if asked.returncode != 0:
        raise _UnusableError(
            f"does not reach its daemon ({_last_line(asked)}): start it, or let this user use it, "
            "then run `make images` again"
        )
    if _ask("docker", "buildx", "version").returncode != 0:
        raise _UnusableError(
            "has no buildx, without which it knows no `RUN --mount`: install the package docker-buildx-plugin "
            "(Debian, Ubuntu: docker-buildx)"
        )
    return asked.stdout.strip()


def _podman() -> str:
    version = _version("podman")
    asked = _ask("podman", "info", "--format", "{{.Host.Arch}}")
    if asked.returncode != 0:
        raise _UnusableError(
            f"is not ready ({_last_line(asked)}): on macOS and Windows start it with `podman machine start`"
        )
    return version


def _buildah() -> str:
    return _version("buildah")


_CHECKS = {"docker": _docker, "podman": _podman, "buildah": _buildah}


def _version(name: Literal["podman", "buildah"]) -> str:
    asked = _ask(name, "--version")
    found = re.search(r"(\d+)\.(\d+)[\w.+-]*", asked.stdout)
    if asked.returncode != 0 or found is None:
        raise _UnusableError(f"is broken ({_last_line(asked)}): install it anew")
    oldest = _OLDEST[name]
    if (int(found[1]), int(found[2])) < oldest:
        raise _UnusableError(
            f"{found[0]} is too old for `RUN --mount`: install {oldest[0]}.{oldest[1]} or newer, or Docker"
        )
    return found[0]


def _ask(*command: str) -> subprocess.CompletedProcess[str]:
    """One short question; an engine that does not answer in time counts as one that failed."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_ANSWER_SECONDS
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer in {_ANSWER_SECONDS:.0f} s")


def _last_line(asked: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (asked.stderr or asked.stdout).splitlines() if line.strip()]
    return printable(lines[-1].rstrip(".")) if lines else f"exit code {asked.returncode}"


def _how_to_install(wanted: EngineName | None) -> str:
    package = wanted if wanted in ("podman", "buildah") else "podman"
    if wanted != "docker" and shutil.which("apt-get"):
        sudo = "" if os.geteuid() == 0 else "sudo "
        or_docker = "" if wanted else ", or Docker from docs.docker.com/get-started/get-docker"
        return f"install one with `{sudo}apt-get install -y {package}`{or_docker}, then run `make images` again"
    return "install Docker from docs.docker.com/get-started/get-docker, or Podman, then run `make images` again"
