"""`conducky pipeline evaluate`: what a pull request changes, from both commits and without any credentials."""

import shutil
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.pipeline.offline import differences, evaluate_pull_request, take_snapshot
from conducky.repository import LAYERS, ROOT
from tests.fakes.runner import SECRETS, Runner
from tests.git import git

pytestmark = pytest.mark.engine

PARTS = ("conducky", *LAYERS, "backend", "frontend")
LEFT_OUT = shutil.ignore_patterns("node_modules", ".next", "dist", "__pycache__", "generated")


@pytest.fixture
def merge(tmp_path: Path) -> Path:
    """A checkout as GitHub makes it for a pull request: the merge of two commits that are the same so far."""
    root = tmp_path / "repository"
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", root)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    git(root, "branch", "base")
    return root


def merged(root: Path) -> None:
    """Commit what was changed, and merge it into the base."""
    git(root, "commit", "--all", "--quiet", "--allow-empty", "--message", "a change")
    git(root, "branch", "change")
    git(root, "checkout", "--quiet", "base")
    git(root, "merge", "--quiet", "--no-ff", "--message", "merge", "change")


def run(root: Path) -> str:
    said: list[str] = []
    evaluate_pull_request("dev", said.append, root)
    return "\n".join(said)


def set_memory(root: Path, value: str) -> None:
    with (root / "services" / "Pulumi.dev.yaml").open("a") as file:
        file.write(f'  conducky-services:backendMemory: "{value}"\n')


def test_settings_and_resources_that_differ(merge: Path, runner: Runner) -> None:
    set_memory(merge, "2048")
    file = merge / "platform" / "database.py"
    file.write_text(file.read_text().replace('"gp3"', '"gp2"'))
    merged(merge)
    said = run(merge)
    assert "services + setting backendMemory: 2048" in said
    assert "~ aws:ecs/taskDefinition:TaskDefinition conducky-dev-backend: memory 512 → 2048" in said
    assert "storageType gp3 → gp2" in said
    assert "<b>services</b>" in runner.summary
    assert "**bootstrap**: no difference" in runner.summary


@pytest.mark.slow
def test_nothing_differs_where_nothing_was_changed(merge: Path, runner: Runner) -> None:
    merged(merge)
    assert run(merge) == ""
    assert runner.summary.count("no difference") == len(LAYERS)


@pytest.mark.slow
def test_the_base_is_evaluated_by_its_own_package(merge: Path, runner: Runner) -> None:
    """Else every change of what the programs share would seem to change nothing."""
    file = merge / "conducky" / "naming.py"
    file.write_text(file.read_text().replace('"Layer": layer}', '"Layer": layer, "Owner": "ada"}'))
    merged(merge)
    assert '"Owner": "ada"' in run(merge)


def test_a_program_that_is_refused_fails_with_its_own_words(merge: Path) -> None:
    set_memory(merge, "7")
    merged(merge)
    with pytest.raises(UserError, match="`backendMemory`"):
        run(merge)


def test_a_base_that_cannot_be_evaluated_is_said_and_fails_nothing(merge: Path, runner: Runner) -> None:
    git(merge, "checkout", "--quiet", "-b", "broken")
    set_memory(merge, "7")
    git(merge, "commit", "--all", "--quiet", "--message", "a broken base")
    git(merge, "branch", "--force", "base")
    git(merge, "checkout", "--quiet", "-b", "fix")
    git(merge, "checkout", "HEAD~1", "--", "services")
    merged(merge)
    assert "Nothing to compare with" in run(merge)


def test_outside_of_a_pull_request_it_says_so(merge: Path, runner: Runner) -> None:
    assert run(merge) == "Nothing to compare with: no merge of a pull request is checked out."


def test_the_programs_get_nothing_of_the_jobs_environment(merge: Path, runner: Runner) -> None:
    file = merge / "platform" / "__main__.py"
    file.write_text(f'import os\nimport pulumi\npulumi.export("seen", str(dict(os.environ)))\n{file.read_text()}')
    (merge / "conducky" / "evaluation" / "evaluate.py").write_text(
        "import os, sys\ndef evaluate(*_, **__): sys.exit(repr(dict(os.environ)))\n"
    )
    seen = take_snapshot(merge, "dev")
    assert isinstance(seen, str)
    assert [name for name, value in SECRETS.items() if name in seen or value in seen] == []
    assert "GITHUB_TOKEN" not in seen


def test_long_values_are_cut() -> None:
    before, now = ({"services": {"resources": {"a b": {"x": each * 999}}, "settings": {}}} for each in "ab")
    (line,) = differences(before, now, "services")
    assert len(line) < 400
