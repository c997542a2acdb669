"""What `make develop` starts in an application's folder, and what it says where there is nothing to start."""

import json
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.images.packages import packages_of
from conducky.rehearsal.images.source_image import in_source, source_digest, source_image, with_migrations
from conducky.rehearsal.images.store import BuiltImage

DOCKERFILE = """FROM node:24
ARG PUBLIC_URL
ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size=200 CERTS=/app/certs REGION_NAME=eu GREETING="hello you"
CMD ["node", "dist/server.js"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "node_modules").mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    write(folder, "dev")
    return folder


def write(folder: Path, *scripts: str, **more: object) -> None:
    package = {"scripts": dict.fromkeys(scripts, "node server.js"), **more}
    (folder / "package.json").write_text(json.dumps(package))


def image(folder: Path, wanted: tuple[str, ...] | None = None) -> BuiltImage:
    packages = packages_of(folder, folder.parent)
    return source_image("backend", packages, folder / "Dockerfile", {"PUBLIC_URL": "http://lb"}, wanted)


@pytest.mark.parametrize(
    ("scripts", "lock", "command"),
    [
        (("start", "dev"), "package-lock.json", "npm run dev"),
        (("start:dev", "build"), "yarn.lock", "yarn run start:dev"),
        (("develop",), "pnpm-lock.yaml", "pnpm run develop"),
    ],
)
def test_the_development_script_is_run_by_the_package_manager_of_the_lock_file(
    folder: Path, scripts: tuple[str, ...], lock: str, command: str
) -> None:
    write(folder, *scripts)
    (folder / lock).touch()
    assert image(folder).command == ("/bin/sh", "-c", f"exec {command}")


def test_a_command_of_the_settings_comes_first(folder: Path) -> None:
    assert image(folder, ("node", "--watch", "my server.js")).command[-1] == "exec node --watch 'my server.js'"


def test_its_variables_are_addresses_and_the_images_own_without_what_is_for_production(folder: Path) -> None:
    assert image(folder).environment == {
        "PUBLIC_URL": "http://lb",
        "REGION_NAME": "eu",
        "GREETING": "hello you",
        "NODE_ENV": "development",
    }


def test_a_dockerfile_that_cannot_be_rehearsed_does_not_matter(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node:24\nONBUILD RUN x\n")
    assert image(folder).environment == {"PUBLIC_URL": "http://lb", "NODE_ENV": "development"}


@pytest.mark.parametrize("scripts", [("start",), ()])
def test_without_a_script_the_message_says_what_to_set(folder: Path, scripts: tuple[str, ...]) -> None:
    write(folder, *scripts)
    with pytest.raises(UserError, match="no script `dev`") as refused:
        image(folder)
    assert "`develop` of `backend`" in refused.value.fix


def test_packages_that_are_not_installed_are_named(folder: Path) -> None:
    (folder / "node_modules").rmdir()
    with pytest.raises(UserError, match="not installed") as refused:
        image(folder)
    assert refused.value.fix == "run `npm install --prefix shop`"


def test_migrations_of_prisma_come_first(folder: Path) -> None:
    assert with_migrations(image(folder), packages_of(folder, folder.parent)) == image(folder)
    write(folder, "dev", dependencies={"prisma": "7.10.0"})
    (folder / "prisma" / "migrations" / "1_init").mkdir(parents=True)
    command = with_migrations(image(folder), packages_of(folder, folder.parent)).command[-1]
    assert command == "node_modules/.bin/prisma migrate deploy && exec npm run dev"


def test_in_a_workspace_prisma_is_installed_above(tmp_path: Path) -> None:
    api, programs = tmp_path / "shop" / "apps" / "api", tmp_path / "shop" / "node_modules" / ".bin"
    for each in (api / "prisma" / "migrations" / "1_init", programs):
        each.mkdir(parents=True)
    (programs / "prisma").touch()
    (tmp_path / "shop" / "pnpm-workspace.yaml").touch()
    (api / "Dockerfile").write_text(DOCKERFILE)
    write(api, "dev", dependencies={"prisma": "7.10.0"})
    made = source_image("backend", packages_of(api, tmp_path), api / "Dockerfile", {}, None)
    command = with_migrations(made, packages_of(api, tmp_path)).command[-1]
    assert command == "../../node_modules/.bin/prisma migrate deploy && exec pnpm run dev"


def test_packages_and_migrations_start_it_again_and_sources_do_not(folder: Path) -> None:
    before = source_digest(packages_of(folder, folder.parent))
    (folder / "server.ts").write_text("1")
    assert source_digest(packages_of(folder, folder.parent)) == before
    migration = folder / "prisma" / "migrations" / "1_init" / "migration.sql"
    migration.parent.mkdir(parents=True)
    migration.write_text("CREATE TABLE a ()")
    migrated = source_digest(packages_of(folder, folder.parent))
    (folder / "package-lock.json").write_text("{}")
    assert len({before, migrated, source_digest(packages_of(folder, folder.parent))}) == 3


def test_a_command_for_what_is_compiled_runs_its_source(folder: Path) -> None:
    tsx, source = folder / "node_modules" / ".bin" / "tsx", folder / "src" / "link.ts"
    words = ["node", "/app/dist/link.js", "--short"]
    assert in_source(folder, words) == words
    for file in (tsx, source):
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert in_source(folder, words) == [str(tsx), str(source), "--short"]
    assert in_source(folder, ["node", "--version"]) == ["node", "--version"]
