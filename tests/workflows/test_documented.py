"""Secrets and variables: what the workflows use, what the code knows and what the pages explain are the same."""

import re

import pytest

from conducky.environment import APPLICATION_SECRETS, DEPLOY_VARIABLES
from conducky.repository import ROOT
from conducky.secret_values import all_secrets
from tests.workflows.workflow_files import ACTIONS, WORKFLOWS, all_steps, names_in, read

PAGE = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")
ACCESS = (ROOT / "docs" / "pipeline-access.md").read_text(encoding="utf-8")
FAILURES = (ROOT / "docs" / "pipeline-failures.md").read_text(encoding="utf-8")
IN_GITHUB = {name: kept.github for name, kept in DEPLOY_VARIABLES.items() if kept.github != "not used"}


def used(kind: str) -> set[str]:
    return {name for file in WORKFLOWS for name in names_in(read(file.name), kind)}


def table() -> dict[str, tuple[str, str]]:
    """The page's table: for each name what it is, and where it is kept."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|", ACCESS, re.MULTILINE)
    return {name: (kind.strip(), where.strip()) for name, kind, where in rows}


def test_every_secret_is_explained_and_every_explained_one_is_used() -> None:
    ours = {name for name, kind in IN_GITHUB.items() if "secret" in kind} - set(APPLICATION_SECRETS)
    assert used("secrets") == ours | set(all_secrets())


def test_every_variable_is_explained_and_every_explained_one_is_used() -> None:
    assert used("vars") == {name for name, kind in IN_GITHUB.items() if "variable" in kind}


def test_the_pipelines_page_has_the_same_table() -> None:
    assert {name: kind for name, (kind, _) in table().items()} == IN_GITHUB


def test_a_name_reaches_a_command_under_its_own_name() -> None:
    for step in all_steps():
        for name, value in step.env.items():
            named = names_in({name: value}, "secrets") | names_in({name: value}, "vars")
            assert named <= {name}, f"{step.where}: {name} is set from {named}"


def test_actions_of_ours_read_nothing_but_their_inputs() -> None:
    for file in ACTIONS:
        text = file.read_text(encoding="utf-8")
        assert "secrets." not in text, f"{file}: an action has no secrets"
        assert "vars." not in text, f"{file}: an action has no variables"


@pytest.mark.parametrize("name", IN_GITHUB)
def test_the_set_up_says_how_to_set_it(name: str) -> None:
    set_up = PAGE.split("## Set it up", 1)[1].split("\n## ", 1)[0]
    assert re.search(rf"gh (secret|variable) set {name}\b", set_up), f"no `gh … set {name}` among the steps"
    kinds = set(re.findall(rf"gh (secret|variable) set {name}\b", PAGE + ACCESS + FAILURES))
    assert kinds <= set(IN_GITHUB[name].split()), f"{name} is set as {kinds}"


def test_the_steps_are_numbered() -> None:
    set_up = PAGE.split("## Set it up", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^(\d+)\. ", set_up, re.MULTILINE)[:3] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "stage", ["stacks", "check", "bootstrap", "platform", "services", "verify", "preview", "ci", "drift", "destroy"]
)
def test_for_every_stage_it_says_what_to_do_when_it_fails(stage: str) -> None:
    assert re.search(rf"^## {stage} fails$", FAILURES, re.MULTILINE | re.IGNORECASE)


def test_every_workflow_is_on_the_page() -> None:
    assert [file.name for file in WORKFLOWS if f"`{file.name}`" not in PAGE] == []
