"""The base of a pull request comes from the merge that GitHub checks out."""

from pathlib import Path

import pytest

from conducky.evaluation.base import base_of_merge
from tests.git import git


@pytest.fixture
def merge(tmp_path: Path) -> Path:
    """A merge of a branch that changes `file` into the base, which has another `file`."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    (tmp_path / "file").write_text("base\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--message", "base")
    git(tmp_path, "switch", "--create", "branch")
    (tmp_path / "file").write_text("change\n")
    git(tmp_path, "commit", "--all", "--message", "change")
    git(tmp_path, "switch", "main")
    git(tmp_path, "merge", "--no-ff", "--message", "merge", "branch")
    return tmp_path


def test_the_base_is_beside_the_merge(merge: Path) -> None:
    with base_of_merge(merge) as folder:
        assert folder
        assert (folder / "file").read_text() == "base\n"
    assert not folder.exists()
    assert (merge / "file").read_text() == "change\n"


def test_there_is_none_without_a_merge(merge: Path) -> None:
    git(merge, "switch", "branch")
    with base_of_merge(merge) as folder:
        assert folder is None


def test_there_is_none_without_git(merge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(merge))
    with base_of_merge(merge) as folder:
        assert folder is None
