import json
from collections.abc import Callable

import pytest

from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.permissions import require_permission

ROLE = "arn:aws:iam::123456789012:role/worker"
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/conducky/dev/KEY"
READ = "ssm:GetParameters"

Grant = Callable[..., None]


@pytest.fixture
def grant(account: Account) -> Grant:
    """Gives the role `worker` one more inline policy."""
    account.remember("aws:iam/role:Role", "worker", {"arn": ROLE, "name": "worker"})

    def add(action: object = READ, resource: object = PARAMETER, effect: str = "Allow", role: str = "worker") -> None:
        number = len(account.of("aws:iam/rolePolicy:RolePolicy"))
        document = {"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
        account.remember("aws:iam/rolePolicy:RolePolicy", str(number), {"role": role, "policy": json.dumps(document)})

    return add


def bound(account: Account, action: str, resource: str = "*") -> None:
    document = {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
    account.remember("aws:iam/policy:Policy", "limit", {"arn": "limit", "policy": json.dumps(document)})
    account.resources["aws:iam/role:Role"]["worker"]["permissionsBoundary"] = "limit"


def problem(account: Account) -> str | None:
    try:
        require_permission(account, ROLE, READ, PARAMETER)
    except ResourceFailedError as error:
        return str(error)
    return None


def test_a_role_that_does_not_exist_may_nothing(account: Account) -> None:
    assert problem(account) == f"the role {ROLE} does not exist: create it in bootstrap/workload_roles.py"


def test_a_role_may_nothing_by_itself(account: Account, grant: Grant) -> None:
    assert problem(account) == (
        f"the role worker may not {READ} on {PARAMETER}: allow it in bootstrap/role_policies.py"
    )


@pytest.mark.parametrize("action", [READ, "ssm:*", "ssm:Get?arameters", "SSM:getparameters", ["a:B", READ]])
def test_an_action_may_be_granted_in_several_ways(account: Account, grant: Grant, action: object) -> None:
    grant(action)

    assert problem(account) is None


@pytest.mark.parametrize("resource", ["*", PARAMETER, f"{PARAMETER[:-3]}*", ["arn:aws:ssm:::other", PARAMETER]])
def test_a_resource_may_be_granted_in_several_ways(account: Account, grant: Grant, resource: object) -> None:
    grant(READ, resource)

    assert problem(account) is None


@pytest.mark.parametrize("resource", [PARAMETER[:-1], PARAMETER.upper(), PARAMETER.lower(), f"{PARAMETER}/*"])
def test_a_resource_that_is_not_exactly_it_grants_nothing(account: Account, grant: Grant, resource: str) -> None:
    grant(READ, resource)

    assert "may not ssm:GetParameters" in str(problem(account))


def test_another_roles_policy_does_not_count(account: Account, grant: Grant) -> None:
    grant(role="somebody-else")

    assert problem(account) is not None


def test_a_denial_wins(account: Account, grant: Grant) -> None:
    grant()
    grant("ssm:*", "*", effect="Deny")

    assert "the role worker may not" in str(problem(account))


def test_the_boundary_has_to_allow_it_too(account: Account, grant: Grant) -> None:
    grant()
    bound(account, "logs:*")

    assert problem(account) == (
        f"the permissions boundary of the role worker does not let it {READ} on {PARAMETER}: "
        "allow it in bootstrap/boundary_policy.py"
    )


def test_the_boundary_alone_grants_nothing(account: Account, grant: Grant) -> None:
    bound(account, "*")

    assert "the role worker may not" in str(problem(account))


def test_what_both_allow_is_allowed(account: Account, grant: Grant) -> None:
    grant()
    bound(account, "ssm:Get*", "arn:aws:ssm:*")

    assert problem(account) is None


def test_a_boundary_that_does_not_exist_allows_nothing(account: Account, grant: Grant) -> None:
    grant()
    account.resources["aws:iam/role:Role"]["worker"]["permissionsBoundary"] = "arn:aws:iam::123456789012:policy/gone"

    assert "does not exist" in str(problem(account))
