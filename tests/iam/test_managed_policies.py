"""What AWS's own policies for the same jobs allow, the deployer may do too, or there is a reason why it need not."""

from fnmatch import fnmatchcase

import pytest

from tests.iam.deployments import Deployment
from tests.iam.managed_policies import BLANKET, NOT_NEEDED, PUBLISHED, ManagedPolicy, managed_policies
from tests.summary import note


@pytest.fixture(scope="module")
def published() -> list[ManagedPolicy]:
    return managed_policies()


@pytest.fixture(scope="module")
def allowed(dev: Deployment) -> set[str]:
    statements = [statement for document in dev.policies.values() for statement in document["Statement"]]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    return {action for each in statements if each["Effect"] == "Allow" for action in each["Action"]}  # pyright: ignore[reportUnknownVariableType]


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_action_is_allowed_or_has_a_reason(published: list[ManagedPolicy], allowed: set[str], name: str) -> None:
    policy = next(each for each in published if each.name == name)
    rest = [action for action in policy.actions if action not in allowed]
    unexplained = [action for action in rest if not _reasons(action, policy)]
    assert unexplained == [], "allow it, or say in NOT_NEEDED why no call needs it"
    note(
        "IAM",
        f"{name} {policy.version} ({policy.edited}): {len(policy.actions)} actions, "
        f"{len(policy.actions) - len(rest)} allowed, each other one with a reason",
    )


def _reasons(action: str, policy: ManagedPolicy) -> list[str]:
    found = [pattern for pattern in NOT_NEEDED if fnmatchcase(action, pattern)]
    return [pattern for pattern in found if pattern != BLANKET or action not in policy.named]


def test_each_reason_is_for_an_action(published: list[ManagedPolicy], allowed: set[str]) -> None:
    rest = {action for policy in published for action in policy.actions} - allowed
    stale = [pattern for pattern in NOT_NEEDED if not any(fnmatchcase(action, pattern) for action in rest)]
    assert stale == [], "these are allowed by now, or AWS has dropped them"


def test_what_aws_added_for_load_balancers_is_allowed(allowed: set[str]) -> None:
    """With these its own policy grew after its API began to ask for the first: v8 of 2024-10-24, v9 of 2026-02-23."""
    assert {"ec2:GetSecurityGroupsForVpc", "ec2:DescribeAvailabilityZones"} <= allowed
