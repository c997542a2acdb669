"""The state of a stack, from AWS and Pulumi, asked at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, TypeVar

from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError, printable
from conducky.operations.access import asking_aws, in_parallel
from conducky.operations.history import Update, updates
from conducky.operations.status import (
    DatabaseStatus,
    DeploymentStatus,
    Event,
    ServiceStatus,
    Status,
    TaskStatus,
)
from conducky.operations.target import LOOKING, Target
from conducky.operations.tasks import Task, find_tasks
from conducky.repository import APPLICATIONS
from conducky.verification.causes import CAUSES
from conducky.verification.stopped import why_stopped

T = TypeVar("T")

LOOKING_AT_DATA: Final = "deployer-reads"  # The policy that allows looking at the database and at targets
_EVENTS: Final = 5
_STOPPED: Final = 3
_HISTORY: Final = 10


@dataclass
class Collector:
    """Asks about one stack. `notes` collects what could not be seen, which does not hide the rest."""

    target: Target
    notes: list[str] = field(default_factory=list[str])

    def collect(self) -> Status:
        """The whole state.

        Raises:
            UserError: when nothing is deployed here, or AWS refuses to show services or tasks.
        """
        target = self.target
        _ = target.ecs, self._elb, self._rds  # Created before threads start
        if target.why:
            self.notes.append(f"Pulumi cannot be asked: {target.why}")
        asked: list[Callable[[], Any]] = [
            self._described,
            partial(find_tasks, target),
            partial(find_tasks, target, status="STOPPED"),
            partial(self._noted, self._database),
            partial(self._noted, self._release),
        ]
        described, running, stopped, database, release = in_parallel(asked)
        services = in_parallel(partial(self._service, each, running, stopped) for each in described)
        addresses = [target.outputs.get(f"{each}_url") for each in ("frontend", "backend")]
        return Status(
            stack=target.stack,
            place=f"{target.region}, account {target.account}",
            addresses=list(dict.fromkeys(str(each) for each in addresses if each)),
            release=release,
            services=services,
            database=database,
            notes=self.notes,
        )

    @cached_property
    def _elb(self) -> Any:  # noqa: ANN401  # as all clients of boto3
        return self.target.client("elbv2")

    @cached_property
    def _rds(self) -> Any:  # noqa: ANN401
        return self.target.client("rds")

    def _noted(self, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except UserError as error:
            self.notes.append(error.problem)
            return None

    def _described(self) -> list[dict[str, Any]]:
        """Every application's service, as ECS describes it."""
        target = self.target
        names = [target.service(each) for each in APPLICATIONS]
        with asking_aws("see the services", target.policy(LOOKING)):
            try:
                answer = target.ecs.describe_services(cluster=target.cluster, services=names)
            except target.ecs.exceptions.ClusterNotFoundException:
                raise target.not_deployed(f"the cluster {target.cluster}") from None
        found = [each for each in answer["services"] if each.get("status") != "INACTIVE"]
        if not found:
            raise target.not_deployed(f"no service of {target.stack}, so the stack")
        missing = set(names) - {each["serviceName"] for each in found}
        self.notes.extend(f"the service {name} does not exist" for name in sorted(missing))
        return found

    def _service(self, found: dict[str, Any], running: Sequence[Task], stopped: Sequence[Task]) -> ServiceStatus:
        name = str(found["serviceName"])
        of = f"service:{name}"
        asked: list[Callable[[], Any]] = [
            partial(self._image, str(found.get("taskDefinition", ""))),
            partial(self._health, found),
        ]
        (image, build), health = in_parallel(asked)
        return ServiceStatus(
            name=name,
            revision=str(found.get("taskDefinition", "")).rpartition("/")[2],
            image=image,
            build=build,
            desired=int(found.get("desiredCount", 0)),
            running=int(found.get("runningCount", 0)),
            pending=int(found.get("pendingCount", 0)),
            tasks=[_task(each, health) for each in running if each.group == of],
            stopped=[_stopped(each) for each in stopped if each.group == of][:_STOPPED],
            deployments=[_deployment(each) for each in found.get("deployments", [])],
            events=[_event(each, name) for each in found.get("events", [])[:_EVENTS]],
        )

    def _image(self, revision: str) -> tuple[str, str]:
        """Digest and build of a task definition's image."""
        with asking_aws("see a task definition", self.target.policy(LOOKING_AT_DATA)):
            answer = self.target.ecs.describe_task_definition(taskDefinition=revision)
        containers: list[dict[str, Any]] = answer["taskDefinition"].get("containerDefinitions", [])
        container = containers[0] if containers else {}
        variables = {each.get("name"): each.get("value", "") for each in container.get("environment", [])}
        return str(container.get("image", "")).rpartition("@")[2], variables.get("APP_REVISION", "")

    def _health(self, found: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """What the load balancer thinks of each address: its state, and why."""
        health: dict[str, tuple[str, str]] = {}
        for group in {str(each["targetGroupArn"]) for each in found.get("loadBalancers", [])}:
            with asking_aws("see the load balancer's targets", self.target.policy(LOOKING_AT_DATA)):
                answer = self._elb.describe_target_health(TargetGroupArn=group)
            for each in answer["TargetHealthDescriptions"]:
                health[str(each["Target"]["Id"])] = _target(each.get("TargetHealth", {}))
        return health

    def _database(self) -> DatabaseStatus | None:
        found = find_database(self.target, self._rds)
        return _database_status(found) if found else None

    def _release(self) -> Update | None:
        """The last successful deployment of services."""
        if self.target.why:
            return None
        pulumi = PulumiCli(Selection.of(self.target.stack, None))
        return next((each for each in updates(pulumi, "services", _HISTORY) if each.succeeded), None)


def find_database(target: Target, rds: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """The stack's database instance as RDS describes it; the newest where a restored one is beside it.

    Raises:
        UserError: when AWS refuses.
    """
    prefix = target.names.of("database")
    with asking_aws("see the database", target.policy(LOOKING_AT_DATA)):
        pages = rds.get_paginator("describe_db_instances").paginate()
        every: list[dict[str, Any]] = [each for page in pages for each in page["DBInstances"]]
    found = [each for each in every if str(each["DBInstanceIdentifier"]).startswith(prefix)]
    return max(found, key=lambda each: str(each.get("InstanceCreateTime", "")), default=None)


def _database_status(found: dict[str, Any]) -> DatabaseStatus:
    certificate = found.get("CertificateDetails", {})
    return DatabaseStatus(
        name=found.get("DBInstanceIdentifier", ""),
        state=found.get("DBInstanceStatus", ""),
        engine=f"PostgreSQL {found.get('EngineVersion', '?')}",
        size=found.get("DBInstanceClass", ""),
        storage=found.get("AllocatedStorage", 0),
        storage_limit=found.get("MaxAllocatedStorage"),
        zones=f"{found.get('AvailabilityZone', '')}{' and a standby' if found.get('MultiAZ') else ''}",
        backups=found.get("BackupRetentionPeriod", 0),
        restorable=found.get("LatestRestorableTime"),
        certificate=certificate.get("CAIdentifier", found.get("CACertificateIdentifier", "")),
        certificate_until=certificate.get("ValidTill"),
        protected=found.get("DeletionProtection", False),
    )


def _target(found: dict[str, Any]) -> tuple[str, str]:
    """A target's state, and why it is not healthy."""
    reason = str(found.get("Reason", ""))
    why = CAUSES.targets.get(reason, reason)
    if reason == "Target.ResponseCodeMismatch":
        why = f"{why} ({found.get('Description', '')})"
    return str(found.get("State", "")), printable(why)


def _task(task: Task, health: dict[str, tuple[str, str]]) -> TaskStatus:
    state, why = health.get(task.address, ("", ""))
    known = task.health if task.health not in {"", "UNKNOWN"} else task.status
    return TaskStatus(task.id, task.revision, known, state, task.started, task.zone, task.spot, why)


def _stopped(task: Task) -> TaskStatus:
    reason = why_stopped(task.raw)
    return TaskStatus(task.id, task.revision, task.status, "", task.stopped, task.zone, task.spot, reason.cause)


def _deployment(found: dict[str, Any]) -> DeploymentStatus:
    return DeploymentStatus(
        revision=str(found.get("taskDefinition", "")).rpartition("/")[2],
        primary=found.get("status") == "PRIMARY",
        state=str(found.get("rolloutState", "")),
        running=int(found.get("runningCount", 0)),
        desired=int(found.get("desiredCount", 0)),
        updated=found.get("updatedAt"),
        reason=printable(str(found.get("rolloutStateReason", ""))),
    )


def _event(found: dict[str, Any], service: str) -> Event:
    text = printable(str(found.get("message", ""))).removeprefix(f"(service {service}) ")
    return Event(found.get("createdAt"), text)
