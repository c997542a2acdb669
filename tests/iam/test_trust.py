"""Whose tokens open GitHub's roles: this repository's, for its branch or environment, made for AWS; nobody else's."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.policy import Policy
from tests.iam.judge import Context, Question, Request, judge
from tests.iam.mutations import without_each
from tests.summary import note

ISSUER = "token.actions.githubusercontent.com"
ACTION = "sts:AssumeRoleWithWebIdentity"

BRANCH = {"githubRepository": "acme/conducky", "githubPreviews": "true"}
IDS = {**BRANCH, "githubIds": "1234/5678"}
ENVIRONMENT = {**IDS, "githubEnvironment": "prod"}

MAIN, MAIN_BY_ID = "repo:acme/conducky:ref:refs/heads/main", "repo:acme@1234/conducky@5678:ref:refs/heads/main"
PROD, PROD_BY_ID = "repo:acme/conducky:environment:prod", "repo:acme@1234/conducky@5678:environment:prod"
PULL, PULL_BY_ID = "repo:acme/conducky:environment:preview", "repo:acme@1234/conducky@5678:environment:preview"

STACK_WORKFLOW = "acme/conducky/.github/workflows/stack.yml@refs/heads/main"
OTHER_WORKFLOWS = {
    "another file": "acme/conducky/.github/workflows/evil.yml@refs/heads/main",
    "the file on another branch": "acme/conducky/.github/workflows/stack.yml@refs/heads/feature",
    "the file of a pull request": "acme/conducky/.github/workflows/stack.yml@refs/pull/7/merge",
    "another repository's file of that name": "evil/conducky/.github/workflows/stack.yml@refs/heads/main",
    "no file at all": "",
}

STRANGERS = {
    "another repository": "repo:acme/other:ref:refs/heads/main",
    "another owner's": "repo:evil/conducky:ref:refs/heads/main",
    "a longer name": "repo:acme/conducky-2:ref:refs/heads/main",
    "a longer owner": "repo:acme-2/conducky:ref:refs/heads/main",
    "a name in other letters": "repo:Acme/Conducky:ref:refs/heads/main",
    "a pull request that nobody has reviewed": "repo:acme/conducky:pull_request",
    "a fork": "repo:evil/conducky:pull_request",
    "a fork's pull request with the ids of the fork": "repo:evil@66/conducky@77:pull_request",
    "a name that somebody took over": "repo:acme@66/conducky@77:ref:refs/heads/main",
    "another branch": "repo:acme/conducky:ref:refs/heads/feature",
    "a branch below it": "repo:acme/conducky:ref:refs/heads/main/x",
    "a tag of the branch's name": "repo:acme/conducky:ref:refs/tags/main",
    "another environment": "repo:acme/conducky:environment:production",
    "a branch named like an environment": "repo:acme/conducky:ref:refs/heads/environment:prod",
    "nothing but the repository": "repo:acme/conducky",
    "a pattern": "repo:acme/conducky:*",
    "no subject at all": "",
}


@functools.cache
def _made(config: tuple[tuple[str, str], ...]) -> Evaluation:
    return evaluate("bootstrap", config=dict(config))


def trust(config: Mapping[str, str], role: str) -> Policy:
    made = _made(tuple(config.items()))
    return json.loads(made.one("aws:iam/role:Role", role).inputs["assumeRolePolicy"])


def token(
    subject: str, audience: str = "sts.amazonaws.com", issuer: str = ISSUER, workflow: str = STACK_WORKFLOW
) -> Request:
    """A request with a token; a claim that it lacks is none of the request's keys."""
    all_claims = {"sub": subject, "aud": audience, "job_workflow_ref": workflow}
    claims: Context = {f"{issuer}:{name}": value for name, value in all_claims.items() if value}
    provider = f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    return Request(ACTION, "arn:aws:iam::123456789012:role/conducky-dev-github-deploy", claims, provider)


def admitted(policy: Policy, requests: list[Request]) -> list[bool]:
    questions = [Question(request, (), resource_policy="trust") for request in requests]
    return [verdict == "Allowed" for verdict in judge({"trust": policy}, questions)]


CASES = [
    pytest.param(BRANCH, "github-deploy", {MAIN}, id="branch"),
    pytest.param(IDS, "github-deploy", {MAIN, MAIN_BY_ID}, id="branch with ids"),
    pytest.param(ENVIRONMENT, "github-deploy", {PROD, PROD_BY_ID}, id="environment"),
    pytest.param(BRANCH, "github-preview", {PULL}, id="previews"),
    pytest.param(ENVIRONMENT, "github-preview", {PULL, PULL_BY_ID}, id="previews with ids"),
]


