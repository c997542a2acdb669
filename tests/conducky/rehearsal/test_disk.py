"""A disk that is nearly full is named, with the folder and what to do."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from conducky.rehearsal.disk import LEAST_MB, scarce


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Leave a folder, `temporary` or `cache`, this many MB; the other has room."""
    left = {"temporary": 10_000, "cache": 10_000}
    for name in left:
        (tmp_path / name).mkdir()

    def usage(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=left[folder.name] * 1_000_000)

    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shutil, "disk_usage", usage)
    return left.__setitem__


def test_with_room_there_is_nothing_to_say(fill: Callable[[str, int], None]) -> None:
    fill("temporary", LEAST_MB)
    assert scarce(LEAST_MB) is None


@pytest.mark.parametrize(("folder", "variable"), [("temporary", "TMPDIR"), ("cache", "CONDUCKY_CACHE")])
def test_the_full_folder_and_its_variable_are_named(
    fill: Callable[[str, int], None], folder: str, variable: str
) -> None:
    fill(folder, 99)
    error = scarce(LEAST_MB)
    assert error
    assert f"/{folder} has 99 MB left" in error.problem
    assert f"export {variable}=FOLDER" in error.fix
