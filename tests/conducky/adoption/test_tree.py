"""The files of a source: those of folders in the repository."""

import shlex
from pathlib import Path

import pytest

from conducky.adoption.tree import Tree
from conducky.errors import UserError


def test_the_command_that_copies_a_folder_from_elsewhere_can_be_pasted(tmp_path: Path) -> None:
    outside, root = tmp_path / "my shop", tmp_path / "the repository"
    outside.mkdir()
    root.mkdir()
    with pytest.raises(UserError) as caught:
        Tree(root, [outside])
    copy, adopt = (shlex.split(each) for each in caught.value.fix.split("`")[1::2])
    assert copy == ["cp", "-R", str(outside), str(root / "my shop")]
    assert adopt == ["conducky", "adopt", "my shop"]
