"""The scripts in tools/ on a computer that has nothing yet."""

import os
import shutil
from pathlib import Path

import pytest

from tests.tools.machine import Machine

ROOT = Path(__file__).parents[2]
# What the scripts use besides the tools they look for.
PLAIN_TOOLS = [
    *("cat", "chmod", "cksum", "cp", "dirname", "find", "id", "ln", "mkdir", "printf", "rm", "sed", "sh"),
    *("tail", "touch"),
]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "the repository", tmp_path / "bin")
    made.path.mkdir()
    for name in PLAIN_TOOLS:
        tool = shutil.which(name, path=os.defpath + ":/usr/bin:/bin")
        if tool is not None:
            (made.path / name).symlink_to(tool)
    (made.folder / "tools").mkdir(parents=True)
    (made.folder / "tools" / "actionlint").mkdir()
    for name in ("setup", "node-packages", "browser", "actionlint/build"):
        shutil.copy(ROOT / "tools" / name, made.folder / "tools" / name)
    return made
