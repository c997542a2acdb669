"""The deployer: a user with policies and without a key."""

import json
from collections.abc import Callable

import pytest
from boundary_policy import boundary_policy
from deployer_exec import exec_policy
from deployer_policy import deployer_policies
from deployer_scope import Scope
from identity_boundaries import deployer_boundary

from conducky.evaluation.evaluate import Evaluation
from conducky.naming import Names, Place
from conducky.policy import terse_policy

POLICY = "aws:iam/policy:Policy"
SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))


def test_it_is_one_user_of_this_stack(bootstrap: Evaluation) -> None:
    user = bootstrap.one("aws:iam/user:User")
    assert user.inputs["name"] == "conducky-dev-deployer"
    assert user.inputs["forceDestroy"] is True, "keys made outside Pulumi would stop `pulumi destroy`"
    assert bootstrap.exports["deployer_arn"] == user.outputs["arn"]


def test_no_access_key_is_ever_made(bootstrap: Evaluation) -> None:
    """Its secret would be in two states, for everyone who reads them."""
    keys = [resource.type for resource in bootstrap.resources if "accesskey" in resource.type.lower()]
    assert keys == []


def test_every_area_is_a_policy_attached_to_the_user(bootstrap: Evaluation) -> None:
    documents = {f"deployer-{area}": document for area, document in deployer_policies(SCOPE).items()}
    made = {policy.name: json.loads(policy.inputs["policy"]) for policy in bootstrap.of(POLICY)}
    people = {"exec", "run", "database"}
    others = {name: made.pop(name) for name in [*made] if "boundary" in name or name in people}
    assert made == documents
    assert others["exec"] == exec_policy(SCOPE), "for people: offered, and attached to nobody"
    arns = {policy.name: policy.outputs["arn"] for policy in bootstrap.of(POLICY)}
    attached = {
        attachment.inputs["policyArn"]
        for attachment in bootstrap.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")
        if attachment.inputs["user"] == "conducky-dev-deployer"
    }
    assert attached == {arns[name] for name in documents}


def test_the_boundary_of_the_tasks_roles_is_none_of_the_deployers_policies(bootstrap: Evaluation) -> None:
    boundary = bootstrap.one(POLICY, "boundary")
    assert json.loads(boundary.inputs["policy"]) == boundary_policy(SCOPE)
    attachments = bootstrap.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")
    assert boundary.outputs["arn"] not in {attachment.inputs["policyArn"] for attachment in attachments}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_user_is_under_a_boundary_of_its_own(evaluated: Callable[[str, str], Evaluation], stack: str) -> None:
    made = evaluated("bootstrap", stack)
    boundary = made.one(POLICY, "deployer-boundary")
    assert made.one("aws:iam/user:User").inputs["permissionsBoundary"] == boundary.outputs["arn"]
    scope = Scope(Names("conducky", stack), SCOPE.place, is_protected=stack == "prod")
    assert json.loads(boundary.inputs["policy"]) == terse_policy(*deployer_boundary(scope))
    assert ("rds:DeleteDBSn*" in boundary.inputs["policy"]) == made.exports["is_protected"] == (stack == "prod")
