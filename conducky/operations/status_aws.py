"""The state of a stack, from AWS and Pulumi, asked at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, TypeVar

from conducky.access import READS_CONTAINERS, asking_aws, in_parallel
from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError, printable
from conducky.operations.database.backups import stack_instances, tags_of, used_of
from conducky.operations.history import Update, updates
from conducky.operations.status import DatabaseStatus, ServiceStatus, Status, TaskStatus
from conducky.operations.target import Target
from conducky.operations.tasks import find_tasks
from conducky.verification.ecs import Service, describe, image_and_variables
from conducky.verification.stopped import CAUSES
from conducky.verification.task import Task

T = TypeVar("T")

READS_DATA: Final = "deployer-reads"  # The policy that allows reading the database's and the targets' state
_EVENTS: Final = 5
_STOPPED: Final = 3
_HISTORY: Final = 10


@dataclass
class Collector:
    """Asks about one stack. `notes` collects what could not be seen, and `missing` what is not there."""

    target: Target
    notes: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])

    def collect(self) -> Status:
        """The whole state. Raises UserError when nothing is deployed here, or AWS refuses to show services or tasks."""
        target = self.target
        _ = target.aws, self._elb, self._rds  # Created before threads start
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
            missing=sorted(self.missing),
            start=target.command("start"),
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

    def _described(self) -> list[Service]:
        """Every application's service, as ECS describes it."""
        target = self.target
        names = [target.service(each) for each in target.applications]
        with asking_aws("see the services", target.policy(READS_CONTAINERS)):
            try:
                services = describe(target.aws, target.cluster, names)
            except target.ecs.exceptions.ClusterNotFoundException:
                raise target.not_deployed(f"the cluster {target.cluster}") from None
        found = [each for each in services.values() if each.status != "INACTIVE"]
        if not found:
            raise target.not_deployed(f"no service of {target.stack}, so the stack")
        for name in sorted(set(names) - {each.name for each in found}):
            self._miss(f"the service {name}", f"run `make deploy STACK={target.stack} LAYER=services`")
        return found

    def _miss(self, what: str, fix: str) -> None:
        fix = "press `u` in the rehearsal" if self.target.rehearsal else fix
        self.missing.append(f"{what} does not exist: {fix}")

    def _service(self, found: Service, running: Sequence[Task], stopped: Sequence[Task]) -> ServiceStatus:
        of = f"service:{found.name}"
        asked: list[Callable[[], Any]] = [partial(self._image, found.task_definition), partial(self._health, found)]
        (image, variables), health = in_parallel(asked)
        more = {
            "image": image.rpartition("@")[2],
            "build": variables.get("APP_REVISION", ""),
            "tasks": [_task(each, health) for each in running if each.group == of],
            "stopped": [_stopped(each) for each in stopped if each.group == of][:_STOPPED],
            "reported": found.reported[:_EVENTS],
        }
        return ServiceStatus.model_validate({**dict(found), **more})

    def _image(self, revision: str) -> tuple[str, dict[str, str]]:
        with asking_aws("see a task definition", self.target.policy(READS_DATA)):
            return image_and_variables(self.target.aws, revision)

    def _health(self, found: Service) -> dict[str, tuple[str, str]]:
        """What the load balancer thinks of each address: its state, and why."""
        health: dict[str, tuple[str, str]] = {}
        for group in sorted(found.target_groups):
            with asking_aws("see the load balancer's targets", self.target.policy(READS_DATA)):
                answer = self._elb.describe_target_health(TargetGroupArn=group)
            for each in answer["TargetHealthDescriptions"]:
                health[str(each["Target"]["Id"])] = _target(each.get("TargetHealth", {}))
        return health

    def _database(self) -> DatabaseStatus | None:
        """The database that the stack uses, and the names of those that were replaced."""
        found = stack_instances(self.target, self._rds, READS_DATA)
        used = used_of(found)
        if used is None:
            stack = self.target.stack
            self._miss(
                f"the database {self.target.names.of('database')}",
                f"run `pulumi -C platform refresh --stack {stack} && make deploy STACK={stack} LAYER=platform`, which "
                "creates an empty one unless `databaseRestoreFrom` of platform names a backup",
            )
        forget = self.target.command("database forget")
        left = [str(each["DBInstanceIdentifier"]) for each in found if "ReplacedBy" in tags_of(each)]
        return DatabaseStatus.model_validate({**used, "replaced": left, "forget": forget}) if used else None

    def _release(self) -> Update | None:
        """The last successful deployment of services."""
        if self.target.why or self.target.rehearsal:
            return None
        pulumi = PulumiCli(Selection.of(self.target.stack, None))
        return next((each for each in updates(pulumi, "services", _HISTORY) if each.result == "succeeded"), None)


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
    return TaskStatus(task.task_id, task.revision, known, state, task.started, task.zone, task.spot, why)


def _stopped(task: Task) -> TaskStatus:
    why = task.reason.cause
    return TaskStatus(task.task_id, task.revision, task.status, "", task.stopped, task.zone, task.spot, why)
