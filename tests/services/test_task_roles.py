"""The roles of each task: under the boundary, for ECS of this account alone, and naming only what is theirs."""

import json
from typing import Any

import pytest

from conducky.evaluation.evaluate import Evaluation, Resource
from tests.services.container_definitions import secrets

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
NAMES = [f"conducky-dev-{service}-{kind}" for service in ("backend", "frontend") for kind in ("execution", "task")]


def statements(policy: Resource) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in json.loads(policy.inputs["policy"])["Statement"]}


def test_these_roles_exist_and_no_others(services: Evaluation) -> None:
    assert sorted(role.name for role in services.of(ROLE)) == sorted(NAMES)
    assert sorted(policy.name for policy in services.of(ROLE_POLICY)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_boundary_is_attached(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    assert services.one(ROLE, name).inputs["permissionsBoundary"] == bootstrap.exports["boundary_arn"]


@pytest.mark.parametrize("name", NAMES)
def test_only_ecs_tasks_take_it_on(services: Evaluation, name: str) -> None:
    (statement,) = json.loads(services.one(ROLE, name).inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    # What runs inside is guarded against a confused deputy; ECS's agent assumes the execution role without the key.
    for_this_account = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert statement.get("Condition") == (for_this_account if name.endswith("-task") else None)


@pytest.mark.parametrize("name", NAMES)
def test_policies_are_inline(services: Evaluation, name: str) -> None:
    """An attached managed policy would need a right that the deployer does not have."""
    assert "managedPolicyArns" not in services.one(ROLE, name).inputs
    assert services.one(ROLE_POLICY, name).inputs["role"] == services.one(ROLE, name).outputs["name"]


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_the_execution_role_names_only_its_own(services: Evaluation, bootstrap: Evaluation, service: str) -> None:
    found = statements(services.one(ROLE_POLICY, f"conducky-dev-{service}-execution"))
    log_group = services.one("aws:cloudwatch/logGroup:LogGroup", f"conducky-dev-{service}").outputs["arn"]
    assert found["PullImage"]["Resource"] == [bootstrap.exports[f"{service}_repository_arn"]]
    assert found["WriteLogs"]["Resource"] == [f"{log_group}:*"]
    assert [sid for sid, statement in found.items() if statement["Resource"] == ["*"]] == ["PullToken"]


def test_the_backend_reads_its_three_parameters_and_the_frontend_none(services: Evaluation) -> None:
    backend = statements(services.one(ROLE_POLICY, "conducky-dev-backend-execution"))
    assert backend["ReadParameters"]["Resource"] == sorted(secrets(services, "backend").values())
    assert "ReadParameters" not in statements(services.one(ROLE_POLICY, "conducky-dev-frontend-execution"))


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_exec_reaches_into_the_task_role(services: Evaluation, service: str) -> None:
    assert list(statements(services.one(ROLE_POLICY, f"conducky-dev-{service}-task"))) == ["ExecChannel"]


@pytest.mark.parametrize("name", NAMES)
def test_the_boundary_leaves_every_right_of_the_role(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    """What the boundary does not allow a role cannot do, whatever its own policy says."""
    boundary = json.loads(bootstrap.one("aws:iam/policy:Policy", "boundary").inputs["policy"])["Statement"]
    outer = {action for statement in boundary for action in statement["Action"]}
    inner = {
        action for statement in statements(services.one(ROLE_POLICY, name)).values() for action in statement["Action"]
    }
    assert inner <= outer
