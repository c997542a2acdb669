"""`conducky migration` in front of a Prisma that answers what a test says, and once in front of the real one."""

import hashlib
import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.operations.database import migration
from conducky.operations.database.migration import find_project, write_migration
from conducky.repository import ROOT

SQL = 'CREATE TABLE "added" ();'
INIT = "CREATE TABLE first ();"
# Answers a question by the file that is named for what it compares with: its exit code, and what it prints.
_PRISMA = """#!/bin/sh
echo "$*" >> asked
for word; do case $word in --to-*) name=$word;; esac; done
tail -n +2 "answers/$name" 2>/dev/null
tail -n +2 "answers/$name" >&2 2>/dev/null
exit "$(head -n 1 "answers/$name" 2>/dev/null || echo 0)"
"""


class Repository:
    def __init__(self, root: Path, version: str = "7.1.0") -> None:
        self.root, self.backend = root, root / "backend"
        self.notes: list[str] = []
        (root / "services").mkdir()
        shutil.copy(ROOT / "services" / "Pulumi.dev.yaml", root / "services")
        self.prisma = self.backend / "node_modules" / ".bin" / "prisma"
        self.prisma.parent.mkdir(parents=True)
        self.prisma.write_text(_PRISMA)
        self.prisma.chmod(0o755)
        (self.backend / "answers").mkdir()
        (self.backend / "package.json").write_text(json.dumps({"dependencies": {"prisma": version}}))
        self.migrations = self.backend / "prisma" / "migrations"
        self.migration("20260201090000_init", INIT)
        (self.backend / "prisma" / "schema.prisma").write_text("model Added {}")

    def migration(self, name: str, sql: str) -> None:
        (self.migrations / name).mkdir(parents=True)
        (self.migrations / name / "migration.sql").write_text(sql)

    def answer(self, question: str, code: int, text: str) -> None:
        (self.backend / "answers" / question).write_text(f"{code}\n{text}\n")

    def write(self, name: str = "add_comments") -> Path:
        return write_migration("dev", name, self.notes.append, self.root)

    def refused(self, name: str = "add_comments") -> str:
        before = sorted(self.migrations.iterdir())
        with pytest.raises(UserError) as refused:
            self.write(name)
        assert sorted(self.migrations.iterdir()) == before
        assert "hidden-password" not in str(refused.value)
        return str(refused.value)


@pytest.fixture
def applied() -> dict[str, str]:
    return {"20260201090000_init": hashlib.sha256(INIT.encode()).hexdigest()}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, applied: dict[str, str]) -> Repository:
    @contextmanager
    def database(_stack: str, _note: object) -> Generator[migration.ShadowServer]:
        yield migration.ShadowServer("postgresql://u:hidden-password@localhost/x", tmp_path / "ca.pem", applied)

    monkeypatch.setattr(migration, "shadow_server", database)
    return Repository(tmp_path)


def test_what_the_schema_has_more_becomes_a_migration_after_all_others(repository: Repository) -> None:
    repository.migration("29991231235959_later", INIT)
    repository.answer("--to-schema", 2, SQL)
    written = repository.write()
    assert written == repository.migrations / "29991231235960_add_comments" / "migration.sql"
    assert SQL in written.read_text()
    assert 'provider = "postgresql"' in (repository.migrations / "migration_lock.toml").read_text()
    assert "29991231235959_later is not applied yet" in " ".join(repository.notes)


def test_what_drops_something_is_mentioned(repository: Repository) -> None:
    repository.answer("--to-schema", 2, "-- AlterTable\nALTER TABLE a DROP COLUMN b;")
    repository.write()
    assert any("drops" in note for note in repository.notes)


@pytest.mark.parametrize("name", ["", "Add", "add comments", "../x", "a" * 81, "_a", "1st", "add-comments"])
def test_a_name_that_cannot_be_one_is_refused(repository: Repository, name: str) -> None:
    assert "make migration NAME=" in repository.refused(name)


def test_no_changes_are_an_error_that_names_the_schema(repository: Repository) -> None:
    assert "backend/prisma/schema.prisma has nothing" in repository.refused()


