"""The roles for AWS's services: under a boundary, for one service each, and the ones that services is handed."""

import json
from typing import Any

import pytest

from conducky.evaluation.evaluate import Evaluation

ROLE, ROLE_POLICY, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"
TASKS, SCHEDULER, ECS = "ecs-tasks.amazonaws.com", "scheduler.amazonaws.com", "ecs.amazonaws.com"
SERVICES = {
    "execution-backend": TASKS,
    "execution-frontend": TASKS,
    "task-backend": TASKS,
    "task-frontend": TASKS,
    "scheduler": SCHEDULER,
    "infrastructure": ECS,
}


def actions(text: str) -> set[str]:
    return {action for statement in json.loads(text)["Statement"] for action in statement["Action"]}


def test_services_makes_no_role(services: Evaluation) -> None:
    assert [resource.name for resource in services.resources if resource.type.startswith("aws:iam/")] == []


def test_every_role_exists_whatever_the_settings(bootstrap: Evaluation) -> None:
    assert {role.name for role in bootstrap.of(ROLE)} == {*SERVICES, "destroy"}
    assert {role.name for role in bootstrap.of(ROLE_POLICY)} == {*SERVICES}


@pytest.mark.parametrize("part", SERVICES)
def test_one_service_assumes_it(bootstrap: Evaluation, part: str) -> None:
    (statement,) = json.loads(bootstrap.one(ROLE, part).inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": SERVICES[part]}
    # Guarded against a confused deputy, where the service names the account when it assumes the role.
    for_this_account = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    without = ("execution-backend", "execution-frontend", "infrastructure")
    assert statement.get("Condition") == (None if part in without else for_this_account)


@pytest.mark.parametrize("part", SERVICES)
def test_its_boundary_leaves_every_right_of_it(bootstrap: Evaluation, part: str) -> None:
    """What the boundary does not allow a role cannot do, whatever its own policy says."""
    boundaries: dict[str, Any] = {policy.outputs["arn"]: policy for policy in bootstrap.of(POLICY)}
    boundary = boundaries[bootstrap.one(ROLE, part).inputs["permissionsBoundary"]]
    rights = bootstrap.one(ROLE_POLICY, part)
    assert rights.inputs["role"] == bootstrap.one(ROLE, part).outputs["name"]
    assert actions(rights.inputs["policy"]) <= actions(boundary.inputs["policy"])


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_tasks_get_the_roles_of_their_application(
    bootstrap: Evaluation, services: Evaluation, application: str
) -> None:
    definition = services.one("aws:ecs/taskDefinition:TaskDefinition", f"conducky-dev-{application}")
    for kind, given in (("execution", "executionRoleArn"), ("task", "taskRoleArn")):
        role = bootstrap.one(ROLE, f"{kind}-{application}").outputs["arn"]
        assert definition.inputs[given] == bootstrap.exports[f"{application}_{kind}_role_arn"] == role
