"""`conducky pipeline preview`: one comment, updated, whatever there is to preview."""

import pytest

from conducky.errors import UserError
from conducky.pipeline.previews import MARK, preview
from tests.conducky.pipeline.test_previews import CHANGED
from tests.fakes.github import FakeGitHub
from tests.fakes.pulumi import FakePulumi
from tests.fakes.runner import SECRETS

COST = "**cost**: dev costs about $49.43 a month on AWS: +$5.81."


@pytest.fixture(autouse=True)
def everything(pulumi: FakePulumi, github: FakeGitHub, pull_request: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conducky.pipeline.previews.cost_of_merging", lambda stack: COST.replace("dev", stack))  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType, reportUnknownArgumentType]
    for layer in ("bootstrap", "platform", "services"):
        pulumi.deployed(layer)
    pulumi.answer("platform", "preview", out=CHANGED, code=7)


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PREVIEW_ROLE_ARN", "arn:aws:iam::123456789012:role/conducky-dev-github-preview")


def run() -> str:
    said: list[str] = []
    preview("dev", said.append)
    return "\n".join(said)


def comment(github: FakeGitHub) -> str:
    return str(github.comments[7][-1]["body"])


def test_all_layers_are_in_one_comment(github: FakeGitHub) -> None:
    printed = run()
    body = comment(github)
    assert body.startswith(f"{MARK}\n\n## What this would change in `dev`")
    assert "<summary><b>bootstrap</b>: no changes</summary>" in body
    assert "<summary><b>platform</b>: 2 to update, 1 to replace</summary>" in body
    assert "~ aws:rds/instance:Instance: (update)" in body
    assert "Commit 0123456, from [this run](https://github.example/acme/conducky/actions/runs/42)" in body
    assert COST in body
    assert "» platform: 2 to update, 1 to replace" in printed


def test_it_is_updated_and_others_are_left_alone(github: FakeGitHub) -> None:
    github.comment(7, "looks good to me", "ada")
    run()
    run()
    assert [change.split()[0] for change in github.changes] == ["POST", "PATCH"]
    assert github.comments[7][0]["body"] == "looks good to me"


def test_a_strangers_comment_with_our_mark_stays_theirs(github: FakeGitHub) -> None:
    """Its author could rewrite at any time what reviewers trust."""
    github.comment(7, f"{MARK}\n\nAll well", "mallory")
    run()
    assert github.comments[7][0]["body"] == f"{MARK}\n\nAll well"
    assert [change.split()[0] for change in github.changes] == ["POST"]


def test_a_comment_on_a_later_page_is_found(github: FakeGitHub) -> None:
    github.page = 1
    github.comment(7, "looks good to me")
    github.comment(7, f"{MARK}\n\nold")
    run()
    assert [change.split()[0] for change in github.changes] == ["PATCH"]


def test_a_failed_preview_is_in_the_comment_and_the_run_fails(pulumi: FakePulumi, github: FakeGitHub) -> None:
    pulumi.answer("services", "preview", err="error: JWT_SECRET has 5 characters\n", code=1)
    with pytest.raises(UserError, match="the preview of services failed: see above"):
        run()
    assert "<b>services</b>: the preview failed" in comment(github)
    assert "JWT_SECRET has 5 characters" in comment(github)


def test_a_repository_without_stacks_is_friendly(pulumi: FakePulumi, github: FakeGitHub) -> None:
    for layer in ("bootstrap", "platform", "services"):
        pulumi.no_stack(layer)
    run()
    body = comment(github)
    assert "**bootstrap**: not previewed. The stack does not exist yet. An AWS admin creates it" in body
    assert "**services**: not previewed. Services reads the outputs of bootstrap" in body


@pytest.mark.parametrize("name", ["PULUMI_ACCESS_TOKEN", "AWS_PREVIEW_ROLE_ARN", "AWS_REGION"])
def test_without_credentials_nothing_is_previewed_and_nothing_fails(
    pulumi: FakePulumi, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    run()
    assert f" {name} for previews" in comment(github)
    assert (f"set {name} --env preview`" in comment(github)) == (name != "AWS_PREVIEW_ROLE_ARN")
    assert pulumi.calls == []


def test_without_the_applications_secrets_the_other_layers_are_previewed(
    pulumi: FakePulumi, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JWT_SECRET")
    run()
    body = comment(github)
    assert "<b>platform</b>: 2 to update" in body
    assert "**services**: not previewed. GitHub has no secret JWT_SECRET for previews" in body
    assert "`gh secret set JWT_SECRET --env preview`" in body
    assert not any("-C services preview" in change for change in pulumi.changes)


def test_a_preview_never_uses_the_deployers_key(
    pulumi: FakePulumi, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PREVIEW_ROLE_ARN")
    assert "AWS_ACCESS_KEY_ID" in SECRETS
    run()
    assert "no variable AWS_PREVIEW_ROLE_ARN" in comment(github)
    assert pulumi.calls == []


def test_no_secret_reaches_the_comment_or_the_log(pulumi: FakePulumi, github: FakeGitHub) -> None:
    told = " ".join(SECRETS.values())
    pulumi.answer("platform", "preview", out=f"{CHANGED}\n{told}", code=7)
    printed = run()
    for name, value in SECRETS.items():
        assert value not in comment(github), name
        assert value not in printed, name


def test_the_programs_words_are_no_workflow_commands(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "preview", out="::add-path::/tmp/evil\n", code=7)
    assert "\n::add-path" not in run()
