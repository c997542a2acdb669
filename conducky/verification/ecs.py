"""What ECS reports of services and tasks: deployments and their revisions, events, and why tasks stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import Field

from conducky import aws
from conducky.errors import printable
from conducky.verification.task import Described, Task, Text, task_of

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


class Deployment(Described):
    """One deployment of a service, that ECS is rolling out, keeps running or replaces."""

    status: str = ""
    task_definition: str = ""
    rollout: str = Field("", validation_alias="rolloutState")
    reason: Text = Field("", validation_alias="rolloutStateReason")
    desired: int = Field(0, validation_alias="desiredCount")
    running: int = Field(0, validation_alias="runningCount")
    updated: datetime | None = Field(None, validation_alias="updatedAt")

    @property
    def primary(self) -> bool:
        """Whether it is the one that ECS is rolling out or keeps running."""
        return self.status == "PRIMARY"

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return self.task_definition.rpartition("/")[2]


class Event(Described):
    """What ECS reports of a service."""

    at: datetime | None = Field(None, validation_alias="createdAt")
    text: Text = Field("", validation_alias="message")

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.text}" if self.at else self.text


class Service(Described):
    """One service as ECS describes it; `reported` are its events, the newest first."""

    name: str = Field(validation_alias="serviceName")
    status: str = ""
    task_definition: str = ""
    desired: int = Field(0, validation_alias="desiredCount")
    running: int = Field(0, validation_alias="runningCount")
    pending: int = Field(0, validation_alias="pendingCount")
    deployments: tuple[Deployment, ...] = ()
    reported: tuple[Event, ...] = Field((), validation_alias="events")
    load_balancers: tuple[dict[str, Any], ...] = ()

    @property
    def active(self) -> bool:
        """Whether it exists, and is not being deleted."""
        return self.status == "ACTIVE"

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return self.task_definition.rpartition("/")[2]

    @property
    def primary(self) -> Deployment | None:
        """The deployment that ECS is rolling out or keeps running."""
        return next((each for each in self.deployments if each.primary), None)

    @property
    def target_groups(self) -> set[str]:
        """Where its tasks are registered; where traffic is shifted, in either or both."""
        ways = [{**each, **each.get("advancedConfiguration", {})} for each in self.load_balancers]
        names = ("targetGroupArn", "alternateTargetGroupArn")
        return {str(way[name]) for way in ways for name in names if way.get(name)}

    @property
    def events(self) -> tuple[str, ...]:
        """The newest events, each with its time of day."""
        return tuple(map(str, self.reported[:EVENTS]))


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


def describe(clients: AwsClients, cluster: str, names: list[str]) -> dict[str, Service]:
    """The services that exist, by name."""
    answer = clients.ecs.describe_services(cluster=cluster, services=names)
    return {each["serviceName"]: Service.model_validate(each) for each in answer["services"] if "serviceName" in each}


def image_and_variables(clients: AwsClients, task_definition: str) -> tuple[str, dict[str, str]]:
    """The image of a task definition's container, and its plain environment variables."""
    answer = clients.ecs.describe_task_definition(taskDefinition=task_definition)
    for container in answer["taskDefinition"].get("containerDefinitions", []):
        variables = {each.get("name", ""): each.get("value", "") for each in container.get("environment", [])}
        return container.get("image", ""), variables
    return "", {}


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


def stopped_tasks(clients: AwsClients, cluster: str, service: str) -> list[Task]:
    """The last tasks that stopped (ECS remembers them for an hour), the newest first."""
    listed = clients.ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED", maxResults=20)
    if not listed["taskArns"]:
        return []
    described = clients.ecs.describe_tasks(cluster=cluster, tasks=listed["taskArns"])["tasks"]
    newest = sorted(described, key=lambda task: str(task.get("stoppedAt") or task.get("createdAt")), reverse=True)
    return [task_of(task) for task in newest[:TASKS]]


def last_lines(clients: AwsClients, group: str, service: str, task_id: str) -> list[str]:
    """The end of what one task wrote. Its stream is named as the `awslogs` driver names it."""
    answer = clients.logs.get_log_events(
        logGroupName=group, logStreamName=f"{service}/{service}/{task_id}", limit=LOG_LINES, startFromHead=False
    )
    return [printable(event.get("message", "").rstrip()) for event in answer["events"]]


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
