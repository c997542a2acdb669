"""The cache folder: where it is, how it is filled, and that only one that we created is ever removed."""

import threading
from pathlib import Path

import pytest

from conducky.cache import cache_folder, filled_once, remove_cache
from conducky.errors import UserError


def test_the_variable_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "my cache"))
    assert cache_folder() == tmp_path / "my cache"
    assert cache_folder().is_dir()


def test_a_relative_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONDUCKY_CACHE", "here")
    assert cache_folder() == tmp_path / "here"


def test_without_the_variable_it_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONDUCKY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = cache_folder()
    assert folder.name == "conducky"
    assert folder.is_relative_to(tmp_path)


def test_a_cache_that_we_created_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    (cache_folder() / "engine").mkdir()
    assert remove_cache() == tmp_path / "cache"
    assert not (tmp_path / "cache").exists()
    remove_cache()  # a second time there is nothing to do


def test_somebodys_own_folder_is_never_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter").touch()
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path))
    (cache_folder() / "engine").mkdir()
    with pytest.raises(UserError, match="may hold other things"):
        remove_cache()
    assert (tmp_path / "letter").exists()


def test_a_folder_that_cannot_be_created_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match=r"cannot be used .* CONDUCKY_CACHE"):
        cache_folder()


def fill(folder: Path) -> None:
    (folder / "file").write_text("whole")


def test_a_folder_is_filled_once(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "1.0"
    assert filled_once(folder, fill) == folder
    (folder / "file").write_text("kept")
    filled_once(folder, fill)
    assert (folder / "file").read_text() == "kept"


def test_what_is_filled_but_broken_is_filled_again(tmp_path: Path) -> None:
    folder = tmp_path / "1.0"
    folder.mkdir()
    (folder / "other").touch()
    filled_once(folder, fill, is_filled=(folder / "file").is_file)
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_failure_and_a_killed_process_leave_nothing_that_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "1.0"
    left = tmp_path / "1.0.unfinished"
    left.mkdir()
    (left / "half").touch()

    def fail(unfinished: Path) -> None:
        assert list(unfinished.iterdir()) == [], "what a killed process left is gone"
        (unfinished / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        filled_once(folder, fail)
    assert not folder.exists()
    assert not left.exists()
    filled_once(folder, fill)
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_two_at_once_fill_it_once_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    folder, started, waiting, fills = tmp_path / "1.0", threading.Event(), threading.Event(), list[str]()

    def slow(unfinished: Path) -> None:
        fills.append("first")
        started.set()
        assert waiting.wait(30)
        fill(unfinished)

    first = threading.Thread(target=lambda: filled_once(folder, slow))
    first.start()
    assert started.wait(30)
    filled_once(folder, lambda _: fills.append("second"), waiting=waiting.set)
    first.join(30)
    assert fills == ["first"]
    assert (folder / "file").read_text() == "whole"
