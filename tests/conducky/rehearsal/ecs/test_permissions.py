import json
from collections.abc import Callable

import pytest

from conducky.rehearsal.account import Machine
from conducky.rehearsal.ecs.permissions import missing_permission

ROLE = "arn:aws:iam::123456789012:role/worker"
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/conducky/dev/KEY"
READ = "ssm:GetParameters"

Grant = Callable[..., None]


@pytest.fixture
def grant(machine: Machine) -> Grant:
    """Gives the role `worker` one more inline policy."""
    machine.remember("aws:iam/role:Role", "worker", {"arn": ROLE, "name": "worker"})

    def add(action: object = READ, resource: object = PARAMETER, effect: str = "Allow", role: str = "worker") -> None:
        number = len(machine.of("aws:iam/rolePolicy:RolePolicy"))
        document = {"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
        machine.remember("aws:iam/rolePolicy:RolePolicy", str(number), {"role": role, "policy": json.dumps(document)})

    return add


def bound(machine: Machine, action: str, resource: str = "*") -> None:
    document = {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
    machine.remember("aws:iam/policy:Policy", "limit", {"arn": "limit", "policy": json.dumps(document)})
    machine.resources["aws:iam/role:Role"]["worker"]["permissionsBoundary"] = "limit"


def problem(machine: Machine) -> str | None:
    return missing_permission(machine, ROLE, READ, PARAMETER)


def test_a_role_that_does_not_exist_may_nothing(machine: Machine) -> None:
    assert problem(machine) == f"the role {ROLE} does not exist: make it in services/task_roles.py"


def test_a_role_may_nothing_by_itself(machine: Machine, grant: Grant) -> None:
    assert problem(machine) == (f"the role worker may not {READ} on {PARAMETER}: allow it in services/role_policies.py")


@pytest.mark.parametrize("action", [READ, "ssm:*", "ssm:Get?arameters", "SSM:getparameters", ["a:B", READ]])
def test_an_action_may_be_granted_in_several_ways(machine: Machine, grant: Grant, action: object) -> None:
    grant(action)

    assert problem(machine) is None


@pytest.mark.parametrize("resource", ["*", PARAMETER, f"{PARAMETER[:-3]}*", ["arn:aws:ssm:::other", PARAMETER]])
def test_a_resource_may_be_granted_in_several_ways(machine: Machine, grant: Grant, resource: object) -> None:
    grant(READ, resource)

    assert problem(machine) is None


@pytest.mark.parametrize("resource", [PARAMETER[:-1], PARAMETER.upper(), PARAMETER.lower(), f"{PARAMETER}/*"])
def test_a_resource_that_is_not_exactly_it_grants_nothing(machine: Machine, grant: Grant, resource: str) -> None:
    grant(READ, resource)

    assert "may not ssm:GetParameters" in str(problem(machine))


def test_another_roles_policy_does_not_count(machine: Machine, grant: Grant) -> None:
    grant(role="somebody-else")

    assert problem(machine) is not None


def test_a_denial_wins(machine: Machine, grant: Grant) -> None:
    grant()
    grant("ssm:*", "*", effect="Deny")

    assert "the role worker may not" in str(problem(machine))


def test_the_boundary_has_to_allow_it_too(machine: Machine, grant: Grant) -> None:
    grant()
    bound(machine, "logs:*")

    assert problem(machine) == (
        f"the permissions boundary of the role worker does not let it {READ} on {PARAMETER}: "
        "allow it in bootstrap/boundary_policy.py"
    )


def test_the_boundary_alone_grants_nothing(machine: Machine, grant: Grant) -> None:
    bound(machine, "*")

    assert "the role worker may not" in str(problem(machine))


def test_what_both_allow_is_allowed(machine: Machine, grant: Grant) -> None:
    grant()
    bound(machine, "ssm:Get*", "arn:aws:ssm:*")

    assert problem(machine) is None


def test_a_boundary_that_does_not_exist_is_no_freedom(machine: Machine, grant: Grant) -> None:
    grant()
    machine.resources["aws:iam/role:Role"]["worker"]["permissionsBoundary"] = "arn:aws:iam::123456789012:policy/gone"

    assert "does not exist" in str(problem(machine))
