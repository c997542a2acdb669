"""backend/bin/npx: an installed program runs without npm, and npm's own npx gets everything else."""

import os
import subprocess
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tests.fakes.script import write_script

OURS = ROOT / "backend" / "bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an installed program, and an npx of npm's that says what it was asked."""
    for name, text in (("node_modules/.bin/tool", "tool"), ("npm/npx", "npm")):
        write_script(tmp_path / name, f'echo {text} "$@"; exit 3')
    return tmp_path


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["--no-install", "tool", "migrate", "two words"], "tool migrate two words"),
        (["--no-install", "another", "x"], "npm --no-install another x"),
        (["--no-install"], "npm --no-install"),
        (["tool"], "npm tool"),
        ([], "npm"),
    ],
)
def test_who_runs_what(folder: Path, words: list[str], printed: str) -> None:
    path = f"{OURS}{os.pathsep}{folder / 'npm'}{os.pathsep}{os.defpath}"
    done = subprocess.run(
        ["npx", *words], cwd=folder, env={"PATH": path}, capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.stdout.strip(), done.returncode) == (printed, 3), done.stderr
