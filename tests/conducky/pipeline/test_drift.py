"""`conducky pipeline drift`: one issue for all stacks, opened, changed and closed."""

import pytest

from conducky.errors import UserError
from conducky.pipeline.drift import drift
from tests.conducky.pipeline.test_previews import CHANGED
from tests.fakes.github import FakeGitHub
from tests.fakes.pulumi import FakePulumi
from tests.fakes.runner import SECRETS, Runner


@pytest.fixture(autouse=True)
def deployed(pulumi: FakePulumi, github: FakeGitHub) -> None:
    for layer in ("bootstrap", "platform", "services"):
        pulumi.deployed(layer)
    github.issue(1, "somebody's own", "ada")


def drifted(pulumi: FakePulumi, *, code: int = 7) -> None:
    pulumi.answer("platform", "preview", out=CHANGED if code else "", code=code)


def run(stack: str = "dev") -> str | None:
    """The message of a run that fails, or None."""
    try:
        drift(stack, lambda _: None)
    except UserError as error:
        return str(error)
    return None


def test_without_drift_there_is_no_issue(pulumi: FakePulumi, github: FakeGitHub, runner: Runner) -> None:
    assert run() is None
    assert github.changes == []
    assert "- platform: no changes" in runner.summary


def test_it_compares_with_aws_itself(pulumi: FakePulumi) -> None:
    run()
    for call in pulumi.changes:
        assert " --expect-no-changes --refresh --run-program " in call, (
            "an image's registry token is only good for hours"
        )
        assert " up " not in call


def test_drift_opens_an_issue_with_the_diff(pulumi: FakePulumi, github: FakeGitHub, runner: Runner) -> None:
    drifted(pulumi)
    assert run() == "dev: platform differs from AWS: see above, and docs/pipeline-failures.md"
    issue = github.issues[2]
    assert issue["title"] == "Drift: AWS differs from the programs"
    assert "## dev" in issue["body"]
    assert "~ aws:rds/instance:Instance: (update)" in issue["body"]
    assert "[this run](https://github.example/acme/conducky/actions/runs/42)" in issue["body"]
    assert "### dev (issue #2)" in runner.summary


def test_sections_too_long_for_one_issue_lose_their_differences_and_are_found_again(
    pulumi: FakePulumi, github: FakeGitHub
) -> None:
    """GitHub takes 65,536 characters."""
    long = CHANGED + "\n".join(f"    + line {number:05}" for number in range(1000))
    stacks = [f"stack{number}" for number in range(5)]
    for layer in ("bootstrap", "platform", "services"):
        pulumi.answer(layer, "preview", out=long, code=7)
    for stack in [*stacks, *stacks]:
        run(stack)
        body = github.issues[2]["body"]
        assert len(body) < 65_536
        assert body.count("```") % 2 == 0
    body = github.issues[2]["body"]
    for stack in stacks:
        assert body.count(f"## {stack}") == body.count(f"<!-- end {stack} -->") == 1
    assert "+ line 00001" in body
    assert "are in the log of the run" in body


def test_a_strangers_issue_with_our_mark_is_not_taken(pulumi: FakePulumi, github: FakeGitHub) -> None:
    """Its author could rewrite what it says of a stack at any time."""
    theirs = "<!-- conducky drift --><!-- stack prod -->All well<!-- end prod -->"
    github.issue(1, theirs, "mallory")
    drifted(pulumi)
    run()
    assert github.issues[1]["body"] == theirs
    assert "All well" not in github.issues[2]["body"]


def test_a_second_time_the_same_issue_is_changed(pulumi: FakePulumi, github: FakeGitHub) -> None:
    drifted(pulumi)
    run()
    pulumi.answer("platform", "preview", out=CHANGED.replace("2 to update", "5 to update"), code=7)
    run()
    assert sorted(github.issues) == [1, 2]
    assert github.issues[2]["body"].count("## dev") == 1
    assert "5 to update" in github.issues[2]["body"]
    assert "2 to update" not in github.issues[2]["body"]


def test_every_stack_has_its_own_part_of_the_one_issue(pulumi: FakePulumi, github: FakeGitHub) -> None:
    drifted(pulumi)
    run("dev")
    run("prod")
    assert sorted(github.issues) == [1, 2]
    assert github.issues[2]["body"].index("## dev") < github.issues[2]["body"].index("## prod")
    drifted(pulumi, code=0)
    run("dev")
    assert "## dev" not in github.issues[2]["body"]
    assert "## prod" in github.issues[2]["body"]
    assert github.issues[2]["state"] == "open"


def test_the_last_drift_gone_closes_it(pulumi: FakePulumi, github: FakeGitHub) -> None:
    drifted(pulumi)
    run()
    drifted(pulumi, code=0)
    assert run() is None
    assert github.issues[2]["state"] == "closed"
    assert github.comments[2][0]["body"].startswith("No drift is left in any stack by [this run]")
    assert github.issues[1]["state"] == "open"


def test_what_could_not_be_compared_fails(pulumi: FakePulumi, github: FakeGitHub) -> None:
    pulumi.answer("services", "preview", err="error: AccessDenied\n", code=1)
    assert run() == "dev: the comparison of services failed: see above, and docs/pipeline-failures.md"
    assert "AccessDenied" in github.issues[2]["body"]


def test_bootstrap_out_of_sight_is_said_and_is_no_drift(pulumi: FakePulumi, github: FakeGitHub, runner: Runner) -> None:
    pulumi.answer("bootstrap", "preview", err="error: AccessDenied: iam:GetUser\n", code=1)
    assert run() is None
    assert github.changes == []
    assert "- bootstrap: not compared" in runner.summary


def test_a_stack_that_is_not_there_has_no_drift(pulumi: FakePulumi, github: FakeGitHub) -> None:
    for layer in ("bootstrap", "platform", "services"):
        pulumi.no_stack(layer)
    assert run() is None
    assert github.changes == []


def test_no_secret_is_in_the_issue(pulumi: FakePulumi, github: FakeGitHub) -> None:
    pulumi.answer("platform", "preview", out=" ".join(SECRETS.values()), code=7)
    run()
    for name, value in SECRETS.items():
        assert value not in github.issues[2]["body"], name


def test_a_huge_diff_is_cut_and_the_issue_stays_whole(pulumi: FakePulumi, github: FakeGitHub) -> None:
    for layer in ("bootstrap", "platform", "services"):
        pulumi.answer(layer, "preview", out="~ a line of a diff\n" * 9000, code=7)
    for stack in ("dev", "prod"):
        run(stack)
    body = github.issues[2]["body"]
    assert len(body) < 65_000
    assert body.count("<!-- end ") == 2
