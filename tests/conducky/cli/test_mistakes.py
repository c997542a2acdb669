"""A person's mistakes, at every command that there is: one line with what to do, and never a traceback.

What AWS answers to the commands that ask it is in `tests/conducky/operations/test_commands.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tests.conducky.cli.command_tree import every_command
from tests.conducky.operations.conftest import Run, api, pulumi, run
from tests.conducky.operations.test_commands import COMMANDS
from tests.fakes.aws_api import AwsApi

__all__ = ["api", "pulumi", "run"]

# The commands that do not begin with a question to AWS, with what else they need to be whole.
OTHERS = (
    ("rehearse", "--once"),
    ("develop",),
    ("engine",),
    ("adopt", "."),
    ("cost",),
    ("doctor", "--no-github"),
    ("preview",),
    ("deploy", "--yes"),
    ("destroy",),
    ("migration", "add_comments"),
    ("setup", "github", "--dry-run"),
    ("credentials", "create"),
    ("credentials", "rotate"),
    ("credentials", "revoke"),
    ("pipeline", "stacks"),
    ("pipeline", "check"),
    ("pipeline", "tools"),
    ("pipeline", "bootstrap"),
    ("pipeline", "make-stack"),
    ("pipeline", "summary", "--layer", "services", "--outcome", "failure"),
    ("pipeline", "evaluate"),
    ("pipeline", "preview"),
    ("pipeline", "drift"),
)
GROUPS = {"database", "setup", "credentials", "pipeline"}


def verb(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[: 2 if words[0] in GROUPS else 1]


EVERY = {verb(words): words for words in (*COMMANDS, *OTHERS)}


def refused(run: Run, words: tuple[str, ...], *mistake: str) -> str:
    """The one line that comes of a mistake, which is typed right after the command's words."""
    ran = run(*verb(words), *mistake, *words[len(verb(words)) :])
    assert ran.code == 1, ran
    lines = [line for line in ran.err.splitlines() if line.startswith("✗ ")]
    assert len(lines) == 1 or words[0] == "deploy", "one line, but for all that a deployment lacks"
    assert ran.err.splitlines()[-1] == lines[-1]
    assert "Traceback" not in ran.out + ran.err
    assert ": " in lines[-1], "what is wrong, and what to do"
    return "\n".join(lines)


pytestmark = pytest.mark.usefixtures("pulumi")


def test_no_command_is_left_out() -> None:
    assert set(EVERY) == set(every_command())


# Not of `destroy`: a stack that is removed may have lost its settings already.
WITH_STACK = [
    words
    for each, words in EVERY.items()
    if words != ("destroy",) and any("--stack" in it.opts for it in every_command()[each].params)
]


@pytest.mark.parametrize("words", WITH_STACK, ids=" ".join)
def test_a_stack_that_does_not_exist(run: Run, api: AwsApi, words: tuple[str, ...]) -> None:
    assert "dev, prod" in refused(run, words, "--stack", "devv")
    assert api.calls == []


@pytest.mark.parametrize("words", WITH_STACK, ids=" ".join)
def test_a_name_that_no_stack_can_have(run: Run, api: AwsApi, words: tuple[str, ...]) -> None:
    refused(run, words, "--stack", "../dev")
    refused(run, words, "--stack", "")
    assert api.calls == []


@pytest.mark.parametrize("words", EVERY.values(), ids=" ".join)
def test_help_wherever_it_is_asked_for(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*verb(words), "--help")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("rehearse", "--runtime", "podman"), "use `auto`, `host` or `containers`"),
        (("rehearse", "--json-file", "/nowhere/out.json"), "out.json"),
        (("adopt", "nowhere"), "nowhere"),
        (("cost", "--compare", "nothing.json"), "nothing.json"),
        (("cost", "--region", "Ohio"), "Ohio"),
        (("migration", "../x"), "add_comments"),
        (("credentials", "create", "--repository-wide", "--github-environment", "dev"), "--repository-wide"),
        (("preview", "--layer", "plattform"), "platform"),
        (("deploy", "--layer", "plattform"), "platform"),
        (("destroy", "--layer", "plattform"), "platform"),
        (("pipeline", "make-stack", "--layer", "plattform"), "platform"),
        (("pipeline", "stacks", "--stacks", "dev"), "JSON"),
        (("pipeline", "stacks", "--only", "devv"), "devv"),
    ],
    ids=" ".join,
)
def test_a_mistake_of_its_own(run: Run, words: tuple[str, ...], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_ORG", raising=False)
    assert named in refused(run, words)


NEEDS_PULUMI = [("preview",), ("deploy", "--yes"), ("destroy",), ("pipeline", "bootstrap"), ("pipeline", "drift")]


@pytest.mark.parametrize("words", NEEDS_PULUMI, ids=" ".join)
def test_no_pulumi(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: AwsApi
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "empty"))
    error = refused(run, words)
    assert "pulumi" in error.lower()


def test_no_gh(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "gh" in refused(run, ("setup", "github"))


LOCALES = {"LC_ALL": "C", "NO_COLOR": "", "PYTHONUTF8": "", "PYTHONIOENCODING": ""}
UNREADABLE = pytest.mark.parametrize(
    "different",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "LC_ALL": "POSIX"}],
    ids=str,
)


@pytest.mark.engine
@pytest.mark.skipif(not str(ROOT).isascii(), reason="tools/setup refuses such a locale in this folder")
@UNREADABLE
def test_without_a_utf_8_locale_all_is_ascii_and_nothing_is_lost(different: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in LOCALES} | different
    command = [Path(sys.executable).with_name("conducky"), "status", "--stack", "dévv"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode("ascii").startswith("x the stack is `d\\")
