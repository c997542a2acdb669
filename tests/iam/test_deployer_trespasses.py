"""What the deployer of stack dev cannot do: get more rights, or touch what is not its own."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from deployer_policy import deployer_statements
from identity_boundaries import identity_boundaries

from conducky.policy import Policy, Statement, policy
from conducky.repository import ROOT
from tests.iam.calls import calls
from tests.iam.deployments import STACKS, Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.moves import DELETIONS, MOVES, of_stack
from tests.iam.mutations import without_each
from tests.iam.trespasses import MAIL, OWN_RECORDS, RECORDS, TRESPASSES
from tests.summary import note

Deployed = Callable[[str], Deployment]

FOREIGN = [*(stack for stack in STACKS if stack != "dev"), "another project"]

# What dev may do of what another stack's deployment does: reads that IAM cannot restrict, and what all stacks share.
SHARED = {
    "ec2:GetSecurityGroupsForVpc": ":vpc/",
    "ec2:CreateRouteTable": ":vpc/",  # the VPC's half; what goes into it is refused
    "ec2:CreateSecurityGroup": ":vpc/",
    "ec2:CreateSubnet": ":vpc/",
    "rds:CreateDBInstance": ":og:default:",  # the same
    "rds:DescribeDBInstances": ":db:",
    "rds:ModifyDBInstance": ":og:default:",
    "rds:RestoreDBInstanceFromDBSnapshot": ":og:default:",
    "rds:RestoreDBInstanceToPointInTime": ":og:default:",
}


def of_dev(request: Request, dev: Deployment) -> Request:
    return replace(request, principal=dev.caller.principal)


def test_there_are_enough_of_them() -> None:
    assert len({trespass.request.key for trespass in TRESPASSES}) == len(TRESPASSES) >= 40


@pytest.mark.parametrize("label", ["dev", "every option"])
@pytest.mark.parametrize("more", [(), ("admin",)], ids=["its policies", "AdministratorAccess"])
def test_every_trespass_is_denied(deployed: Deployed, label: str, more: tuple[str, ...]) -> None:
    made = deployed(label)
    verdicts = judge(made.documents, [made.asks(trespass.request, *more) for trespass in TRESPASSES])
    allowed = [t.what for t, verdict in zip(TRESPASSES, verdicts, strict=True) if verdict == "Allowed"]
    assert allowed == []
    with_what = " with AdministratorAccess" if more else ""
    note("IAM", f"{label}: {len(TRESPASSES)} escalations and trespasses tried{with_what}, all denied")


def test_an_administrator_could_do_all_of_it(dev: Deployment) -> None:
    """Or the denials would say nothing: a misspelt request is denied as well."""
    verdicts = judge(dev.documents, [Question(trespass.request, ("admin",)) for trespass in TRESPASSES])
    refused = [t.what for t, verdict in zip(TRESPASSES, verdicts, strict=True) if verdict != "Allowed"]
    assert refused == []


def test_nothing_of_iam_is_written_whoever_attaches_what(dev: Deployment) -> None:
    """Every action that IAM knows and that is not one of its reads."""
    done = subprocess.run(
        ["node", str(ROOT / "tools" / "iam" / "actions.mjs")],
        input=json.dumps(["iam:*"]),
        capture_output=True,
        text=True,
        check=True,
    )
    reads = ("Get", "List", "Generate", "Simulate", "PassRole")
    writes = [action for action in json.loads(done.stdout) if not action.split(":")[1].startswith(reads)]
    denied = [each for each in identity_boundaries(dev.scope)["deployer"] if each.sid == "NoIamWrites"]
    missed = [a for a in writes if not any(fnmatchcase(a, pattern) for each in denied for pattern in each.actions)]
    assert missed == [], "add the first letters of its name"
    assert len(writes) > 80


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_each_denial_keeps_something_out(deployed: Deployed, stack: str) -> None:
    """Of the boundary and the policies: were all else allowed, without it a move or a trespass would go through."""
    made = deployed(stack)
    own = [each for area in deployer_statements(made.scope).values() for each in area]
    denials = [each for each in [*identity_boundaries(made.scope)["deployer"], *own] if each.effect == "Deny"]
    everything = Statement("Everything", ["*"], ["*"])
    requests = [each.request for each in [*TRESPASSES, *MOVES, *DELETIONS]]
    tried = [*requests, *(of_stack(each, stack, made.caller.principal) for each in requests)]
    policies: dict[str, Policy] = {"admin": made.documents["admin"], "all": policy(everything, *denials)}
    useless: list[str] = []
    now = judge(policies, [Question(request, ("admin",), "all") for request in tried])
    for number, denial in enumerate(denials):
        rest = [each for each in denials if each is not denial]
        policies[f"without {number}"] = policy(everything, *rest)
        verdicts = judge(policies, [Question(request, ("admin",), f"without {number}") for request in tried])
        opened = [a for b, a in zip(now, verdicts, strict=True) if b != a == "Allowed"]
        useless += [] if opened else [denial.sid]
    assert useless == []


@pytest.mark.parametrize("label", FOREIGN)
def test_another_deployment_is_out_of_reach(dev: Deployment, deployed: Deployed, label: str) -> None:
    """Every call that the other's own deployer makes, made by dev's."""
    other = deployed(label)
    tried = list({c.request.key: c for c in calls(other.layers, other.caller)}.values())
    verdicts = judge(dev.documents, [dev.asks(of_dev(call.request, dev)) for call in tried])
    denied = [of_dev(call.request, dev) for call, verdict in zip(tried, verdicts, strict=True) if verdict != "Allowed"]
    # Under the boundary, names alone keep it out, and `*` has none.
    denied = [request for request in denied if not request.second_reading]
    more = judge(dev.documents, [dev.asks(request, "admin") for request in denied])
    opened = [str(request) for request, verdict in zip(denied, more, strict=True) if verdict == "Allowed"]
    assert opened == [], "with AdministratorAccess"
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
    mutations = list(without_each(dev.policies, "Condition"))
    conditional = {action for mutation in mutations for action in mutation.statement["Action"]}
    foreign = [call.request for label in FOREIGN for call in calls(deployed(label).layers, deployed(label).caller)]
    everything = [each.request for each in [*TRESPASSES, *MOVES]] + [of_dev(request, dev) for request in foreign]
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


@pytest.mark.parametrize("more", [(), ("admin",)], ids=["its policies", "AdministratorAccess"])
def test_only_its_own_names_get_records(deployed: Deployed, more: tuple[str, ...]) -> None:
    made = deployed("CloudFront and a domain")
    asked = [made.asks(each.request, *more) for each in (*RECORDS, *OWN_RECORDS)]
    verdicts = dict(zip((each.what for each in (*RECORDS, *OWN_RECORDS)), judge(made.documents, asked), strict=True))
    assert [each.what for each in RECORDS if verdicts[each.what] == "Allowed"] == []
    assert [each.what for each in OWN_RECORDS if verdicts[each.what] != "Allowed"] == [], "or the rest says nothing"
    note("IAM", f"{len(RECORDS)} changes of records that are not the stack's, all denied")


def test_each_condition_of_the_records_keeps_something_out(deployed: Deployed) -> None:
    made = deployed("CloudFront and a domain")
    mutations = [each for each in without_each(made.policies, "Condition") if each.statement["Sid"] == "OwnRecords"]
    of_another_kind = [replace(each.request, context={**each.request.context, **MAIL}) for each in OWN_RECORDS]
    tried = [*(each.request for each in RECORDS), *of_another_kind]
    assert "Allowed" not in judge(made.documents, [made.asks(request) for request in tried])
    asked = [Question(request, (each.lost,)) for each in mutations for request in tried]
    verdicts = judge({each.lost: each.policy for each in mutations}, asked)
    opened = {each.identity[0] for each, verdict in zip(asked, verdicts, strict=True) if verdict == "Allowed"}
    assert [each.lost for each in mutations if each.lost not in opened] == []
    assert len(mutations) == 3


def _without_ids(request: Request) -> Request:
    return replace(request, resource=re.sub(r"[0-9a-f]{8,}$", "", request.resource))
