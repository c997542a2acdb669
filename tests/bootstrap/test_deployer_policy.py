"""What the deployer may do: enough, scoped to one stack, and with no way to widen it."""

import json
import re
from typing import Any

import pytest
from deployer_policy import deployer_policies
from deployer_scope import Scope

from conducky.naming import Names
from conducky.policy import Policy

SCOPE = Scope(Names("conducky", "dev"), "us-east-1", "123456789012")
LONGEST = Scope(Names("a" * 14, "dev"), "ap-southeast-1", "123456789012")  # 17 characters, and the longest region
POLICIES = deployer_policies(SCOPE)
BOUNDARY = "arn:aws:iam::123456789012:policy/conducky-dev-boundary"

# Actions without a resource level in the Service Authorization Reference, or whose resource AWS names itself; they read
# or make, and the rest of each request is restricted by other statements.
MAY_STAND_ON_EVERYTHING = {
    "ecr:GetAuthorizationToken",
    "ecs:DeregisterTaskDefinition",
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


def reads(action: str) -> bool:
    return re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List)\w*\*?", action) is not None


@pytest.mark.parametrize("scope", [SCOPE, LONGEST], ids=["usual", "longest"])
def test_each_policy_fits_a_managed_policy(scope: Scope) -> None:
    for area, policy in deployer_policies(scope).items():
        length = len(re.sub(r"\s", "", json.dumps(policy)))
        assert length <= 6144, f"policy {area} has {length} characters without white space, and IAM takes 6,144"


def test_there_are_no_more_policies_than_a_user_may_have() -> None:
    assert len(POLICIES) <= 10


@pytest.mark.parametrize(("area", "statement"), ALLOWED, ids=ALLOW_IDS)
def test_a_wildcard_action_only_reads(area: str, statement: dict[str, Any]) -> None:
    wild = [action for action in statement["Action"] if "*" in action and not reads(action)]
    assert wild == [], f"{area}/{statement['Sid']} allows {wild}: name each action"


@pytest.mark.parametrize(("area", "statement"), ALLOWED, ids=ALLOW_IDS)
def test_what_stands_on_everything_only_reads(area: str, statement: dict[str, Any]) -> None:
    if "*" not in statement["Resource"]:
        return
    writing = {action for action in statement["Action"] if not reads(action)} - MAY_STAND_ON_EVERYTHING
    assert writing == set(), f"{area}/{statement['Sid']} allows {writing} on every resource"


@pytest.mark.parametrize(("area", "statement"), ALLOWED, ids=ALLOW_IDS)
def test_what_writes_names_this_stack(area: str, statement: dict[str, Any]) -> None:
    """By the name of the resource, by the stack's tags, or by the service that a role is for."""
    if all(reads(action) or action in MAY_STAND_ON_EVERYTHING for action in statement["Action"]):
        return
    by_name = all(
        re.search(r"[:/]conducky-dev-|/conducky/dev/", resource) is not None for resource in statement["Resource"]
    )
    conditions = statement.get("Condition", {}).get("StringEquals", {})
    by_tag = any(
        (conditions.get(f"aws:{kind}/Project"), conditions.get(f"aws:{kind}/Stack")) == ("conducky", "dev")
        for kind in ("RequestTag", "ResourceTag")
    )
    exempt = statement["Sid"] in {"CreateSecurityGroupsInVpc", "FirstUseOfAService"}  # a shared VPC; AWS's own roles
    assert by_name or by_tag or exempt, f"{area}/{statement['Sid']} reaches beyond stack dev: {statement}"


def test_another_stack_with_the_same_beginning_is_out_of_reach() -> None:
    text = json.dumps(POLICIES)
    assert "conducky-dev*" not in text, "the hyphen before the star keeps dev from reaching dev2"
    assert "parameter/conducky/dev*" not in text


def test_roles_are_written_only_under_the_boundary() -> None:
    writing = granting("iam:CreateRole") + granting("iam:PutRolePolicy")
    assert writing, "services needs to create roles"
    for statement in writing:
        assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}


@pytest.mark.parametrize("action", ["iam:TagRole", "iam:DeleteRole", "iam:GetRole", "iam:UpdateAssumeRolePolicy"])
def test_calls_that_know_no_boundary_condition_do_not_carry_it(action: str) -> None:
    """IAM has no such key for them: with the condition they would be denied at every deployment."""
    (statement,) = granting(action)
    assert "Condition" not in statement


def test_roles_are_passed_to_tasks_only() -> None:
    (statement,) = granting("iam:PassRole")
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
        "iam:PutRolePermissionsBoundary",
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
        "iam:PutRolePermissionsBoundary",
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


def test_nothing_that_is_needed_is_denied() -> None:
    patterns: list[str] = [pattern.replace("*", ".*") for pattern in named("roles", "NoWayOut")["Action"]]
    allowed: set[str] = {action for _, statement in ALLOWED for action in statement["Action"]}
    both = sorted(action for action in allowed if any(re.fullmatch(pattern, action) for pattern in patterns))
    assert both == [], "a Deny always wins"


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


@pytest.mark.parametrize("resource", ["log-group:conducky-dev-*", "log-group:conducky-dev-*:*"])
def test_log_groups_are_named_in_both_forms(resource: str) -> None:
    assert f"arn:aws:logs:us-east-1:123456789012:{resource}" in named("containers", "Logs")["Resource"]


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
    assert statement["Resource"] == ["arn:aws:iam::123456789012:role/aws-service-role/*"]
    assert statement["Condition"]["StringEquals"]["iam:AWSServiceName"] == [
        "ecs.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "rds.amazonaws.com",
    ]


def test_images_are_never_deleted() -> None:
    assert granting("ecr:BatchDeleteImage") == [], "an image that a rollback runs must stay"
