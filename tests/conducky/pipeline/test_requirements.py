"""Secrets and variables: all that is missing in one message, and what is malformed."""

import re
import shutil
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.pipeline.requirements import missing_for, require
from conducky.repository import ROOT
from tests.fakes.runner import SECRETS, VARIABLES


def sentence(root: Path = ROOT) -> str:
    with pytest.raises(UserError) as caught:
        require("dev", root)
    return str(caught.value)


def test_with_everything_it_is_silent() -> None:
    require("dev")


@pytest.mark.parametrize("name", SECRETS | VARIABLES)
@pytest.mark.parametrize("blank", [None, "", " \n"])
def test_each_missing_one_is_named(monkeypatch: pytest.MonkeyPatch, name: str, blank: str | None) -> None:
    """GitHub gives a secret that does not exist as an empty text."""
    monkeypatch.delenv(name) if blank is None else monkeypatch.setenv(name, blank)
    kind = "secret" if name in SECRETS else "variable"
    said = sentence()
    assert f"GitHub has no {kind} {name} for stack dev" in said
    assert f"run `gh {kind} set {name} --env dev`; see docs/pipeline.md" in said


def test_all_missing_ones_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SECRET", "SESSION_SECRET", "AWS_REGION"):
        monkeypatch.delenv(name)
    assert sentence() == (
        "GitHub has no secrets JWT_SECRET and SESSION_SECRET and no variable AWS_REGION for stack dev: "
        "run `gh variable set AWS_REGION --env dev`, `gh secret set JWT_SECRET --env dev` and "
        "`gh secret set SESSION_SECRET --env dev`; see docs/pipeline.md"
    )


def test_a_missing_key_says_that_a_role_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "(or, instead of the keys, the variable AWS_DEPLOY_ROLE_ARN)" in sentence()


def test_with_a_role_no_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_DEPLOY_ROLE_ARN", "arn:aws:iam::123456789012:role/conducky-dev-github")
    require("dev")


def test_a_preview_needs_a_role_of_its_own_and_no_key_replaces_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEPLOY_ROLE_ARN", "arn:aws:iam::123456789012:role/conducky-dev-github")
    assert [each.name for each in missing_for("dev", role="AWS_PREVIEW_ROLE_ARN")] == ["AWS_PREVIEW_ROLE_ARN"]
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_PREVIEW_ROLE_ARN", "arn:aws:iam::123456789012:role/conducky-dev-preview")
    assert missing_for("dev", role="AWS_PREVIEW_ROLE_ARN") == []


def test_without_environments_the_repository_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENTS", "none")
    monkeypatch.delenv("JWT_SECRET")
    assert "run `gh secret set JWT_SECRET`; see" in sentence()


def test_a_secret_that_is_encrypted_in_the_settings_is_not_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JWT_SECRET")
    (tmp_path / "services").mkdir()
    file = tmp_path / "services" / "Pulumi.dev.yaml"
    shutil.copy(ROOT / "services" / "Pulumi.dev.yaml", file)
    assert "JWT_SECRET" in sentence(tmp_path)
    with file.open("a") as settings:
        settings.write("  conducky-services:jwtSecret:\n    secure: AAABfake\n")
    require("dev", tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("JWT_SECRET", "short", "`openssl rand -hex 32 | gh secret set JWT_SECRET`"),
        ("CORS_ORIGIN", "https://a.b/", "`gh variable set CORS_ORIGIN --body https://app.example.com`"),
        ("AWS_DEPLOY_ROLE_ARN", "x", "`gh variable set AWS_DEPLOY_ROLE_ARN` with the ARN"),
    ],
)
def test_without_environments_the_repositorys_value_is_corrected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, command: str
) -> None:
    monkeypatch.setenv(name, value)
    assert command.replace(name, f"{name} --env dev") in sentence()
    monkeypatch.setenv("ENVIRONMENTS", "none")
    assert command in sentence()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_REGION", "Frankfurt", "AWS_REGION is `Frankfurt`, which is not a valid region"),
        ("PULUMI_ORG", "a b", "PULUMI_ORG is `a b`, which is not a valid organisation"),
        (
            "JWT_SECRET",
            "short",
            "JWT_SECRET has 5 characters and must have at least 32: run `openssl rand -hex 32 | gh",
        ),
        ("SESSION_SECRET", "x" * 5000, "SESSION_SECRET has 5000 bytes"),
        ("CORS_ORIGIN", "https://a.b/", "the variable CORS_ORIGIN is `https://a.b/` and must look like"),
        (
            "AWS_DEPLOY_ROLE_ARN",
            "conducky-dev-github",
            "AWS_DEPLOY_ROLE_ARN is `conducky-dev-github`, which is not the ARN of a role",
        ),
    ],
)
def test_what_is_malformed_is_said(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    assert re.match(re.escape(said), sentence())


def test_no_value_of_a_secret_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "hunter2")
    assert "hunter2" not in sentence()