def test_what_prisma_says_of_a_wrong_schema_is_passed_on_in_one_line(repository: Repository) -> None:
    repository.answer(
        "--to-schema", 1, 'Error: P1012\n\nerror: Type "Itn" is no type, hidden-password\n  -->  schema:2\n'
    )
    said = repository.refused()
    assert 'Type "Itn" is no type' in said
    assert "schema:2" in said
    assert "P1012" not in said


def test_a_database_that_was_changed_by_hand_is_drift(repository: Repository) -> None:
    repository.answer("--to-config-datasource", 2, "[+] Added tables\n  - by_hand")
    said = repository.refused()
    assert "drift" in said
    assert "by_hand" in said


@pytest.mark.parametrize(("change", "message"), [("edited", "was changed after"), ("removed", "has no file any more")])
def test_a_migration_that_is_not_the_one_that_was_applied(repository: Repository, change: str, message: str) -> None:
    folder = repository.migrations / "20260201090000_init"
    shutil.rmtree(folder) if change == "removed" else (folder / "migration.sql").write_text("other")
    repository.answer("--to-schema", 2, SQL)
    assert f"20260201090000_init{'' if change == 'edited' else ', which'}" in (said := repository.refused())
    assert message in said


def test_a_prisma_that_is_not_installed_is_named(repository: Repository) -> None:
    repository.prisma.unlink()
    assert "npm install --prefix backend" in repository.refused()
    (repository.backend / "package-lock.json").touch()
    assert "npm ci --prefix backend" in repository.refused()


def test_an_application_without_prisma_has_no_migrations(repository: Repository) -> None:
    (repository.backend / "package.json").write_text("{}")
    assert "backend has no Prisma schema" in repository.refused()


@pytest.mark.parametrize("place", ["prisma/schema", "schema.prisma", "db/my.prisma"])
def test_the_schema_is_found_where_prisma_finds_it(repository: Repository, place: str) -> None:
    (repository.backend / "prisma" / "schema.prisma").unlink()
    package = {"dependencies": {"prisma": "6.1.0"}, **({"prisma": {"schema": place}} if place[0] == "d" else {})}
    (repository.backend / "package.json").write_text(json.dumps(package))
    file = repository.backend / place / "a.prisma" if place == "prisma/schema" else repository.backend / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    project = find_project("dev", repository.root)
    assert project.schema == repository.backend / place
    assert project.migrations == (project.schema if project.schema.is_dir() else project.schema.parent) / "migrations"


def test_in_a_workspace_one_of_the_packages_has_it(repository: Repository) -> None:
    for name in ("prisma", "package.json"):
        (repository.backend / "packages" / "db").mkdir(parents=True, exist_ok=True)
        (repository.backend / name).rename(repository.backend / "packages" / "db" / name)
    project = find_project("dev", repository.root)
    assert project.schema == repository.backend / "packages" / "db" / "prisma" / "schema.prisma"
    assert project.migrations == repository.backend / "packages" / "db" / "prisma" / "migrations"


def _none_runs(_stack: str) -> None:
    raise UserError("no rehearsal runs on this computer")


@pytest.mark.engine
@pytest.mark.slow
def test_the_real_prisma_writes_one_for_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a Postgres for the moment, because no rehearsal runs."""
    monkeypatch.setattr(migration, "find_rehearsal", _none_runs)
    for name in ("services", "tools/prisma-engine", "backend/prisma"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    for name in ("package.json", "package-lock.json", "prisma.config.ts"):
        shutil.copy(ROOT / "backend" / name, tmp_path / "backend")
    (tmp_path / "backend" / "node_modules").symlink_to(ROOT / "backend" / "node_modules")
    notes: list[str] = []
    with pytest.raises(UserError, match="has nothing"):
        write_migration("dev", "nothing", notes.append, tmp_path)
    assert "no rehearsal of this stack runs" in notes[0]
    with (tmp_path / "backend" / "prisma" / "schema.prisma").open("a") as schema:
        schema.write("\nmodel Added {\n  id Int @id\n}\n")
    assert 'CREATE TABLE "Added"' in write_migration("dev", "add_thing", notes.append, tmp_path).read_text()
