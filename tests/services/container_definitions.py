"""What the tests read out of a task definition."""

import json
from typing import Any

from conducky.evaluation.evaluate import Evaluation

TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


def container(services: Evaluation, service: str) -> dict[str, Any]:
    """The one container of a service's task definition."""
    definition = services.one(TASK_DEFINITION, f"conducky-{services.stack}-{service}")
    (only,) = json.loads(definition.inputs["containerDefinitions"])
    return only


def environment(services: Evaluation, service: str) -> dict[str, str]:
    """The plain environment of a service's container."""
    return {entry["name"]: entry["value"] for entry in container(services, service)["environment"]}


def secrets(services: Evaluation, service: str) -> dict[str, str]:
    """The secrets of a service's container: variable to parameter ARN."""
    return {entry["name"]: entry["valueFrom"] for entry in container(services, service)["secrets"]}
