"""The deployer: a user with policies and without a key."""

import json

from boundary_policy import boundary_policy
from deployer_exec import exec_policy
from deployer_policy import deployer_policies
from deployer_scope import Scope

from conducky.evaluation.evaluate import Evaluation
from conducky.naming import Names, Place

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
    others = {name: made.pop(name) for name in ("boundary", "exec", "run", "database")}
    assert made == documents
    assert others["exec"] == exec_policy(SCOPE), "for people: offered, and attached to nobody"
    arns = {policy.name: policy.outputs["arn"] for policy in bootstrap.of(POLICY)}
    attached = {
        attachment.inputs["policyArn"]
        for attachment in bootstrap.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")
        if attachment.inputs["user"] == "conducky-dev-deployer"
    }
    assert attached == {arns[name] for name in documents}


def test_the_boundary_is_the_one_that_its_policies_name(bootstrap: Evaluation) -> None:
    boundary = bootstrap.one(POLICY, "boundary")
    assert boundary.outputs["arn"] == SCOPE.boundary_arn == bootstrap.exports["boundary_arn"]
    expected = boundary_policy(SCOPE)
    assert json.loads(boundary.inputs["policy"]) == expected


def test_the_boundary_is_not_what_the_deployer_itself_may_do(bootstrap: Evaluation) -> None:
    boundary = bootstrap.exports["boundary_arn"]
    attachments = bootstrap.of("aws:iam/userPolicyAttachment:UserPolicyAttachment")
    assert boundary not in {attachment.inputs["policyArn"] for attachment in attachments}
