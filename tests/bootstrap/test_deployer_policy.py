"""What the deployer may do: enough, scoped to one stack, and with no way to widen it."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from boundary_policy import boundary_policy
from deployer_exec import exec_policy
from deployer_policy import deployer_policies, deployer_statements
from deployer_scope import Scope
from identity_boundaries import deployer_boundary, identity_boundaries
from people_policies import people_policies
from preview_policy import preview_policy
from role_policies import infrastructure_policy

from conducky.naming import Names, Place
from conducky.policy import Policy, Statement, policy, terse_policy
from tests.iam.targets import UNRESTRICTABLE

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))
# As long as both can be
_NAME = f"{'a' * 52}.example.com"
LONGEST = Scope(
    Names("a" * 14, "dev"),
    Place("ap-southeast-1", "123456789012"),
    is_protected=True,
    domains=(_NAME, f"www.{_NAME}", f"api.{_NAME}"),
)
POLICIES = deployer_policies(SCOPE)

# A VPC that all stacks share, AWS's list of CloudFront's addresses, the option group that RDS gives every Postgres, and
# what Cloud Map does: an operation before its resource has tags, and zones that Route 53 lets nobody restrict.
SHARED = {
    *("CreateSecurityGroupsInVpc", "CreateSubnetsInVpc", "DefaultOptionGroup"),
    *("CloudMapOperations", "ZonesOfCloudMap"),
}


def statements(policy: Policy) -> list[dict[str, Any]]:
    found: Any = policy["Statement"]
    return found


ALLOWED = [
    (area, statement)
    for area, policy in POLICIES.items()
    for statement in statements(policy)
    if statement["Effect"] == "Allow"
]
ALLOW_IDS = [f"{area}-{statement['Sid']}" for area, statement in ALLOWED]


def granting(action: str) -> list[dict[str, Any]]:
    return [statement for _, statement in ALLOWED if action in statement["Action"]]


def too_long(name: str, policy: Policy, limit: int = 6144) -> str:
    """By how much a document is over what a managed policy holds, and where; empty for one that fits."""
    lengths = {str(statement.get("Sid", "unnamed")): length(statement) for statement in statements(policy)}
    longest = max(lengths, key=lambda sid: lengths[sid])
    over = length(policy) - limit
    if over <= 0:
        return ""
    return f"policy {name} is {over} characters too long; its longest statement is {longest} with {lengths[longest]}"


@pytest.mark.parametrize("scope", [SCOPE, LONGEST], ids=["usual", "longest"])
def test_each_policy_fits_a_managed_policy_with_room_for_another_service(scope: Scope) -> None:
    documents = {
        **deployer_policies(scope),
        "boundary": boundary_policy(scope),
        "infrastructure": infrastructure_policy(scope),
        **{f"{identity}-boundary": terse_policy(*each) for identity, each in identity_boundaries(scope).items()},
        "exec": exec_policy(scope),
        **people_policies(scope),
        "github-preview": preview_policy(scope),
    }
    assert [said for name, policy in documents.items() if (said := too_long(name, policy, 6144 - 100))] == []


def test_a_policy_that_grows_too_long_is_named_with_its_longest_statement() -> None:
    grown = policy(Statement("Small", ["ecs:CreateCluster"], ["*"]), Statement("Grown", ["x" * 7000], ["*"]))
    size = length(Statement("Grown", ["x" * 7000], ["*"]).document())
    assert too_long("data", grown) == (
        f"policy data is {length(grown) - 6144} characters too long; its longest statement is Grown with {size}"
    )


def length(document: object) -> int:
    """As IAM counts: without white space."""
    return len(re.sub(r"\s", "", json.dumps(document)))


def test_every_statement_has_a_name_of_its_own_and_a_reason() -> None:
    for area, found in deployer_statements(SCOPE).items():
        sids = [statement.sid for statement in found]
        assert len(set(sids)) == len(sids), f"policy {area} uses a Sid twice: {sids}"
        assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
        bare = [statement.sid for statement in found if not statement.reason.endswith(".")]
        assert bare == [], f"say in policy {area} what needs {bare}"


def test_what_reaches_everything_is_in_two_statements_that_only_read() -> None:
    found = [statement for _, statement in ALLOWED if "*" in statement["Resource"] and not statement.get("Condition")]
    allowed = {statement["Sid"]: statement["Action"] for statement in found}
    assert allowed.pop("GroupsOfLoadBalancers") == ["ec2:GetSecurityGroupsForVpc"]
    assert [*allowed] == ["WhatIamCannotRestrict"]
    assert set(allowed["WhatIamCannotRestrict"]) - UNRESTRICTABLE == set()


def test_there_are_no_more_policies_than_a_user_may_have() -> None:
    assert len(POLICIES) <= 10


@pytest.mark.parametrize(("area", "statement"), ALLOWED, ids=ALLOW_IDS)
def test_no_action_is_a_pattern(area: str, statement: dict[str, Any]) -> None:
    wild = [action for action in statement["Action"] if "*" in action]
    assert wild == [], f"{area}/{statement['Sid']} allows {wild}: name each action"


@pytest.mark.parametrize(("area", "statement"), ALLOWED, ids=ALLOW_IDS)
def test_what_writes_names_this_stack(area: str, statement: dict[str, Any]) -> None:
    """By the name of the resource, by the stack's tags, or by its cluster."""
    if area == "reads" or statement["Sid"] in SHARED:
        return
    by_name = all(
        re.search(r"[:/]conducky-dev-|/conducky/dev/", resource) is not None for resource in statement["Resource"]
    )
    conditions = statement.get("Condition", {})
    equal = conditions.get("StringEquals", {})
    by_tag = any(
        (equal.get(f"aws:{kind}/Project"), equal.get(f"aws:{kind}/Stack")) == ("conducky", "dev")
        for kind in ("RequestTag", "ResourceTag")
    )
    by_cluster = conditions.get("ArnLike", {}).get("ecs:cluster", "").endswith(":cluster/conducky-dev-*")
    assert by_name or by_tag or by_cluster, f"{area}/{statement['Sid']} reaches beyond stack dev: {statement}"