@pytest.mark.parametrize(("config", "role", "trusted"), CASES)
def test_it_trusts_these_subjects_and_no_others(config: dict[str, str], role: str, trusted: set[str]) -> None:
    policy = trust(config, role)
    subjects = [*{MAIN, MAIN_BY_ID, PROD, PROD_BY_ID, PULL, PULL_BY_ID, *STRANGERS.values()}]
    answers = dict(zip(subjects, admitted(policy, [token(each) for each in subjects]), strict=True))
    assert {subject for subject, is_admitted in answers.items() if is_admitted} == trusted
    note("IAM", f"{len(subjects)} subjects of GitHub's tokens judged by each of {len(CASES)} trust policies")


@pytest.mark.parametrize(("config", "role", "trusted"), CASES)
def test_a_token_for_anybody_else_opens_nothing(config: dict[str, str], role: str, trusted: set[str]) -> None:
    policy = trust(config, role)
    audiences = ["https://github.com/acme", "sts.amazonaws.com.evil.example", "api://AzureADTokenExchange", ""]
    asked = [token(subject, audience) for subject in trusted for audience in audiences]
    assert not any(admitted(policy, asked))


@pytest.mark.parametrize("config", [IDS, ENVIRONMENT], ids=["branch", "environment"])
def test_only_the_deploying_workflows_of_the_branch_get_the_deploying_role(config: dict[str, str]) -> None:
    """An environment's rules may let other branches in, and their workflow files are nobody's review."""
    policy, subject = trust(config, "github-deploy"), PROD if "githubEnvironment" in config else MAIN
    files = [f"acme/conducky/.github/workflows/{name}.yml@refs/heads/main" for name in ("stack", "drift")]
    assert all(admitted(policy, [token(subject, workflow=file) for file in files]))
    assert not any(admitted(policy, [token(subject, workflow=other) for other in OTHER_WORKFLOWS.values()]))
    removing = token(subject, workflow="acme/conducky/.github/workflows/destroy.yml@refs/heads/main")
    assert admitted(policy, [removing]) == [False]
    destroy = trust(config, "destroy")
    assert admitted(destroy, [removing, *(token(subject, workflow=file) for file in files)]) == [True, False, False]
    assert not any(admitted(destroy, [token(STRANGERS["another environment"], workflow=files[0])]))


def test_another_provider_of_the_account_opens_nothing() -> None:
    policy = trust(IDS, "github-deploy")
    gitlab = token(MAIN, issuer="gitlab.com")
    # The same claims under GitHub's names do not help: the token is not GitHub's.
    forged = Request(ACTION, gitlab.resource, token(MAIN).context, gitlab.principal)
    assert admitted(policy, [gitlab, forged]) == [False, False]


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::123456789012:user/conducky-dev-deployer",
        "arn:aws:iam::123456789012:user/conducky-prod-deployer",
        "arn:aws:iam::999999999999:user/somebody",
    ],
)
def test_nobody_assumes_it_without_a_token(principal: str) -> None:
    policy = trust(IDS, "github-deploy")
    role = "arn:aws:iam::123456789012:role/conducky-dev-github-deploy"
    assert admitted(policy, [Request("sts:AssumeRole", role, {}, principal)]) == [False]


def test_each_condition_keeps_something_out() -> None:
    """Without it a stranger, or a token for somebody else, would be let in: so the denials above say something."""
    policy = trust(IDS, "github-deploy")
    strangers = [token(subject) for subject in STRANGERS.values()] + [token(MAIN, "https://github.com/acme")]
    strangers += [token(MAIN, workflow=other) for other in OTHER_WORKFLOWS.values()]
    assert not any(admitted(policy, strangers))
    mutations = list(without_each({"trust": _as_identity(policy)}, "Condition"))
    assert len(mutations) == 3
    for mutation in mutations:
        assert any(admitted(_as_trust(mutation.policy), strangers)), f"{mutation.lost} keeps nothing out"


def _as_identity(policy: Policy) -> Policy:
    """With an action and a resource in lists, as `without_each` takes statements."""
    (statement,) = _statements(policy)
    return {**policy, "Statement": [{**statement, "Action": [statement["Action"]], "Resource": []}]}


def _as_trust(policy: Policy) -> Policy:
    (statement,) = _statements(policy)
    return {**policy, "Statement": [{key: value for key, value in statement.items() if key != "Resource"}]}


def _statements(policy: Policy) -> list[dict[str, Any]]:
    statements: Any = policy["Statement"]
    return statements
