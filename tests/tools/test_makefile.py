"""The Makefile: `make` alone lists the commands, and every listed command exists."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

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
        'exec .venv/bin/conducky rehearse --stack "prod" --once --port 9000',
    ]


def commands(*arguments: str) -> list[list[str]]:
    return [shlex.split(line) for line in make("--dry-run", *arguments).splitlines()]


@pytest.mark.parametrize("target", ["preview", "deploy", "verify", "destroy"])
def test_deployments_are_of_stack_dev_unless_said_otherwise(target: str) -> None:
    assert commands(target) == [["tools/setup"], ["exec", ".venv/bin/conducky", target, "--stack", "dev"]]


@pytest.mark.parametrize("target", ["preview", "deploy", "destroy"])
def test_stack_layer_and_arguments_reach_a_deployment(target: str) -> None:
    words = ["exec", ".venv/bin/conducky", target, "--stack", "prod", "--layer", "services", "--confirm", "prod"]
    assert commands(target, "STACK=prod", "LAYER=services", "ARGS=--confirm prod")[1] == words


def test_the_linters_run_the_node_that_setup_brought() -> None:
    """By path, because make 3.81 looks a command up on the PATH that it was started with."""
    npm = [words for words in commands("lint") if words and words[0].endswith("npm")]
    assert {words[0] for words in npm} == {".venv/node/bin/npm"}
    assert "export PATH := $(CURDIR)/.venv/node/bin:" in (ROOT / "Makefile").read_text()


def test_verify_takes_a_stack_and_no_layer() -> None:
    words = ["exec", ".venv/bin/conducky", "verify", "--stack", "prod", "--limit", "60"]
    assert commands("verify", "STACK=prod", "ARGS=--limit 60")[1] == words


def test_an_empty_stack_reaches_the_command_that_refuses_it() -> None:
    assert commands("destroy", "STACK=")[1] == ["exec", ".venv/bin/conducky", "destroy", "--stack", ""]


def test_what_to_do_and_the_stack_reach_the_credentials() -> None:
    words = ["exec", ".venv/bin/conducky", "credentials", "revoke", "AKIAFAKE", "--stack", "prod"]
    assert commands("credentials", "STACK=prod", "ARGS=revoke AKIAFAKE")[1] == words
    assert commands("credentials")[1] == ["exec", ".venv/bin/conducky", "credentials"], (
        "which lists what there is to do"
    )
