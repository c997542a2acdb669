"""ECS services: the desired number of tasks, releases that wait for health, and replacement of tasks that end."""

import json
import threading
import time
from dataclasses import dataclass, field

from conducky.catalog.property_bag import Properties, bag, texts
from conducky.errors import UserError
from conducky.rehearsal.account import Account, NotSteadyError, ResourceFailedError
from conducky.rehearsal.cloudwatch import CloudWatch
from conducky.rehearsal.ecs.deployment import Deployment, retire
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.memory import MemoryWatch
from conducky.rehearsal.ecs.preflight import check_service, check_tasks
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.ecs.traffic_shift import TrafficShift, shifts

_POLL = 0.1  # seconds
# What is in a revision of a service: its change starts new tasks, and a roll-back restores it.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html
REVISION = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategies",
)


@dataclass
class RunningService:
    """A service as it is: its inputs, and its tasks.

    `completed` are the inputs of the last deployment that became steady, to which the circuit breaker goes back. While
    the service is not `steady`, ECS starts nothing for it: the last deployment failed, or the first is in progress.
    """

    fargate: Fargate
    cloudwatch: CloudWatch
    inputs: Properties
    tasks: list[Task] = field(default_factory=list[Task])
    lock: threading.Lock = field(default_factory=threading.Lock)
    completed: Properties | None = None
    steady: bool = False
    _memory: MemoryWatch = field(default_factory=MemoryWatch)

    @property
    def _account(self) -> Account:
        return self.fargate.account

    @property
    def container(self) -> Properties:
        """The one container of the service's task definition."""
        return containers(self._account, self.inputs)[0]

    def check(self, inputs: Properties) -> None:
        """Refuse what ECS would.

        Raises:
            ResourceFailedError: something that the service names does not exist.
        """
        check_service(self._account, inputs, containers(self._account, inputs))
        self.cloudwatch.gone_off(texts(bag(inputs, "alarms"), "alarmNames"))

    def release(self, inputs: Properties) -> None:
        """Start the desired tasks, wait until each is healthy, drain and stop the old ones, and watch the alarms.

        Where traffic is shifted, it watches while both serve, and the old ones go last.

        Raises:
            NotSteadyError: they do not become healthy, and the old ones keep serving; or an alarm goes off, and tasks
                of the revision before serve again.
        """
        with self.lock:
            before, self.inputs, self.steady = self.completed, inputs, False
            count, server = int(inputs.get("desiredCount") or 0), self.fargate.load_balancers.server
            watched, shift = self._watched() if count else [], None
            try:
                check_tasks(self._account, inputs, containers(self._account, inputs))
                if shifts(inputs):
                    shift = TrafficShift.of(self._account, server, inputs, before)
                    self.inputs = inputs = shift.inputs
                new = self._started(count)
            except UserError as error:
                raise self._rolled_back(error, "its new task never became healthy") from None
            old = self.tasks
            try:
                if shift:
                    self.tasks = [*old, *new]
                    for percent, seconds in shift.steps:
                        shift.give(percent)
                        self._bake(watched, seconds)
                else:
                    self.tasks = new
                    self._stop(old, before or inputs)
                    self._bake(watched, self.cloudwatch.seconds(watched))
            except ResourceFailedError as error:
                failed = self._rolled_back(error, "an alarm went off", "alarms")
                if self.steady:
                    if shift:
                        shift.give(0)
                    self.tasks = old if shift else self._started(count)
                    retire(server, new, inputs)
                raise failed from None
            if shift:
                self.tasks = new
                self._stop(old, before or inputs)
            self.completed, self.steady = inputs, True

    def scale(self, inputs: Properties) -> None:
        """Start or stop tasks until the desired number runs.

        Raises:
            NotSteadyError: they do not become healthy, or the last deployment failed.
        """
        with self.lock:
            self.inputs = inputs
            if not self.steady:
                problem = f"{inputs['name']}: its last deployment failed, so ECS starts no more tasks"
                raise NotSteadyError(problem, inputs, "release it again")
            count = int(inputs.get("desiredCount") or 0)
            surplus, self.tasks = self.tasks[count:], self.tasks[:count]
            try:
                self.tasks += self._started(self._missing())
            except UserError as error:
                raise NotSteadyError(f"{inputs['name']}: {error}", inputs) from None
            self.completed = inputs
            self._stop(surplus, inputs)

    def replace_ended(self) -> None:
        """Start tasks for those that ended by themselves or became unhealthy, as ECS does to keep the desired count.

        Raises:
            ResourceFailedError: a new task does not become healthy; called again, it tries again.
        """
        with self.lock:
            self._memory.enforce(self.tasks)
            ended = [task for task in self.tasks if task.ended() or task.unhealthy()]
            self.tasks = [task for task in self.tasks if task not in ended]
            retire(self.fargate.load_balancers.server, ended, self.inputs)
            if self.steady:
                self.tasks += self._started(self._missing())

    def stop(self) -> None:
        """Drain and stop every task, and replace none from now on."""
        with self.lock:
            self.inputs = {**self.inputs, "desiredCount": 0}
            tasks, self.tasks = self.tasks, []
            self._stop(tasks, self.inputs)

    def _stop(self, tasks: list[Task], inputs: Properties) -> None:
        retire(self.fargate.load_balancers.server, tasks, inputs)
        for task in tasks:
            name = str(inputs["name"]).rpartition("-")[2]
            self.fargate.stops[name] = self.fargate.stops.get(name, True) and not task.overdue

    def _missing(self) -> int:
        """How many tasks are missing; negative when there are too many."""
        return int(self.inputs.get("desiredCount") or 0) - len(self.tasks)

    def _started(self, count: int) -> list[Task]:
        """That many new tasks, all healthy, or none at all."""
        if count <= 0:
            return []
        definition = task_definition(self._account, self.inputs)
        return Deployment(self.fargate, self.inputs, definition, self.container).run(count)

    def _watched(self) -> list[str]:
        """The alarms that count for a deployment; none where one is off already, so that a release can be the fix.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
        """
        alarms = bag(self.inputs, "alarms")
        names = texts(alarms, "alarmNames") if alarms.get("enable") else []
        return [] if self.cloudwatch.gone_off(names) else names

    def _bake(self, watched: list[str], seconds: float) -> None:
        """Watch the alarms for so long.

        Raises:
            ResourceFailedError: one goes off.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._account.check_stop()
            if off := self.cloudwatch.gone_off(watched):
                raise ResourceFailedError(f"{off[0]}, within minutes after it was steady")
            self._account.stopping.wait(_POLL)

    def _rolled_back(self, error: UserError, why: str, means: str = "deploymentCircuitBreaker") -> UserError:
        """Go back to the last steady deployment where there is one, and say so."""
        if self._account.stopping.is_set():
            return error
        breaker = bag(self.inputs, means)
        name, back = self.inputs["name"], self.completed if breaker.get("rollback") else None
        outcome = "so the release was rolled back" if back else "and ECS has no release to go back to"
        if back:
            self.inputs = {**self.inputs, **{part: back.get(part) for part in REVISION}}
            self.steady = True
        problem = str(error).removeprefix(f"{name}: ")
        cluster = str(self.inputs["cluster"]).rpartition("/")[2]
        detail = {"eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": f"{why}: {problem}"}
        self._account.emit("aws.ecs", "ECS Deployment State Change", f"service/{cluster}/{name}", detail)
        return NotSteadyError(f"{name}: {why}, {outcome}: {problem}", self.inputs)


def task_definition(account: Account, inputs: Properties) -> Properties:
    """The task definition that a service names.

    Raises:
        ResourceFailedError: there is none.
    """
    return account.need(
        "aws:ecs/taskDefinition:TaskDefinition",
        f"the task definition {inputs['taskDefinition']} does not exist",
        "create it in services/fargate_service.py",
        arn=inputs["taskDefinition"],
    )


def containers(account: Account, inputs: Properties) -> list[Properties]:
    """The containers of a service's task definition."""
    return json.loads(str(task_definition(account, inputs)["containerDefinitions"]))
