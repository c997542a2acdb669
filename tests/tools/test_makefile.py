"""The Makefile: `make` alone lists the commands, and every listed command exists."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make(*arguments: str, folder: Path = ROOT) -> str:
    result = subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def listed() -> list[str]:
    return re.findall(r"^  make ([a-z-]+) +\S", make(), re.MULTILINE)


def test_help_is_the_default_and_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert sorted(listed()) == sorted(phony[1].split())
    assert make() == make("help")


def test_every_listed_target_can_be_made() -> None:
    for target in listed():
        assert make("--dry-run", target), f"make {target} would do nothing"


def test_help_works_in_a_path_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    assert make(folder=folder) == make()


def test_arguments_reach_the_rehearsal() -> None:
    commands = make("--dry-run", "rehearse", "STACK=prod", "ARGS=--once --port 9000").splitlines()
    assert commands == [
        "tools/setup",
        ".venv/bin/conducky engine",
        'exec .venv/bin/conducky rehearse --stack "prod" --once --port 9000',
    ]
