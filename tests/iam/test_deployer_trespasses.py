"""What the deployer of stack dev cannot do: get more rights, or touch what is not its own."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from conducky.policy import Policy
from tests.iam.calls import calls
from tests.iam.deployments import STACKS, Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.mutations import without_each
from tests.iam.trespasses import TRESPASSES
from tests.summary import note

Deployed = Callable[[str], Deployment]

ADMINISTRATOR: Policy = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
FOREIGN = [*(stack for stack in STACKS if stack != "dev"), "another project"]

# What dev may do of what another stack's deployment does: reads that IAM cannot restrict, and what all stacks share.
SHARED = {
    "ec2:GetSecurityGroupsForVpc": ":vpc/",
    "ec2:CreateSecurityGroup": ":vpc/",  # the VPC's half; the group's is refused
    "iam:CreateServiceLinkedRole": ":role/aws-service-role/",
    "rds:CreateDBInstance": ":og:default:",  # the same
    "rds:DescribeDBInstances": ":db:",
    "rds:ModifyDBInstance": ":og:default:",
}


def of_dev(request: Request, dev: Deployment) -> Request:
    return replace(request, principal=dev.caller.principal)


def test_there_are_enough_of_them() -> None:
    assert len({trespass.request.key for trespass in TRESPASSES}) == len(TRESPASSES) >= 40


@pytest.mark.parametrize("label", ["dev", "every option"])
def test_every_trespass_is_denied(deployed: Deployed, label: str) -> None:
    made = deployed(label)
    verdicts = judge(made.policies, [Question(trespass.request, made.attached) for trespass in TRESPASSES])
    allowed = [t.what for t, verdict in zip(TRESPASSES, verdicts, strict=True) if verdict == "Allowed"]
    assert allowed == []
    note("IAM", f"{label}: {len(TRESPASSES)} escalations and trespasses tried, all denied")


def test_an_administrator_could_do_all_of_it() -> None:
    """Or the denials would say nothing: a misspelt request is denied as well."""
    verdicts = judge({"admin": ADMINISTRATOR}, [Question(trespass.request, ("admin",)) for trespass in TRESPASSES])
    refused = [t.what for t, verdict in zip(TRESPASSES, verdicts, strict=True) if verdict != "Allowed"]
    assert refused == []


def test_what_is_forbidden_stays_forbidden_with_administrator_access(dev: Deployment) -> None:
    never = [trespass for trespass in TRESPASSES if trespass.forever]
    policies = {**dev.policies, "admin": ADMINISTRATOR}
    verdicts = judge(policies, [Question(trespass.request, (*dev.attached, "admin")) for trespass in never])
    allowed = [t.what for t, verdict in zip(never, verdicts, strict=True) if verdict != "ExplicitlyDenied"]
    assert allowed == []
    note("IAM", f"dev: {len(never)} of them stay denied with AdministratorAccess attached")


@pytest.mark.parametrize("kind", ["Action", "Resource"])
def test_each_denial_is_needed(dev: Deployment, kind: str) -> None:
    never = [trespass for trespass in TRESPASSES if trespass.forever]
    policies: dict[str, Policy] = {**dev.policies, "admin": ADMINISTRATOR}
    mutations = list(without_each(dev.policies, kind, effect="Deny"))
    questions: list[Question] = []
    for number, mutation in enumerate(mutations):
        name = f"{mutation.area} {number}"
        policies[name] = mutation.policy
        attached = (*(name if area == mutation.area else area for area in dev.attached), "admin")
        questions += [Question(trespass.request, attached) for trespass in never]
    verdicts = judge(policies, questions)
    size = len(never)
    useless = [
        mutation.lost
        for number, mutation in enumerate(mutations)
        if "Allowed" not in verdicts[number * size : (number + 1) * size]
    ]
    assert useless == [], "no trespass that is tried needs these"


@pytest.mark.parametrize("label", FOREIGN)
def test_another_deployment_is_out_of_reach(dev: Deployment, deployed: Deployed, label: str) -> None:
    """Every call that the other's own deployer makes, made by dev's."""
    other = deployed(label)
    tried = list({c.request.key: c for c in calls(other.layers, other.caller)}.values())
    verdicts = judge(dev.policies, [Question(of_dev(call.request, dev), dev.attached) for call in tried])
    allowed = [call for call, verdict in zip(tried, verdicts, strict=True) if verdict == "Allowed"]
    beyond = [
        str(call)
        for call in allowed
        if call.request.resource != "*" and SHARED.get(call.request.action, "nothing") not in call.request.resource
    ]
    assert beyond == []
    assert not [
        c for c in allowed if c.request.resource == f"arn:aws:rds:us-east-1:123456789012:db:{other.names.prefix}"
    ]
    note("IAM", f"dev: {len(tried) - len(allowed)} calls on {label} denied, {len(allowed)} reads of the account remain")


def test_each_condition_keeps_something_out(dev: Deployment, deployed: Deployed) -> None:
    """Without it a trespass, or a call on another stack or project, would go through."""
    # The name of the role says which service it is for; AWS recommends the condition as well.
    mutations = [m for m in without_each(dev.policies, "Condition") if "AWSServiceName" not in m.part]
    conditional = {action for mutation in mutations for action in mutation.statement["Action"]}
    foreign = [call.request for label in FOREIGN for call in calls(deployed(label).layers, deployed(label).caller)]
    everything = [trespass.request for trespass in TRESPASSES] + [of_dev(request, dev) for request in foreign]
    # One of each kind: requests that differ in the id of a group or rule alone are judged alike.
    kinds = {_without_ids(request).key: request for request in everything if request.action in conditional}
    tried = list(kinds.values())
    now = judge(dev.policies, [Question(request, dev.attached) for request in tried])
    denied = [request for request, verdict in zip(tried, now, strict=True) if verdict != "Allowed"]
    policies = {mutation.lost: mutation.policy for mutation in mutations}
    concerned = [(m.lost, r) for m in mutations for r in denied if r.action in m.statement["Action"]]
    # The mutated policy alone: what it does not allow now, none of the others does.
    verdicts = judge(policies, [Question(request, (lost,)) for lost, request in concerned])
    opened = {lost for (lost, _), verdict in zip(concerned, verdicts, strict=True) if verdict == "Allowed"}
    assert [m.lost for m in mutations if m.lost not in opened] == []
    note("IAM", f"{len(mutations)} conditions of the deployer's statements, each proven to keep something out")


def _without_ids(request: Request) -> Request:
    return replace(request, resource=re.sub(r"[0-9a-f]{8,}$", "", request.resource))
