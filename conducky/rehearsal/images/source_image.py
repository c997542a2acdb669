"""An application as `make develop` runs it: from its own folder, by its own development command, without an image."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conducky.errors import UserError
from conducky.images.context import file_fields, hash_fields
from conducky.images.packages import Packages, read_object
from conducky.images.prisma import migration_names, migrations_of
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.prisma_engine import prisma_version
from conducky.rehearsal.images.store import BuiltImage

_SCRIPTS = ("dev", "develop", "start:dev", "dev:server")
# What an image sets for itself: how it runs in production, and where its own files are
_PRODUCTION = {"NODE_ENV", "NODE_OPTIONS", "PATH", "HOME"}


def source_image(
    application: str,
    packages: Packages,
    dockerfile: Path,
    build_args: Mapping[str, str],
    wanted: tuple[str, ...] | None,
) -> BuiltImage:
    """The folder of an application as an image whose `/` is this computer's.

    Its command is `wanted`, else the development script of its package.json, after Prisma's migrations where it has
    some. Its variables are the build arguments, which are addresses above all, and those of the Dockerfile that are
    not about the image itself.

    Raises:
        UserError: there is no such command, or its packages are not installed.
    """
    folder = packages.folder
    package = read_object(folder / "package.json")
    if package:
        packages.require()
    command = shlex.join(wanted) if wanted else _script(application, packages, package)
    try:
        environment = parse_dockerfile(dockerfile, build_args)[-1].environment
    except UserError:
        environment = {}
    own = {name: value for name, value in environment.items() if name not in _PRODUCTION and not value.startswith("/")}
    return BuiltImage(
        root=Path("/"),
        workdir=str(folder),
        environment={**build_args, **own, "NODE_ENV": "development"},
        entrypoint=(),
        command=("/bin/sh", "-c", f"exec {command}"),
        user="",
        exposed=(),
        is_source=True,
    )


def with_migrations(image: BuiltImage, packages: Packages) -> BuiltImage:
    """The same, with pending migrations of Prisma applied first."""
    folder = packages.folder
    if prisma_version(folder) is None or not migration_names(migrations_of(folder)):
        return image
    prisma = shlex.quote(os.path.relpath(packages.program("prisma") or packages.programs[0] / "prisma", folder))
    script = f"{prisma} migrate deploy && {image.command[-1]}"
    return image.model_copy(update={"command": (*image.command[:-1], script)})


def source_digest(packages: Packages) -> str:
    """Changes with what a development server does not read again by itself: packages and migrations."""
    folder = packages.folder
    files = [folder / "package.json", folder / "prisma.config.ts", *packages.locks]
    files += migrations_of(folder).glob("*/migration.sql")
    there = sorted(os.path.relpath(file, folder) for file in files if file.is_file())
    return hash_fields([str(folder).encode(), *file_fields(folder, there)])


def in_source(folder: Path, words: Sequence[str]) -> list[str]:
    """A command for what an image compiles into `dist`, for the sources: `node dist/x.js` is `tsx src/x.ts`."""
    if len(words) > 1 and words[0] == "node":
        source = folder / words[1].removeprefix("/app/").replace("dist/", "src/", 1).replace(".js", ".ts")
        if source.is_file() and (folder / "node_modules" / ".bin" / "tsx").exists():
            return [str(folder / "node_modules" / ".bin" / "tsx"), str(source), *words[2:]]
    return [*words]


def _script(application: str, packages: Packages, package: dict[str, Any]) -> str:
    folder = packages.folder
    scripts: Any = package.get("scripts")
    name = next((name for name in _SCRIPTS if isinstance(scripts, dict) and name in scripts), None)
    if name is None:
        raise UserError(
            f"{folder.name}/package.json has no script `dev`, so there is nothing to develop the {application} with",
            f"add one, or set `develop` of `{application}` in the settings of services, such as `[npm, run, watch]`",
        )
    return f"{packages.manager} run {name}"
