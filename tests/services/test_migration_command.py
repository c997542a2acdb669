"""The wrapper of `migrations: command`: migrations first, with the program that the image has, then its command."""

import os
import subprocess
from pathlib import Path

import pytest
from migration_command import ENTRY_POINT

from tests.fakes.script import write_script

pytestmark = pytest.mark.engine

LOCKED = "echo 'Error: P1002'; exit 1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PATH on which a test puts what the wrapper calls, with the usual programs but none of Node.js or Bun."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("mktemp", "date", "cat", "grep", "rm", "sleep", "echo"):
        found = next(Path(each, name) for each in os.defpath.split(":") if Path(each, name).exists())
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def start(folder: Path, *, limit: int = 60) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": str(folder / "bin"),
        "TMPDIR": str(folder / "tmp"),
        "MIGRATION_WAIT_SECONDS": str(limit),
    }
    command = [*ENTRY_POINT, "echo", "the server"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("programs", "called"),
    [
        (["npx"], "npx --no-install prisma migrate deploy"),
        (["npx", "bunx"], "npx --no-install prisma migrate deploy"),
        (["bunx"], "bunx prisma migrate deploy"),
    ],
)
def test_the_command_runs_after_the_migrations(folder: Path, programs: list[str], called: str) -> None:
    for name in programs:
        write_script(folder / "bin" / name, f'echo "{name} $*"')
    done = start(folder)
    assert done.stdout.splitlines() == [called, "the server"]
    assert [*(folder / "tmp").iterdir()] == [], "nothing is left behind"


def test_another_tasks_migration_is_waited_for(folder: Path) -> None:
    write_script(folder / "bin" / "npx", f"if [ -e tmp/second ]; then echo migrated; else : >tmp/second; {LOCKED}; fi")
    done = start(folder)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["migrated", "the server"]


@pytest.mark.parametrize("body", [LOCKED, "echo 'Error: P3009 failed migrations'; exit 1"])
def test_a_migration_that_fails_or_is_waited_for_too_long_starts_nothing(folder: Path, body: str) -> None:
    write_script(folder / "bin" / "npx", body)
    done = start(folder, limit=1)
    assert done.returncode == 1
    assert "Error: P" in done.stdout
    assert "the server" not in done.stdout
