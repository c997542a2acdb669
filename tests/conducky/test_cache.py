"""The cache folder: where it is, and that only one of our own making is ever removed."""

from pathlib import Path

import pytest

from conducky.cache import cache_folder, remove_cache
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


def test_a_cache_of_our_making_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match=r"cannot be used .* CONDUCKY_CACHE"):
        cache_folder()
