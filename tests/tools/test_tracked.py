"""The files that the guardrails read are the same in a clone and in GitHub's ZIP, which has no `.git`."""

import subprocess
from pathlib import Path

import pytest

from tools.tracked import tracked_files


@pytest.mark.parametrize("clone", [True, False])
def test_what_is_ignored_is_left_out(tmp_path: Path, *, clone: bool) -> None:
    (tmp_path / ".gitignore").write_text("node_modules\n*.log\n!kept.log\n")
    for name in ("app.py", "folder with blanks/ä.md", "node_modules/left/index.js", "a.log", "kept.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    if clone:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    found = {file.relative_to(tmp_path).as_posix() for file in tracked_files(tmp_path)}
    assert found == {".gitignore", "app.py", "folder with blanks/ä.md", "kept.log"}
    assert {*tmp_path.iterdir()} >= {tmp_path / "a.log"}, "nothing is changed"
    assert (tmp_path / ".git").exists() == clone
