"""What ECS reports of one service: its deployments and their revisions, its events, and why its tasks stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from conducky import aws
from conducky.errors import printable
from conducky.verification.stopped import Reason, why_stopped

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient

EVENTS: Final = 8
TASKS: Final = 10
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
class ServiceDeployment:
    """One rollout of a service, as ECS keeps it for 90 days; `target` is the ARN of the service's revision."""

    status: str
    reason: str
    target: str

    @property
    def succeeded(self) -> bool:
        """Whether the revision is live."""
        return self.status == "SUCCESSFUL"

    @property
    def failed(self) -> bool:
        """Whether it ended without the revision being live: stopped by a person, or rolled back."""
        return self.status in {"STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}


@dataclass(frozen=True)
class ServiceRevision:
    """What a rollout brings: a task definition, and the digest of each container's image."""

    task_definition: str
    digests: Mapping[str, str]


@dataclass(frozen=True)
class StoppedTask:
    """A task that ended, and why."""

    task_id: str
    revision: str
    reason: Reason


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


def last_deployment(clients: AwsClients, cluster: str, service: str) -> ServiceDeployment | None:
    """The newest rollout of a service; None where ECS keeps none, as for one that is older than 90 days."""
    listed = clients.ecs.list_service_deployments(cluster=cluster, service=service, maxResults=20)
    briefs = [cast("dict[str, Any]", each) for each in listed.get("serviceDeployments", [])]
    if not briefs:
        return None
    newest = max(briefs, key=lambda each: str(each.get("createdAt", "")))["serviceDeploymentArn"]
    found = clients.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"]
    return _service_deployment(cast("dict[str, Any]", found[0])) if found else None


def service_revision(clients: AwsClients, arn: str) -> ServiceRevision | None:
    """A revision of a service; None where ECS does not know it."""
    found = clients.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"]
    if not found:
        return None
    revision = cast("dict[str, Any]", found[0])
    digests = {each["containerName"]: each.get("imageDigest", "") for each in revision.get("containerImages", [])}
    return ServiceRevision(revision.get("taskDefinition", ""), digests)


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


def _service_deployment(found: dict[str, Any]) -> ServiceDeployment:
    breaker = found.get("deploymentCircuitBreaker", {})
    alarms = found.get("alarms", {}).get("triggeredAlarmNames", [])
    said = [
        found.get("rollback", {}).get("reason") or found.get("statusReason"),
        f"{breaker['failureCount']} tasks failed" if breaker.get("status") == "TRIGGERED" else "",
        f"alarm {', '.join(alarms)}" if alarms else "",
    ]
    return ServiceDeployment(
        status=found.get("status", ""),
        reason=printable("; ".join(part for part in said if part)),
        target=found.get("targetServiceRevision", {}).get("arn", ""),
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
    return StoppedTask(
        task_id=task["taskArn"].rpartition("/")[2],
        revision=task.get("taskDefinitionArn", "").rpartition("/")[2],
        reason=why_stopped(task),
    )
