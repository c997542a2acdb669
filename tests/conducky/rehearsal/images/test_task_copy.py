"""The copy of an image that a task gets."""

from pathlib import Path

import pytest

from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.images.task_copy import task_copy


@pytest.fixture
def image(tmp_path: Path) -> BuiltImage:
    root = tmp_path / "cached"
    (root / "app" / "cache").mkdir(parents=True)
    for name in ("server.js", "cache/page", "mine"):
        (root / "app" / name).write_text(name)
        (root / "app" / name).chmod(0o444)
    (root / "app" / "link").symlink_to("server.js")
    (root / "app" / "folder").symlink_to("cache")
    return BuiltImage(
        root=root,
        workdir="/app",
        environment={},
        entrypoint=(),
        command=(),
        user="next",
        exposed=(),
        users={"next": "1001"},
        owned={"1001": ("/app/cache", "/app/cache/page", "/app/mine")},
    )


def copied(image: BuiltImage, target: Path, user: str) -> dict[str, int]:
    """The write permission of the owner for each path in a task's copy."""
    copy = task_copy(image, target, user, None)
    return {
        str(path.relative_to(copy.root)): bool(path.stat().st_mode & 0o200)
        for path in copy.root.rglob("*")
        if not path.is_symlink()
    }


def test_a_user_may_write_what_it_owns(image: BuiltImage, tmp_path: Path) -> None:
    expected = {"app": False, "app/server.js": False, "app/cache": True, "app/cache/page": True, "app/mine": True}
    assert copied(image, tmp_path / "one", "next") == {**expected, "tmp": True}


def test_another_user_may_write_the_temporary_folder_only(image: BuiltImage, tmp_path: Path) -> None:
    assert [path for path, writable in copied(image, tmp_path / "one", "1000:1000").items() if writable] == ["tmp"]


def test_root_may_write_everything(image: BuiltImage, tmp_path: Path) -> None:
    assert all(copied(image, tmp_path / "one", "").values())


def test_nothing_that_can_be_written_is_shared(image: BuiltImage, tmp_path: Path) -> None:
    copy = task_copy(image, tmp_path / "one", "next", None)
    for name in ("server.js", "cache/page", "mine"):
        shared = (copy.root / "app" / name).samefile(image.root / "app" / name)
        assert shared is (name == "server.js")
    assert (copy.root / "app" / "link").readlink() == Path("server.js")
    assert (copy.root / "app" / "folder").readlink() == Path("cache")
    assert (image.root / "app" / "mine").stat().st_mode & 0o777 == 0o444
