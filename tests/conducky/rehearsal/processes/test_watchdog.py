import subprocess
import sys
from pathlib import Path

import pytest

from conducky.rehearsal.processes.watchdog import GOODBYE, remove_folder

pytestmark = pytest.mark.engine

WATCHDOG = [sys.executable, "-m", "conducky.rehearsal.processes.watchdog"]
REPOSITORY = Path(__file__).resolve().parents[4]


def test_removes_the_folder_when_its_owner_ends_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "run" / "inner").mkdir(parents=True)
    subprocess.run([*WATCHDOG, str(tmp_path / "run")], input=b"", check=True, cwd=REPOSITORY, timeout=60)
    assert not (tmp_path / "run").exists()


def test_touches_nothing_after_a_goodbye(tmp_path: Path) -> None:
    subprocess.run([*WATCHDOG, str(tmp_path)], input=GOODBYE, check=True, cwd=REPOSITORY, timeout=60)
    assert tmp_path.exists()


def test_starts_without_the_engine_s_library() -> None:
    code = (
        "import sys, conducky.rehearsal.processes.watchdog; "
        "print(sorted({'pulumi', 'grpc', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"


def test_a_folder_nobody_may_write_in_is_removed_too(tmp_path: Path) -> None:
    closed = tmp_path / "run" / "closed"
    closed.mkdir(parents=True)
    (closed / "file").touch()
    (tmp_path / "run" / "link").symlink_to(tmp_path)
    closed.chmod(0o500)
    remove_folder(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
