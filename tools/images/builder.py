"""What builds the applications' Dockerfiles here: Docker, Podman or Buildah, whichever is installed."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from conducky.errors import UserError
from conducky.images.docker import INSTALL, answer_of, docker_version, why

BuilderName = Literal["docker", "podman", "buildah"]
BUILDERS: Final[tuple[BuilderName, ...]] = ("docker", "podman", "buildah")

# The first that know `RUN --mount=type=cache` (containers/buildah pull request 3574).
_OLDEST: Final = {"podman": (4, 0), "buildah": (1, 24)}


@dataclass(frozen=True)
class Builder:
    """An installed builder that works."""

    name: BuilderName
    version: str

    def build_command(
        self, context: Path, tag: str, *, build_args: Mapping[str, str], platform: str | None, options: Sequence[str]
    ) -> list[str]:
        """The command that builds `context` into the local image `tag`; `options` are further ones of the builder."""
        # In Docker's format, because the other one has no health check.
        verb = ["buildx", "build", "--load"] if self.name == "docker" else ["build", "--layers", "--format", "docker"]
        arguments = [word for key, value in build_args.items() for word in ("--build-arg", f"{key}={value}")]
        where = ["--platform", platform] if platform else []
        return [self.name, *verb, "--tag", tag, *where, *arguments, *options, str(context)]

    def on_base(self, context: Path, base: str) -> list[str]:
        """The options that put the local image `base` in the place of the one that the Dockerfile's first FROM names.

        FROM names tag and digest literally, so that Dependabot can move them, and leaves no argument to set.
        """
        named = re.search(r"(?im)^FROM\s+(?:--\S+\s+)*(\S+)", (context / "Dockerfile").read_text(encoding="utf-8"))
        scheme = "docker-image" if self.name == "docker" else "container-image"
        return ["--build-context", f"{named[1]}={scheme}://{base}"] if named else []

    def size(self, tag: str) -> str:
        """The image's size on disk, as `181 MB`; `?` if the builder does not report it."""
        if self.name == "buildah":
            listed = answer_of("buildah", "images", "--json", tag)
            return str(json.loads(listed.stdout)[0]["size"]) if listed.returncode == 0 else "?"
        inspected = answer_of(self.name, "image", "inspect", "--format", "{{.Size}}", tag)
        size = inspected.stdout.strip()
        return f"{int(size) / 1_000_000:.0f} MB" if size.isdecimal() else "?"


def find_builder(wanted: BuilderName | None = None) -> Builder:
    """The first of `BUILDERS` (or `wanted`) that can build. Raises UserError, with why each does not and its fix."""
    problems: list[UserError] = []
    for name in (wanted,) if wanted else BUILDERS:
        if shutil.which(name) is None:
            continue
        try:
            return Builder(name, _CHECKS[name]())
        except UserError as problem:
            problems.append(problem)
    if problems:
        raise UserError(
            f"no image can be built here: {'; '.join(each.problem for each in problems)}",
            "; or ".join(each.fix for each in problems),
        )
    raise UserError(
        f"{wanted} is not installed" if wanted else "neither Docker, Podman nor Buildah is installed",
        _how_to_install(wanted),
    )


def _podman() -> str:
    version = _version("podman")
    done = answer_of("podman", "info", "--format", "{{.Host.Arch}}")
    if done.returncode != 0:
        raise UserError(
            f"podman is not ready ({why(done)})", "on macOS and Windows start it with `podman machine start`"
        )
    return version


def _buildah() -> str:
    return _version("buildah")


_CHECKS = {"docker": docker_version, "podman": _podman, "buildah": _buildah}


def _version(name: Literal["podman", "buildah"]) -> str:
    done = answer_of(name, "--version")
    found = re.search(r"(\d+)\.(\d+)[\w.+-]*", done.stdout)
    if done.returncode != 0 or found is None:
        raise UserError(f"{name} is broken ({why(done)})", f"reinstall {name}")
    oldest = _OLDEST[name]
    if (int(found[1]), int(found[2])) < oldest:
        raise UserError(
            f"{name} {found[0]} is too old for `RUN --mount`",
            f"install {name} {oldest[0]}.{oldest[1]} or newer, or Docker",
        )
    return found[0]


def _how_to_install(wanted: BuilderName | None) -> str:
    package = wanted if wanted in ("podman", "buildah") else "podman"
    if wanted != "docker" and shutil.which("apt-get"):
        sudo = "" if os.geteuid() == 0 else "sudo "
        or_docker = "" if wanted else ", or Docker from docs.docker.com/get-started/get-docker"
        return f"install one with `{sudo}apt-get install -y {package}`{or_docker}, then run `make images` again"
    return INSTALL
