"""Whom GitHub's roles trust: exact subjects in both forms, made for AWS, and nothing that IAM reads as a pattern."""

import json
import re
from typing import Any

import pytest
from github_trust import GithubRepository, trust_policy

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
    assert repository.previewing() == ["repo:acme/conducky:pull_request", "repo:acme@1234/conducky@5678:pull_request"]


def test_the_claims_must_be_equal() -> None:
    """`StringLike` would read patterns, `ForAllValues` would hold for a claim that is missing."""
    claims = conditions(trust_policy(PROVIDER, ["repo:acme/conducky:pull_request"]))
    assert claims == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": ["repo:acme/conducky:pull_request"],
        }
    }


@pytest.mark.parametrize("environment", [None, "e" * 200])
def test_the_longest_names_fit_a_trust_policy(environment: str | None) -> None:
    document = json.dumps(trust_policy(PROVIDER, LONGEST.deploying("b" * 200, environment)))
    assert len(re.sub(r"\s", "", document)) <= 2048
