"""GitHub's roles: the one that deploys may do what the deployer's user may, the other only looks up."""

import json
from typing import Any

import pytest
from deployer_scope import Scope
from preview_policy import preview_policy

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Names, Place
from conducky.settings.services import ServicesSettings

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))

ROLE, ATTACHMENT = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
GITHUB = {"githubRepository": "acme/conducky", "githubIds": "1234/5678", "githubPreviews": "true"}


@pytest.fixture(scope="module")
def made() -> Evaluation:
    return evaluate("bootstrap", config=GITHUB)


def subjects(made: Evaluation, role: str) -> list[str]:
    trust: Any = json.loads(made.one(ROLE, role).inputs["assumeRolePolicy"])
    return trust["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]


def test_without_a_repository_there_is_none(bootstrap: Evaluation) -> None:
    assert [role.name for role in bootstrap.of(ROLE) if role.name.startswith("github")] == []
    assert (bootstrap.exports["deploy_role_arn"], bootstrap.exports["preview_role_arn"]) == ("", "")


def test_the_pipeline_is_told_which_roles_to_take_on(made: Evaluation) -> None:
    assert made.exports["deploy_role_arn"] == "arn:aws:iam::123456789012:role/conducky-dev-github-deploy"
    assert made.exports["preview_role_arn"] == "arn:aws:iam::123456789012:role/conducky-dev-github-preview"


def test_the_deploying_role_has_the_policies_of_the_user(made: Evaluation) -> None:
    attached = [each for each in made.of(ATTACHMENT) if each.inputs["role"] == "conducky-dev-github-deploy"]
    of_role = {each.inputs["policyArn"] for each in attached}
    of_user = {each.inputs["policyArn"] for each in made.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")}
    assert of_role == of_user != set()


def test_the_deploying_role_trusts_the_branch_or_the_environment(made: Evaluation) -> None:
    assert subjects(made, "github-deploy") == [
        "repo:acme/conducky:ref:refs/heads/main",
        "repo:acme@1234/conducky@5678:ref:refs/heads/main",
    ]
    other = evaluate("bootstrap", config={"githubRepository": "acme/conducky", "githubBranch": "release/1.x"})
    assert subjects(other, "github-deploy") == ["repo:acme/conducky:ref:refs/heads/release/1.x"]
    approved = evaluate("bootstrap", config={"githubRepository": "acme/conducky", "githubEnvironment": "production"})
    assert subjects(approved, "github-deploy") == ["repo:acme/conducky:environment:production"]


def test_previews_are_asked_for(made: Evaluation) -> None:
    assert subjects(made, "github-preview") == [
        "repo:acme/conducky:environment:preview",
        "repo:acme@1234/conducky@5678:environment:preview",
    ]
    policy = made.one("aws:iam/rolePolicy:RolePolicy", "github-preview")
    assert policy.inputs["role"] == "conducky-dev-github-preview"
    assert json.loads(policy.inputs["policy"]) == preview_policy(SCOPE)
    only = evaluate("bootstrap", config={"githubRepository": "acme/conducky"})
    assert [role.name for role in only.of(ROLE) if role.name.startswith("github")] == ["github-deploy"]
    assert only.exports["preview_role_arn"] == ""


def test_a_session_lasts_as_long_as_the_longest_release(made: Evaluation) -> None:
    """Two builds take half an hour; a preview waits for nothing."""
    waiting = ServicesSettings.model_json_schema()["properties"]["steadyStateMinutes"]["maximum"]
    sessions = {
        role.name: role.inputs["maxSessionDuration"] for role in made.of(ROLE) if "maxSessionDuration" in role.inputs
    }
    assert sessions == {"destroy": 7200, "github-deploy": 7200, "github-preview": 3600}
    assert sessions["github-deploy"] > (waiting + 30) * 60


def test_each_is_under_a_boundary_of_its_own(made: Evaluation) -> None:
    for role, boundary in (("github-deploy", "deployer"), ("github-preview", "preview"), ("destroy", "destroy")):
        expected = made.one("aws:iam/policy:Policy", f"{boundary}-boundary").outputs["arn"]
        assert made.one(ROLE, role).inputs["permissionsBoundary"] == expected