def test_records_are_written_under_the_stacks_names_only() -> None:
    assert not granting("route53:ChangeResourceRecordSets"), "none without a hosted zone"
    scope = replace(SCOPE, domains=("app.example.com", "www.app.example.com"))
    (found,) = [each for each in statements(deployer_policies(scope)["https"]) if each["Sid"] == "OwnRecords"]
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    names = found["Condition"]["ForAllValues:StringLike"][key]
    assert names == [
        "app.example.com",
        "www.app.example.com",
        f"_{'?' * 32}.app.example.com",
        f"_{'?' * 32}.www.app.example.com",
    ]
    assert found["Condition"]["Null"] == {key: "false"}


def test_another_stack_with_the_same_beginning_is_out_of_reach() -> None:
    text = json.dumps(POLICIES)
    assert "conducky-dev*" not in text, "the hyphen before the star keeps dev from reaching dev2"
    assert "parameter/conducky/dev*" not in text


def test_each_role_is_passed_to_its_one_service() -> None:
    passed = {
        statement["Condition"]["StringEquals"]["iam:PassedToService"]: statement["Resource"]
        for statement in granting("iam:PassRole")
    }
    parts = {
        "ecs-tasks.amazonaws.com": ["execution-backend", "execution-frontend", "task-backend", "task-frontend"],
        "scheduler.amazonaws.com": ["scheduler"],
        "ecs.amazonaws.com": ["infrastructure"],
    }
    assert passed == {
        service: [f"arn:aws:iam::123456789012:role/conducky-dev-{part}" for part in named]
        for service, named in parts.items()
    }


def test_it_writes_no_iam_at_all() -> None:
    allowed = {action for _, statement in ALLOWED for action in statement["Action"] if action.startswith("iam:")}
    assert allowed == {
        *("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PassRole")
    }


@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "sts:AssumeRole",
    ],
)
def test_no_statement_allows_a_way_to_more_rights(action: str) -> None:
    assert granting(action) == []


def test_a_security_group_needs_its_tags_and_a_vpc() -> None:
    group, vpc = granting("ec2:CreateSecurityGroup")
    assert group["Resource"] == ["arn:aws:ec2:us-east-1:123456789012:security-group/*"]
    assert group["Condition"] == {"StringEquals": {"aws:RequestTag/Project": "conducky", "aws:RequestTag/Stack": "dev"}}
    assert vpc["Resource"] == ["arn:aws:ec2:us-east-1:123456789012:vpc/*"]


@pytest.mark.parametrize("action", ["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"])
def test_a_rule_needs_the_group_and_the_rule_itself(action: str) -> None:
    resources = {resource for statement in granting(action) for resource in statement["Resource"]}
    assert resources == {
        "arn:aws:ec2:us-east-1:123456789012:security-group/*",
        "arn:aws:ec2:us-east-1:123456789012:security-group-rule/*",
    }


def test_tags_are_set_only_while_something_is_created_or_on_our_own() -> None:
    for statement in granting("ec2:CreateTags"):
        conditions = statement["Condition"]["StringEquals"]
        assert "ec2:CreateAction" in conditions or "aws:ResourceTag/Stack" in conditions


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecs:CreateService", "arn:aws:ecs:us-east-1:123456789012:service/conducky-dev-*/*"),
        ("ecs:ListServiceDeployments", "arn:aws:ecs:us-east-1:123456789012:service/conducky-dev-*/*"),
        ("ecs:DescribeServiceDeployments", "arn:aws:ecs:us-east-1:123456789012:service-deployment/conducky-dev-*/*"),
    ],
)
def test_waiting_for_a_steady_service_is_allowed(action: str, resource: str) -> None:
    assert any(resource in statement["Resource"] for statement in granting(action))


def test_a_new_database_must_say_that_it_is_not_public() -> None:
    with_key, without = granting("rds:CreateDBInstance")
    assert with_key["Condition"] == {"Bool": {"rds:PubliclyAccessible": "false"}}
    assert without["Resource"] == ["arn:aws:rds:us-east-1:123456789012:og:default:postgres-*"]


def test_a_task_may_be_as_large_as_the_setting_says() -> None:
    largest = Scope(SCOPE.names, SCOPE.place, max_task_cpu=512)
    (statement,) = (each for each in deployer_statements(largest)["containers"] if "Register" in each.sid)
    assert statement.conditions["NumericLessThanEquals"] == {"ecs:task-cpu": "512"}
    assert "512" in json.dumps(policy(*deployer_boundary(largest)))


@pytest.mark.parametrize("action", ["ecr:BatchDeleteImage", "ecs:DeregisterTaskDefinition"])
def test_what_a_rollback_runs_stays(action: str) -> None:
    assert granting(action) == []
