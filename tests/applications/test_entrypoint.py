"""backend/entrypoint.sh: migrations first; another task's migration is waited for, a failed one ends the task."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tests.fakes.script import write_script

pytestmark = pytest.mark.engine

LOCKED = "echo 'Error: P1002'; echo 'Timed out trying to acquire a postgres advisory lock'; exit 1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The script in a folder of its own, and a PATH on which a test puts what it calls."""
    shutil.copy(ROOT / "backend" / "entrypoint.sh", tmp_path / "entrypoint.sh")
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    has(tmp_path, "node", '[ "$*" = dist/check-environment.js ]')
    return tmp_path


def test_a_wrong_environment_starts_nothing(folder: Path) -> None:
    has(folder, "node", "echo 'PORT is missing' >&2; exit 1")
    has(folder, "npx", "echo migrated")
    done = start(folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "PORT is missing\n")


def has(folder: Path, name: str, body: str) -> None:
    write_script(folder / "bin" / name, body)


def start(folder: Path, *, limit: int = 60, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{folder / 'bin'}:{os.defpath}",
        "TMPDIR": str(folder / "tmp"),
        "MIGRATION_WAIT_SECONDS": str(limit),
        **more,
    }
    command = ["./entrypoint.sh", "echo", "the server"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_runs_after_the_migrations(folder: Path) -> None:
    has(folder, "npx", 'echo "migrated by $*"')
    done = start(folder)
    assert done.stdout.splitlines() == ["migrated by --no-install prisma migrate deploy", "the server"]
    assert [*(folder / "tmp").iterdir()] == [], "nothing is left behind"


def test_a_one_off_command_runs_without_checks_and_migrations(folder: Path) -> None:
    has(folder, "node", "exit 1")
    has(folder, "npx", "exit 1")
    done = start(folder, MIGRATE_ON_START="no")
    assert (done.returncode, done.stdout) == (0, "the server\n")


def test_another_tasks_migration_is_waited_for(folder: Path) -> None:
    """Prisma gives up on its lock after 10 s; three tasks that end trip ECS's circuit breaker while the first works."""
    has(folder, "npx", f"if [ -e tmp/second ]; then echo migrated; else touch tmp/second; {LOCKED}; fi")
    done = start(folder)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["migrated", "the server"]


def test_it_is_not_waited_for_longer_than_ecs_waits(folder: Path) -> None:
    has(folder, "npx", LOCKED)
    done = start(folder, limit=2)
    assert done.returncode == 1
    assert "the server" not in done.stdout


def test_a_failed_migration_starts_nothing_and_is_not_tried_again(folder: Path) -> None:
    has(folder, "npx", "echo 'Error: P3009 failed migrations'; echo more >&2; echo again >>tmp/calls; exit 1")
    done = start(folder)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["Error: P3009 failed migrations", "more"]
    assert (folder / "tmp" / "calls").read_text() == "again\n"
