"""What the deployer may do: enough, scoped to one stack, and with no way to widen it."""

import json
import re
from typing import Any

import pytest
from boundary_policy import boundary_policy
from deployer_exec import exec_policy
from deployer_policy import deployer_policies, deployer_statements
from deployer_scope import Scope
from preview_policy import preview_policy

from conducky.naming import Names, Place
from conducky.policy import Policy, Statement, policy
from tests.iam.targets import UNRESTRICTABLE

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))
LONGEST = Scope(Names("a" * 14, "dev"), Place("ap-southeast-1", "123456789012"))  # as long as both can be
POLICIES = deployer_policies(SCOPE)
BOUNDARY = "arn:aws:iam::123456789012:policy/conducky-dev-boundary"

# A VPC that all stacks share, the option group that RDS gives every Postgres, and the roles that AWS itself makes.
# What Cloud Map does: an operation before its resource has tags, and zones that Route 53 lets nobody restrict.
SHARED = {
    *("CreateSecurityGroupsInVpc", "DefaultOptionGroup", "FirstUseOfAService"),
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


def named(area: str, sid: str) -> dict[str, Any]:
    return next(statement for statement in statements(POLICIES[area]) if statement["Sid"] == sid)


def granting(action: str) -> list[dict[str, Any]]:
    return [statement for _, statement in ALLOWED if action in statement["Action"]]


def too_long(name: str, policy: Policy) -> str:
    """By how much a document is over what a managed policy holds, and where; empty for one that fits."""
    lengths = {statement["Sid"]: length(statement) for statement in statements(policy)}
    longest = max(lengths, key=lambda sid: lengths[sid])
    over = length(policy) - 6144
    if over <= 0:
        return ""
    return f"policy {name} is {over} characters too long; its longest statement is {longest} with {lengths[longest]}"


@pytest.mark.parametrize("scope", [SCOPE, LONGEST], ids=["usual", "longest"])
def test_each_policy_fits_a_managed_policy(scope: Scope) -> None:
    documents = {
        **deployer_policies(scope),
        "boundary": boundary_policy(scope),
        "exec": exec_policy(scope),
        "github-preview": preview_policy(scope),
    }
    assert [said for name, policy in documents.items() if (said := too_long(name, policy))] == []


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


def test_another_stack_with_the_same_beginning_is_out_of_reach() -> None:
    text = json.dumps(POLICIES)
    assert "conducky-dev*" not in text, "the hyphen before the star keeps dev from reaching dev2"
    assert "parameter/conducky/dev*" not in text


def test_roles_are_written_only_under_the_boundary() -> None:
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        (statement,) = granting(action)
        assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}


@pytest.mark.parametrize("action", ["iam:TagRole", "iam:DeleteRole", "iam:GetRole", "iam:UpdateAssumeRolePolicy"])
def test_calls_that_know_no_boundary_condition_do_not_carry_it(action: str) -> None:
    """IAM has no such key for them: with the condition they would be denied at every deployment."""
    (statement,) = granting(action)
    assert "Condition" not in statement


def test_roles_are_passed_to_tasks_only_and_one_to_schedules() -> None:
    statement, to_schedules = granting("iam:PassRole")
    assert to_schedules["Resource"] == ["arn:aws:iam::123456789012:role/conducky-dev-scheduler"]
    assert to_schedules["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    assert statement["Resource"] == ["arn:aws:iam::123456789012:role/conducky-dev-*"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


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


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteUserPolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:UpdateAccessKey",
    ],
)
def test_it_is_denied_even_if_another_policy_allows_it(action: str) -> None:
    deny = named("roles", "NoWayOut")
    assert deny["Effect"] == "Deny"
    assert deny["Resource"] == ["*"]
    assert "Condition" not in deny
    assert any(re.fullmatch(pattern.replace("*", ".*"), action) for pattern in deny["Action"])


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


def test_a_new_account_gets_its_service_roles() -> None:
    (statement,) = granting("iam:CreateServiceLinkedRole")
    assert statement["Resource"] == [
        f"arn:aws:iam::123456789012:role/aws-service-role/{service}.amazonaws.com/*"
        for service in ("ecs", "elasticloadbalancing", "rds")
    ]
    assert statement["Condition"]["StringEquals"]["iam:AWSServiceName"] == [
        "ecs.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "rds.amazonaws.com",
    ]


@pytest.mark.parametrize("action", ["ecr:BatchDeleteImage", "ecs:DeregisterTaskDefinition"])
def test_what_a_rollback_runs_stays(action: str) -> None:
    assert granting(action) == []
