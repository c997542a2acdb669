"""The tasks of a stack: which run, which stopped, and which one a command means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from conducky.errors import UserError, quoted
from conducky.operations.access import asking_aws
from conducky.operations.target import LOOKING, Target

SHORT: Final = 8  # Characters of a task's id that people see; enough to tell a stack's tasks apart
_MOST_AT_ONCE: Final = 100  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html


@dataclass(frozen=True)
class Container:
    """One container of a task. `exec_agent` is the state of ECS Exec's agent, empty where there is none."""

    name: str
    runtime_id: str
    exec_agent: str
    image_digest: str


@dataclass(frozen=True)
class Task:
    """A task as ECS describes it. `group` is `service:NAME` or `family:NAME`; `raw` is ECS's whole description."""

    id: str
    arn: str
    group: str
    status: str
    health: str
    revision: str
    zone: str
    spot: bool
    address: str
    exec_enabled: bool
    started: datetime | None
    stopped: datetime | None
    containers: tuple[Container, ...]
    raw: dict[str, Any]

    @property
    def short(self) -> str:
        """The part of the id that people see and type."""
        return self.id[:SHORT]

    def container(self, name: str) -> Container | None:
        """The container of this name."""
        return next((each for each in self.containers if each.name == name), None)


def find_tasks(
    target: Target,
    service: str | None = None,
    status: Literal["RUNNING", "STOPPED"] = "RUNNING",
    policy: str = LOOKING,
) -> list[Task]:
    """The tasks of a service, or of the whole cluster; the newest first. ECS remembers a stopped one for an hour.

    Raises:
        UserError: when nothing is deployed, or AWS refuses.
    """
    of = {"serviceName": service} if service else {}
    with asking_aws("see the tasks", target.policy(policy)):
        try:
            pages = target.ecs.get_paginator("list_tasks").paginate(cluster=target.cluster, desiredStatus=status, **of)
            arns: list[str] = [arn for page in pages for arn in page["taskArns"]]
            described: list[dict[str, Any]] = [
                task
                for begin in range(0, len(arns), _MOST_AT_ONCE)
                for task in target.ecs.describe_tasks(
                    cluster=target.cluster, tasks=arns[begin : begin + _MOST_AT_ONCE]
                )["tasks"]
            ]
        except target.ecs.exceptions.ClusterNotFoundException:
            raise target.not_deployed(f"the cluster {target.cluster}") from None
        except target.ecs.exceptions.ServiceNotFoundException:
            raise target.not_deployed(f"the service {service}") from None
    tasks = [task_of(each) for each in described]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(tasks, key=lambda task: task.started or task.raw.get("createdAt") or never, reverse=True)


def choose_task(tasks: Sequence[Task], wanted: str | None, service: str) -> Task:
    """The task whose id begins like this; the newest running one where none is named.

    Raises:
        UserError: when none or several match.
    """
    matching = [task for task in tasks if task.id.startswith(wanted or "")]
    ready = [task for task in matching if task.status == "RUNNING"]
    if (ready or matching) and (not wanted or len(matching) == 1):
        return (ready or matching)[0]
    listed = ", ".join(task.short for task in tasks)
    if not tasks:
        raise UserError(f"no task of {service} runs", "run `conducky status` to see why")
    if matching:
        raise UserError(f"{quoted(wanted)} is the beginning of several tasks' ids", f"type more of one: {listed}")
    raise UserError(f"no task of {service} has an id that begins with {quoted(wanted)}", f"choose one of {listed}")


def task_of(found: dict[str, Any]) -> Task:
    """A task from ECS's description."""
    return Task(
        id=str(found["taskArn"]).rpartition("/")[2],
        arn=str(found["taskArn"]),
        group=str(found.get("group", "")),
        status=str(found.get("lastStatus", "")),
        health=str(found.get("healthStatus", "")),
        revision=str(found.get("taskDefinitionArn", "")).rpartition("/")[2],
        zone=str(found.get("availabilityZone", "")),
        spot=found.get("capacityProviderName") == "FARGATE_SPOT",
        address=_address(found),
        exec_enabled=bool(found.get("enableExecuteCommand")),
        started=found.get("startedAt"),
        stopped=found.get("stoppedAt"),
        containers=tuple(_container(each) for each in found.get("containers", [])),
        raw=found,
    )


def _container(found: dict[str, Any]) -> Container:
    agents = {agent.get("name"): str(agent.get("lastStatus", "")) for agent in found.get("managedAgents", [])}
    return Container(
        name=str(found.get("name", "")),
        runtime_id=str(found.get("runtimeId", "")),
        exec_agent=agents.get("ExecuteCommandAgent", ""),
        image_digest=str(found.get("imageDigest", "")),
    )


def _address(found: dict[str, Any]) -> str:
    """The task's private address, by which its target group knows it."""
    for attachment in found.get("attachments", []):
        for detail in attachment.get("details", []):
            if detail.get("name") == "privateIPv4Address":
                return str(detail.get("value", ""))
    return ""
