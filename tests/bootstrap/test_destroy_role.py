"""The role that removes a stack: the deployer's policies, for `destroy.yml` and for admins."""

import json
import re

import pytest
from destroy_role import destroy_trust
from github_trust import Trusted

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.settings import BootstrapSettings

ROLE, ATTACHMENT = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ADMINS = {"AWS": "arn:aws:iam::123456789012:root"}
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def trust(made: Evaluation) -> list[dict[str, object]]:
    return json.loads(made.one(ROLE, "destroy").inputs["assumeRolePolicy"])["Statement"]


def test_without_a_repository_it_is_for_admins(bootstrap: Evaluation) -> None:
    assert [statement["Principal"] for statement in trust(bootstrap)] == [ADMINS]
    assert bootstrap.exports["destroy_role_arn"] == "arn:aws:iam::123456789012:role/conducky-dev-destroy"


def test_of_the_repository_one_workflow_assumes_it() -> None:
    admins, tokens = trust(evaluate("bootstrap", config={"githubRepository": "acme/conducky"}))
    assert admins["Principal"] == ADMINS
    assert "acme/conducky/.github/workflows/destroy.yml@refs/heads/main" in json.dumps(tokens)
    assert "stack.yml" not in json.dumps(tokens)


def test_it_has_the_policies_of_the_user(bootstrap: Evaluation) -> None:
    attached = {each.inputs["policyArn"] for each in bootstrap.of(ATTACHMENT)}
    of_user = {each.inputs["policyArn"] for each in bootstrap.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")}
    assert attached == of_user != set()


@pytest.mark.parametrize("environment", [None, "e" * 140])
def test_the_longest_names_fit_its_trust_policy(environment: str | None) -> None:
    longest = {
        "githubRepository": f"{'o' * 39}/{'n' * 100}",
        "githubIds": f"{'9' * 12}/{'9' * 12}",
        "githubBranch": "b" * 140,
        "githubEnvironment": environment,
    }
    settings = BootstrapSettings.model_validate(longest)
    document = json.dumps(destroy_trust("123456789012", Trusted.of(PROVIDER, settings)))
    assert len(re.sub(r"\s", "", document)) <= 2048
