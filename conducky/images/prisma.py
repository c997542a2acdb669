"""Where an application has its Prisma, and the migrations of that."""

import re
from collections.abc import Iterator
from pathlib import Path

from conducky.images.packages import read_object

_SCHEMAS = ("prisma/schema.prisma", "prisma/schema", "schema.prisma")
# https://www.prisma.io/docs/orm/reference/prisma-config-reference
_SCHEMA = re.compile(r"""^\s*schema\s*:\s*["'`]([^"'`\n]+)|[{,]\s*schema\s*:\s*["'`]([^"'`\n]+)""", re.MULTILINE)
_MIGRATIONS = re.compile(r"""\bmigrations\s*:\s*\{[^{}]*?\bpath\s*:\s*["'`]([^"'`\n]+)""")


def package_folders(context: Path) -> Iterator[Path]:
    """The packages of the workspace that a folder may be, such as `apps/api`."""
    for folder in _subfolders(context):
        for each in (folder, *_subfolders(folder)):
            if (each / "package.json").is_file():
                yield each


def schema_of(folder: Path) -> Path | None:
    """The schema of the Prisma in a folder, a file or a folder of them; None where there is none."""
    named = (folder / name for name in (*_configured(folder, _SCHEMA), *_in_package(folder), *_SCHEMAS))
    return next((each for each in named if each.exists()), None)


def migrations_of(folder: Path) -> Path:
    """Where the Prisma in a folder has its migrations, or would have them: one folder each."""
    if configured := _configured(folder, _MIGRATIONS):
        return folder / configured[0]
    schema = schema_of(folder) or folder / _SCHEMAS[0]
    return (schema if schema.is_dir() else schema.parent) / "migrations"


def find_migrations(context: Path, dockerfile: Path) -> Path | None:
    """The folder of the migrations of an image's Prisma; None where it has none, or nothing tells which it has.

    They are beside the Dockerfile, where the image is built from, or those of the only package that has some.
    """
    for folder in (dockerfile.parent, context):
        if migration_names(found := migrations_of(folder)):
            return found
    several = {found.resolve() for each in package_folders(context) if migration_names(found := migrations_of(each))}
    return several.pop() if len(several) == 1 else None


def migration_names(migrations: Path) -> list[str]:
    """The names of the migrations in their folder, in their order."""
    return sorted(each.name for each in migrations.iterdir() if each.is_dir()) if migrations.is_dir() else []


def _configured(folder: Path, what: re.Pattern[str]) -> list[str]:
    texts = (file.read_text("utf-8", errors="replace") for file in sorted(folder.glob("prisma.config.*")))
    return [next(filter(None, found.groups())) for text in texts if (found := what.search(text))]


def _in_package(folder: Path) -> list[str]:
    try:
        return [str(read_object(folder / "package.json")["prisma"]["schema"])]
    except (KeyError, TypeError):
        return []


def _subfolders(folder: Path) -> list[Path]:
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [each for each in found if each.is_dir() and not each.name.startswith((".", "node_modules"))]
