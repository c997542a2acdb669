"""Every `run:` is one command that a person could type: a make target or a `conducky` command, and each has a test."""

import re
import shlex
import subprocess

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from conducky.cli.app import app
from conducky.repository import ROOT
from tests.makefile import dry_run
from tests.workflows.workflow_files import Step, all_steps

RUNS = [step for step in all_steps() if step.run]
STACKS_AND_WORDS = {"ONLY": "dev", "CONFIRM": "dev", "STACK": "dev", "LAYER": "services", "OUTCOME": "failure"}


def words(step: Step) -> list[str]:
    """The command with values in the place of its variables."""
    text = step.run or ""
    for name in re.findall(r"\$(\w+)", text):
        assert name in step.env, f"{step.where} uses ${name}, which its `env` does not have"
        text = text.replace(f"${name}", STACKS_AND_WORDS.get(name, "/tmp/value"))  # noqa: S108
    return shlex.split(text)


@pytest.mark.parametrize("step", RUNS, ids=lambda step: step.where)
def test_it_is_one_command_without_logic(step: Step) -> None:
    assert step.run
    assert len(step.run.strip().splitlines()) == 1
    assert not re.search(r"[;|&<>`(){}*?!]", step.run), "put logic into a command that has a test"
    assert words(step)[0] in {"make", ".venv/bin/conducky"} or step.where.endswith(" approve: Approved")


@pytest.mark.parametrize("step", RUNS, ids=lambda step: step.where)
def test_its_variables_are_quoted(step: Step) -> None:
    unquoted = re.sub(r'"[^"]*"', "", step.run or "")
    assert "$" not in unquoted


@pytest.mark.parametrize("step", [step for step in RUNS if words(step)[0] == "make"], ids=lambda step: step.where)
def test_the_make_target_exists(step: Step) -> None:
    target, *_ = words(step)[1:]
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"  make {target} " in listed
    result = dry_run(*words(step)[1:])
    assert result.returncode == 0, result.stderr
    for line in result.stdout.splitlines():
        command = shlex.split(line)
        if ".venv/bin/conducky" in command:
            parse(command[command.index(".venv/bin/conducky") :])


@pytest.mark.parametrize(
    "step", [step for step in RUNS if words(step)[0] == ".venv/bin/conducky"], ids=lambda step: step.where
)
def test_the_conducky_command_exists_and_takes_these_options(step: Step) -> None:
    parse(words(step))


def parse(command: list[str]) -> None:
    """Parse the options without running anything; typer raises where one is unknown or missing."""
    found: object = typer.main.get_command(app)
    rest = command[1:]
    while isinstance(found, TyperGroup):
        assert rest[0] in found.commands, f"there is no `conducky {rest[0]}`"
        found, rest = found.commands[rest[0]], rest[1:]
    assert isinstance(found, TyperCommand)
    found.make_context(command[0], rest)


def test_the_parser_does_refuse() -> None:
    with pytest.raises(TyperException):
        parse([".venv/bin/conducky", "pipeline", "summary", "--stack", "dev"])
    with pytest.raises(TyperException):
        parse([".venv/bin/conducky", "pipeline", "check", "--stak", "dev"])


def test_every_pipeline_command_is_used() -> None:
    conducky = typer.main.get_command(app)
    assert isinstance(conducky, TyperGroup)
    pipeline = conducky.commands["pipeline"]
    assert isinstance(pipeline, TyperGroup)
    used = {words(step)[2] for step in RUNS if words(step)[:2] == [".venv/bin/conducky", "pipeline"]}
    assert used == set(pipeline.commands)


def test_a_shell_in_an_action_is_named() -> None:
    for step in RUNS:
        if step.where.startswith("action "):
            assert step.content["shell"] == "bash", step.where
