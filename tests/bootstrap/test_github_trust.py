"""Whom GitHub's roles trust: exact subjects in both forms, made for AWS, and nothing that IAM reads as a pattern."""

import json
import re
from typing import Any

import pytest
from github_trust import DEPLOYING_WORKFLOWS, DESTROYING_WORKFLOWS, GithubRepository, trust_policy

from conducky.repository import ROOT
from conducky.settings.values import GITHUB_WORD

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
LONGEST = GithubRepository(f"{'o' * 39}/{'n' * 100}", f"{'9' * 12}/{'9' * 12}")


def conditions(document: dict[str, object]) -> dict[str, Any]:
    statements: Any = document["Statement"]
    (statement,) = statements
    return statement["Condition"]


def test_a_branch_is_named_in_full() -> None:
    assert GithubRepository("acme/conducky").deploying("main", None) == ["repo:acme/conducky:ref:refs/heads/main"]


def test_an_environment_takes_the_place_of_the_branch() -> None:
    assert GithubRepository("acme/conducky").deploying("main", "prod") == ["repo:acme/conducky:environment:prod"]


def test_with_the_ids_both_forms_are_trusted() -> None:
    repository = GithubRepository("acme/conducky", "1234/5678")
    assert repository.deploying("main", None) == [
        "repo:acme/conducky:ref:refs/heads/main",
        "repo:acme@1234/conducky@5678:ref:refs/heads/main",
    ]
    assert repository.previewing() == [
        "repo:acme/conducky:environment:preview",
        "repo:acme@1234/conducky@5678:environment:preview",
    ]


def test_the_claims_must_be_equal() -> None:
    """`StringLike` would read patterns, `ForAllValues` would hold for a claim that is missing."""
    claims = conditions(trust_policy(PROVIDER, ["repo:acme/conducky:environment:prod"]))
    assert claims == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": ["repo:acme/conducky:environment:prod"],
        }
    }


def test_a_deploying_job_must_come_from_a_deploying_workflow_of_the_branch() -> None:
    repository = GithubRepository("acme/conducky")
    claims = conditions(trust_policy(PROVIDER, ["repo:acme/conducky:environment:prod"], repository.workflows("main")))
    assert claims["StringEquals"]["token.actions.githubusercontent.com:job_workflow_ref"] == [
        f"acme/conducky/.github/workflows/{file}@refs/heads/main" for file in ("drift.yml", "stack.yml")
    ]


def test_the_deploying_workflows_are_those_that_assume_the_role() -> None:
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert [file.name for file in files if "AWS_DEPLOY_ROLE_ARN" in file.read_text()] == [*DEPLOYING_WORKFLOWS]
    assert [file.name for file in files if "AWS_DESTROY_ROLE_ARN" in file.read_text()] == [*DESTROYING_WORKFLOWS]


@pytest.mark.parametrize("environment", [None, "e" * 140])
def test_the_longest_names_fit_a_trust_policy(environment: str | None) -> None:
    branch = "b" * 140
    assert re.fullmatch(GITHUB_WORD, branch)
    assert not re.fullmatch(GITHUB_WORD, branch + "b")
    document = json.dumps(trust_policy(PROVIDER, LONGEST.deploying(branch, environment), LONGEST.workflows(branch)))
    assert len(re.sub(r"\s", "", document)) <= 2048
