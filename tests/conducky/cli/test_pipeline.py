"""The commands as the workflows run them: options, files, exit codes, annotations."""

import json
import os
from pathlib import Path

import pytest

from conducky.evaluation.evaluate import Evaluation
from tests import preloaded
from tests.conducky.engine.test_event_log import FAILURE, write
from tests.conducky.pipeline.test_previews import CHANGED
from tests.fakes.aws import FakeAws
from tests.fakes.github import FakeGitHub
from tests.fakes.pulumi import FakePulumi
from tests.fakes.runner import Runner
from tests.preloaded import Done


def conducky(*words: str, **variables: str) -> Done:
    return preloaded.conducky("pipeline", *words, environment={**os.environ, **variables})


def refused(result: Done, title: str) -> str:
    """The sentence of a refusal: on the terminal, and at the top of the run."""
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("✗ ")]
    sentence = line.removeprefix("✗ ")
    assert f"::error title={title}::{sentence.replace('%', '%25')}\n" in result.stdout
    assert "Traceback" not in result.stderr
    return sentence


def test_stacks(runner: Runner) -> None:
    result = conducky("stacks", STACKS='["prod", "dev"]')
    assert (result.returncode, result.stderr) == (0, "")
    assert [each["stack"] for each in json.loads(runner.outputs["matrix"])["include"]] == ["prod", "dev"]
    assert runner.outputs["first"] == "prod"


@pytest.mark.parametrize(("options", "stack"), [(["--only", "dev"], "dev"), (["--only", "", "--first"], "prod")])
def test_one_of_the_stacks(runner: Runner, options: list[str], stack: str) -> None:
    """A run that was started by a push has no `inputs`, which reaches the command as an empty text."""
    assert conducky("stacks", *options, STACKS='["prod", "dev"]').returncode == 0
    assert [each["stack"] for each in json.loads(runner.outputs["matrix"])["include"]] == [stack]


def test_a_wrong_list_stops_the_run(runner: Runner) -> None:
    assert "must be a JSON list" in refused(conducky("stacks", STACKS="dev"), "The variable STACKS")
    assert runner.outputs == {}


def test_an_unset_list_is_dev(runner: Runner) -> None:
    assert conducky("stacks", STACKS="").returncode == 0
    assert runner.outputs["first"] == "dev"


def test_check(runner: Runner, github: FakeGitHub) -> None:
    assert conducky("check", "--stack", "prod").returncode == 0
    github.environment("prod")
    assert "has no rule for branches" in refused(conducky("check", "--stack", "prod"), "The environment prod")
    said = refused(conducky("check", "--stack", "prod", JWT_SECRET=""), "Secrets and variables of prod")
    assert said.startswith("GitHub has no secret JWT_SECRET for stack prod")


def test_tools(pulumi: FakePulumi) -> None:
    assert conducky("tools").returncode == 0


def test_bootstrap(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    assert "is not deployed" in refused(conducky("bootstrap", "--stack", "dev"), "bootstrap/dev")
    pulumi.answer("bootstrap", "output", out=json.dumps(bootstrap.exports))
    assert conducky("bootstrap", "--stack", "dev").returncode == 0


def test_make_stack(pulumi: FakePulumi) -> None:
    pulumi.no_stack("platform")
    result = conducky("make-stack", "--stack", "dev", "--layer", "platform")
    assert (result.returncode, result.stderr) == (
        0,
        "created the stack acme/dev of platform, which did not exist yet\n",
    )


def test_summary(runner: Runner, aws: FakeAws, tmp_path: Path) -> None:
    log = write(tmp_path, FAILURE)
    result = conducky("summary", "--stack", "dev", "--layer", "services", "--outcome", "failure", "--log", str(log))
    assert (result.returncode, result.stderr) == (0, "")
    assert "### ❌ services/dev: deploy failed" in runner.summary


def test_summary_of_a_removal_needs_no_log(runner: Runner, aws: FakeAws) -> None:
    words = ["--stack", "dev", "--layer", "services", "--verb", "destroy", "--outcome", "failure"]
    assert conducky("summary", *words).returncode == 0
    assert "services/dev: destroy failed" in runner.summary


def test_evaluate(runner: Runner) -> None:
    result = conducky("evaluate", "--stack", "dev")
    assert result.returncode == 0, result.stderr
    assert "### What this changes in `dev`" in runner.summary


def test_preview(pulumi: FakePulumi, github: FakeGitHub, pull_request: int) -> None:
    role = "arn:aws:iam::123456789012:role/conducky-dev-github-preview"
    result = conducky("preview", "--stack", "dev", AWS_PREVIEW_ROLE_ARN=role)
    assert result.returncode == 0, result.stderr
    assert len(github.comments[pull_request]) == 1


def test_drift(pulumi: FakePulumi, github: FakeGitHub) -> None:
    pulumi.deployed("platform")
    assert conducky("drift", "--stack", "dev").returncode == 0
    pulumi.answer("platform", "preview", out=CHANGED, code=7)
    refused(conducky("drift", "--stack", "dev"), "Drift of dev")
    assert len(github.issues) == 1
