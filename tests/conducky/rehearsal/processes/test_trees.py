"""Copies of whole folders."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.processes.trees import copy_like, copy_tree, link_tree


def test_what_is_the_same_is_linked_and_all_else_copied(tmp_path: Path) -> None:
    source, before, target = (tmp_path / name for name in ("source", "before", "target"))
    for name in ("same", "deep/same", "content", "time", "mode", "gone"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("a")
    (source / "link").symlink_to("same")
    (source / "folder").symlink_to("deep")
    shutil.copytree(source, before, symlinks=True)
    for name in ("same", "deep/same", "content", "time"):
        (before / name).chmod(0o444)  # As in every finished image
    times = (source / "content").stat()
    (before / "content").chmod(0o644)
    (before / "content").write_text("b")
    os.utime(before / "content", ns=(times.st_atime_ns, times.st_mtime_ns))
    os.utime(before / "time", (1, 1))
    (before / "mode").chmod(0o755)
    (before / "gone").unlink()

    copy_like(source, target, before, lambda: None)

    linked = {name for name in ("same", "deep/same") if (target / name).samefile(before / name)}
    assert linked == {"same", "deep/same"}
    for name in ("content", "time", "mode", "gone"):
        assert (target / name).read_text() == "a"
        assert (target / name).stat().st_nlink == 1, f"{name} is shared"
    assert ((target / "link").readlink(), (target / "folder").readlink()) == (Path("same"), Path("deep"))


def test_a_link_that_cannot_be_made_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_text("a")
    shutil.copytree(tmp_path / "source", tmp_path / "before")

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    copy_like(tmp_path / "source", tmp_path / "target", tmp_path / "before", lambda: None)
    assert (tmp_path / "target" / "file").read_text() == "a"


def test_it_ends_when_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()

    def stop() -> None:
        raise UserError("stopped")

    with pytest.raises(UserError, match="stopped"):
        copy_like(tmp_path / "source", tmp_path / "target", tmp_path / "before", stop)


def test_nothing_to_compare_with_is_a_copy(tmp_path: Path) -> None:
    (tmp_path / "source" / "deep").mkdir(parents=True)
    (tmp_path / "source" / "deep").chmod(0o750)
    (tmp_path / "source" / "deep" / "file").write_text("a")
    copy_like(tmp_path / "source", tmp_path / "target", tmp_path / "nowhere", lambda: None)
    assert (tmp_path / "target" / "deep" / "file").read_text() == "a"
    assert (tmp_path / "target" / "deep").stat().st_mode & 0o777 == 0o750


def test_what_only_its_owner_can_read_is_copied_for_everybody(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True, mode=0o700)
    for name, mode in {"deep/open": 0o644, "deep/closed": 0o600, "program": 0o700}.items():
        (source / name).touch()
        (source / name).chmod(mode)
    before = os.umask(0o077)
    try:
        link_tree(source, target)
    finally:
        os.umask(before)
    modes = {path.relative_to(target).as_posix(): path.stat().st_mode & 0o777 for path in target.rglob("*")}
    assert modes == {"deep": 0o755, "deep/open": 0o644, "deep/closed": 0o644, "program": 0o755}
    assert (target / "deep/open").samefile(source / "deep/open")
    assert (source / "deep/closed").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("add", [link_tree, copy_tree])
def test_what_another_adds_at_the_same_moment_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add: Callable[[Path, Path], None]
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("deep/a", "deep/b"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)

    def lexists(_path: object) -> bool:
        return False  # It comes after this was asked

    monkeypatch.setattr("os.path.lexists", lexists)
    for _ in range(2):
        add(source, target)
    assert {name: (target / name).read_text() for name in ("deep/a", "deep/b")} == {
        "deep/a": "deep/a",
        "deep/b": "deep/b",
    }
    assert [(source / name).read_text() for name in ("deep/a", "deep/b")] == ["deep/a", "deep/b"]
