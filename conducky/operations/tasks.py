"""The tasks of a stack: which run, which stopped, and which one a command means."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from conducky.access import READS_CONTAINERS, asking_aws
from conducky.errors import UserError, quoted
from conducky.operations.target import Target
from conducky.verification.task import Task, task_of

_MOST_AT_ONCE: Final = 100  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html


def find_tasks(
    target: Target,
    service: str | None = None,
    status: Literal["RUNNING", "STOPPED"] = "RUNNING",
    policy: str = READS_CONTAINERS,
) -> list[Task]:
    """A service's or the cluster's tasks, newest first, stopped ones for an hour. Raises UserError if AWS refuses."""
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


def choose_task(target: Target, tasks: Sequence[Task], wanted: str | None, service: str) -> Task:
    """The task whose id begins like this, else the newest running one. Raises UserError when none or several match."""
    matching = [task for task in tasks if task.task_id.startswith(wanted or "")]
    ready = [task for task in matching if task.status == "RUNNING"]
    if (ready or matching) and (not wanted or len(matching) == 1):
        return (ready or matching)[0]
    listed = ", ".join(task.short for task in tasks)
    if not tasks:
        raise UserError(f"no task of {service} runs", f"run {target.command('status')} to see why")
    if matching:
        raise UserError(f"{quoted(wanted)} is the beginning of several tasks' ids", f"type more of one: {listed}")
    raise UserError(f"no task of {service} has an id that begins with {quoted(wanted)}", f"choose one of {listed}")
