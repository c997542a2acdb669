"""What ECS reports of one service: its deployments, its events, and why its tasks stopped."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from conducky import aws
from conducky.errors import printable

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient

EVENTS: Final = 8
TASKS: Final = 3
LOG_LINES: Final = 25


@dataclass(frozen=True)
class AwsClients:
    """The clients of AWS, with the credentials of the environment."""

    ecs: "ECSClient"
    logs: "CloudWatchLogsClient"


def clients(region: str) -> AwsClients:
    """Clients for one region."""
    session = aws.session(region)
    return AwsClients(aws.ecs(session), aws.logs(session))


@dataclass(frozen=True)
class Deployment:
    """One deployment of a service: `primary` is the one that ECS is rolling out or keeps running."""

    primary: bool
    task_definition: str
    rollout: str
    reason: str
    desired: int
    running: int

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return self.task_definition.rpartition("/")[2]


@dataclass(frozen=True)
class Service:
    """One service as ECS describes it; events are the newest first."""

    name: str
    active: bool
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    events: tuple[str, ...]

    @property
    def primary(self) -> Deployment | None:
        """The deployment that ECS is rolling out or keeps running."""
        return next((each for each in self.deployments if each.primary), None)


@dataclass(frozen=True)
class StoppedTask:
    """A task that ended, and every reason that ECS gives."""

    task_id: str
    revision: str
    reason: str


def describe(clients: AwsClients, cluster: str, names: list[str]) -> dict[str, Service]:
    """The services that exist, by name."""
    answer = clients.ecs.describe_services(cluster=cluster, services=names)
    return {service.name: service for service in (_service(cast("dict[str, Any]", s)) for s in answer["services"])}


def expected_variable(clients: AwsClients, task_definition: str, name: str) -> str | None:
    """The value of a plain environment variable in a task definition's container."""
    answer = clients.ecs.describe_task_definition(taskDefinition=task_definition)
    for container in answer["taskDefinition"].get("containerDefinitions", []):
        for entry in container.get("environment", []):
            if entry.get("name") == name:
                return entry.get("value")
    return None


def why_rolled_back(clients: AwsClients, cluster: str, service: str) -> str | None:
    """The reason that ECS gives for the last deployment that it rolled back or stopped."""
    answer = clients.ecs.list_service_deployments(cluster=cluster, service=service, maxResults=10)
    for brief in answer.get("serviceDeployments", []):
        if brief.get("status", "").startswith(("ROLLBACK", "STOP")):
            return printable(brief.get("statusReason") or brief.get("status", "")) or None
    return None


def stopped_tasks(clients: AwsClients, cluster: str, service: str) -> list[StoppedTask]:
    """The last tasks that stopped (ECS remembers them for an hour), the newest first."""
    listed = clients.ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED", maxResults=20)
    if not listed["taskArns"]:
        return []
    described = clients.ecs.describe_tasks(cluster=cluster, tasks=listed["taskArns"])["tasks"]
    tasks = [cast("dict[str, Any]", task) for task in described]
    tasks.sort(key=lambda task: str(task.get("stoppedAt") or task.get("createdAt") or ""), reverse=True)
    return [_stopped(task) for task in tasks[:TASKS]]


def last_lines(clients: AwsClients, group: str, service: str, task_id: str) -> list[str]:
    """The end of what one task wrote. Its stream is named as the `awslogs` driver names it."""
    answer = clients.logs.get_log_events(
        logGroupName=group, logStreamName=f"{service}/{service}/{task_id}", limit=LOG_LINES, startFromHead=False
    )
    return [printable(event.get("message", "").rstrip()) for event in answer["events"]]


def _service(found: dict[str, Any]) -> Service:
    return Service(
        name=found["serviceName"],
        active=found.get("status") == "ACTIVE",
        desired=found.get("desiredCount", 0),
        running=found.get("runningCount", 0),
        pending=found.get("pendingCount", 0),
        deployments=tuple(_deployment(each) for each in found.get("deployments", [])),
        events=tuple(_event(each) for each in found.get("events", [])[:EVENTS]),
    )


def _deployment(found: dict[str, Any]) -> Deployment:
    return Deployment(
        primary=found.get("status") == "PRIMARY",
        task_definition=found.get("taskDefinition", ""),
        rollout=found.get("rolloutState", ""),
        reason=printable(found.get("rolloutStateReason", "")),
        desired=found.get("desiredCount", 0),
        running=found.get("runningCount", 0),
    )


def _event(found: dict[str, Any]) -> str:
    at = found.get("createdAt")
    clock = f"{at:%H:%M:%S} " if isinstance(at, datetime) else ""
    return clock + printable(found.get("message", ""))


def _stopped(task: dict[str, Any]) -> StoppedTask:
    reasons = [task.get("stoppedReason")]
    for container in task.get("containers", []):
        if "exitCode" in container:
            reasons.append(f"{container.get('name')} ended with exit code {container['exitCode']}")
        if container.get("reason"):
            reasons.append(f"{container.get('name')}: {container['reason']}")
    return StoppedTask(
        task_id=task["taskArn"].rpartition("/")[2],
        revision=task.get("taskDefinitionArn", "").rpartition("/")[2],
        reason=printable("; ".join(part for part in reasons if part)) or "ECS gives no reason",
    )
