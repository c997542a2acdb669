"""Where an application has its Prisma's schema and migrations, in one folder and in a workspace."""

from pathlib import Path

import pytest

from conducky.images.prisma import find_migrations, migration_names, migrations_of, package_folders, schema_of
from tests.conducky.images.files import write

CONFIG = """import { defineConfig } from "prisma/config";
export default defineConfig({
  schema: "%s",
  migrations: {
    seed: "tsx seed.ts",
    path: "%s",
  },
});
"""


@pytest.mark.parametrize(
    ("files", "contents", "schema", "migrations"),
    [
        ([], {}, None, "prisma/migrations"),
        (["prisma/schema.prisma"], {}, "prisma/schema.prisma", "prisma/migrations"),
        (["schema.prisma"], {}, "schema.prisma", "migrations"),
        (["prisma/schema/a.prisma"], {}, "prisma/schema", "prisma/schema/migrations"),
        (
            ["db/shop.prisma"],
            {"package.json": '{"prisma": {"schema": "db/shop.prisma"}}'},
            "db/shop.prisma",
            "db/migrations",
        ),
        (
            ["db/shop.prisma"],
            {"prisma.config.ts": CONFIG % ("db/shop.prisma", "db/changes")},
            "db/shop.prisma",
            "db/changes",
        ),
        (
            ["prisma/schema.prisma"],
            {"prisma.config.mjs": "export default { schema: path.join('prisma', 'schema.prisma') }"},
            "prisma/schema.prisma",
            "prisma/migrations",
        ),
        (
            ["db/a.prisma"],
            {"prisma.config.js": "module.exports = { schema: 'db/a.prisma' }"},
            "db/a.prisma",
            "db/migrations",
        ),
        (["prisma/schema.prisma"], {"package.json": "no JSON"}, "prisma/schema.prisma", "prisma/migrations"),
    ],
)
def test_they_are_where_the_configuration_says_or_where_prisma_has_them(
    tmp_path: Path, files: list[str], contents: dict[str, str], schema: str | None, migrations: str
) -> None:
    write(tmp_path, *files, **contents)
    assert schema_of(tmp_path) == (tmp_path / schema if schema else None)
    assert migrations_of(tmp_path) == tmp_path / migrations


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["prisma/migrations/1/"], "prisma/migrations"),
        (["apps/api/prisma/migrations/1/", "prisma/migrations/1/"], "apps/api/prisma/migrations"),
        (["packages/db/package.json", "packages/db/prisma/migrations/1/"], "packages/db/prisma/migrations"),
        (["db/package.json", "db/prisma/migrations/1/"], "db/prisma/migrations"),
        (["db/prisma/migrations/1/"], None),
        (["a/package.json", "a/prisma/migrations/1/", "b/package.json", "b/prisma/migrations/1/"], None),
        (["node_modules/a/package.json", "node_modules/a/prisma/migrations/1/"], None),
        ([".next/a/package.json", ".next/a/prisma/migrations/1/"], None),
        (["prisma/migrations/migration_lock.toml"], None),
        ([], None),
    ],
)
def test_in_a_workspace_they_are_beside_the_dockerfile_or_in_the_only_package_that_has_some(
    tmp_path: Path, files: list[str], found: str | None
) -> None:
    write(tmp_path, "apps/api/Dockerfile", *files)
    assert find_migrations(tmp_path, tmp_path / "apps/api/Dockerfile") == (tmp_path / found if found else None)


def test_two_packages_may_share_those_of_a_third(tmp_path: Path) -> None:
    config = CONFIG % ("../db/prisma/schema.prisma", "../db/prisma/migrations")
    write(
        tmp_path,
        "packages/db/package.json",
        "packages/db/prisma/migrations/1/",
        **{"packages/api/package.json": "{}", "packages/api/prisma.config.ts": config},
    )
    assert find_migrations(tmp_path, tmp_path / "Dockerfile") == tmp_path / "packages/db/prisma/migrations"


def test_a_context_that_is_not_there_has_no_packages(tmp_path: Path) -> None:
    assert [*package_folders(tmp_path / "nowhere")] == []
    assert migration_names(tmp_path / "nowhere") == []


def test_migrations_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "20260102_b/", "20260101_a/", "migration_lock.toml")
    assert migration_names(tmp_path) == ["20260101_a", "20260102_b"]
