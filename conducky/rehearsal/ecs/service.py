"""ECS services: the desired number of tasks, releases that wait for health, and replacement of tasks that end."""

import contextlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from conducky.catalog.property_bag import Properties, bags
from conducky.errors import UserError
from conducky.rehearsal.account import Machine, Request, ResourceFailedError
from conducky.rehearsal.ecs.diagnosis import Diagnosis
from conducky.rehearsal.ecs.preflight import check_service
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.load_balancer.balancer import TargetUnhealthy

HEALTHY_WITHIN = 60.0  # seconds; a cold start here takes about three
_LOG_LINES = 15
_RETRY_AFTER = 2.0  # seconds between attempts to replace a task that ended

# What starts new tasks when it changes (with `forceNewDeployment`, ECS does so for the capacity strategy too).
_RELEASING = ("taskDefinition", "networkConfiguration", "loadBalancers", "capacityProviderStrategies")


@dataclass
class RunningService:
    """A service as it is: its inputs, and its tasks."""

    machine: Machine
    inputs: Properties
    tasks: list[Task] = field(default_factory=list[Task])
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def container(self) -> Properties:
        """The one container of the service's task definition."""
        return containers(self.machine, self.inputs)[0]

    def release(self, inputs: Properties) -> None:
        """Start the desired tasks, wait until each is healthy, then drain and stop the old ones.

        Raises:
            ResourceFailedError: a new task does not become healthy. The old tasks go on, as after ECS's rollback.
        """
        check_service(self.machine, inputs, containers(self.machine, inputs))
        with self.lock:
            before, self.inputs = self.inputs, inputs
            try:
                new = self._started(int(inputs.get("desiredCount") or 0))
            except BaseException:
                self.inputs = before
                raise
            old, self.tasks = self.tasks, new
            self._retire(old, before)

    def scale(self, inputs: Properties) -> None:
        """Start or stop tasks until the desired number runs."""
        with self.lock:
            self.inputs = inputs
            count = self._missing() + len(self.tasks)
            surplus, self.tasks = self.tasks[count:], self.tasks[:count]
            self.tasks += self._started(self._missing())
            self._retire(surplus, inputs)

    def replace_ended(self) -> None:
        """Start tasks for those that ended by themselves, as ECS does to keep the desired count.

        Raises:
            ResourceFailedError: a new task does not become healthy; called again, it tries again.
        """
        with self.lock:
            ended = [task for task in self.tasks if task.ended()]
            self.tasks = [task for task in self.tasks if task not in ended]
            self._retire(ended, self.inputs)
            self.tasks += self._started(self._missing())

    def stop(self) -> None:
        """Drain and stop every task; none is replaced any more."""
        with self.lock:
            self.inputs = {**self.inputs, "desiredCount": 0}
            tasks, self.tasks = self.tasks, []
            self._retire(tasks, self.inputs)

    def _missing(self) -> int:
        """How many tasks there should be more; negative when there are too many."""
        return int(self.inputs.get("desiredCount") or 0) - len(self.tasks)

    def _started(self, count: int) -> list[Task]:
        """That many new tasks, all healthy, or none at all."""
        if count <= 0:
            return []
        definition = task_definition(self.machine, self.inputs)
        tasks: list[Task] = []
        try:
            for _ in range(count):
                self.machine.check_stop()
                tasks.append(Task.start(self.machine, definition, self.container))
            for task in tasks:
                self._wait_healthy(task)
        except BaseException:
            self._retire(tasks, self.inputs)
            raise
        return tasks

    def _wait_healthy(self, task: Task) -> None:
        for target_group, port in self._routes(task, self.inputs):
            self.machine.balancer.register(target_group, "127.0.0.1", port)
            diagnosis = Diagnosis(task.process.pid, port, partial(self._last_check, target_group, port))
            try:
                self.machine.balancer.wait_healthy(
                    target_group, "127.0.0.1", port, HEALTHY_WITHIN, partial(self._gone, task, diagnosis)
                )
            except TargetUnhealthy as error:
                self.machine.check_stop()
                reason = self._with_container_port(str(error), task)
                raise ResourceFailedError(self._failure(task, reason)) from None
        if not self.inputs.get("loadBalancers") and (ended := task.ended()):
            raise ResourceFailedError(self._failure(task, ended))

    def _gone(self, task: Task, diagnosis: Diagnosis) -> str | None:
        stopped = "the rehearsal was stopped" if self.machine.stopping.is_set() else None
        return stopped or task.ended() or diagnosis.hopeless()

    def _last_check(self, target_group: str, port: int) -> str:
        """What the load balancer's last health check of a task found."""
        targets = self.machine.balancer.target_health(target_group)
        return next((target.reason for target in targets if target.port == port), "")

    def _failure(self, task: Task, reason: str) -> str:
        log = self.machine.redact(task.process.tail(_LOG_LINES)).strip() or "(nothing)"
        return (
            f"{self.inputs['name']}: its new task did not become healthy and was taken back: {reason}.\n"
            f"The last lines of its log:\n{log}"
        )

    def _with_container_port(self, reason: str, task: Task) -> str:
        """A local port means nothing to a reader: say the container's."""
        for container_port, local in task.ports.items():
            reason = reason.replace(f"port {local}", f"port {container_port}")
        return reason

    def _routes(self, task: Task, inputs: Properties) -> list[tuple[str, int]]:
        """The target groups that a task is in, each with the task's local port."""
        return [
            (str(route["targetGroupArn"]), task.ports[int(route["containerPort"])])
            for route in bags(inputs, "loadBalancers")
        ]

    def _retire(self, tasks: Sequence[Task], inputs: Properties) -> None:
        """No new requests, wait for those under way, then stop; all tasks at once."""

        def retire(task: Task) -> None:
            # Without its target group, or when the load balancer has ended, nothing leads to the task any more.
            with contextlib.suppress(UserError, RuntimeError):
                for target_group, port in self._routes(task, inputs):
                    self.machine.balancer.deregister(target_group, "127.0.0.1", port)
            task.stop()

        workers = [threading.Thread(target=retire, args=(task,), daemon=True) for task in tasks]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


@dataclass
class Services:
    """Every service of the machine, and the watch over their tasks."""

    machine: Machine
    running: dict[str, RunningService] = field(default_factory=dict[str, RunningService])
    failures: dict[str, str] = field(default_factory=dict[str, str])

    def watch(self) -> None:
        """Replace tasks that end, until the machine stops; meant for a thread of its own."""
        while not self.machine.stopping.wait(0.5):
            for arn, service in list(self.running.items()):
                try:
                    service.replace_ended()
                    self.failures.pop(arn, None)
                except (ResourceFailedError, UserError) as error:
                    self.failures[arn] = str(error)
                    self.machine.stopping.wait(_RETRY_AFTER)

    def create(self, request: Request) -> Properties:
        """Start a new service."""
        service = RunningService(self.machine, request.inputs)
        service.release(request.inputs)
        self.running[str(request.outputs["arn"])] = service
        return {}

    def update(self, request: Request) -> Properties:
        """Release a changed service, or only scale it."""
        arn = str(request.outputs["arn"])
        service = self.running[arn]
        before = service.inputs
        if any(before.get(name) != request.inputs.get(name) for name in _RELEASING):
            service.release(request.inputs)
        else:
            service.scale(request.inputs)
        return {}

    def delete(self, request: Request) -> None:
        """Stop a service."""
        service = self.running.pop(str(request.outputs["arn"]), None)
        if service:
            service.stop()


def task_definition(machine: Machine, inputs: Properties) -> Properties:
    """The task definition that a service names.

    Raises:
        ResourceFailedError: there is none.
    """
    found = machine.find("aws:ecs/taskDefinition:TaskDefinition", arn=inputs["taskDefinition"])
    if found is None:
        raise ResourceFailedError(
            f"the task definition {inputs['taskDefinition']} does not exist: make it in services/fargate_service.py"
        )
    return found


def containers(machine: Machine, inputs: Properties) -> list[Properties]:
    """The containers of a service's task definition."""
    return json.loads(str(task_definition(machine, inputs)["containerDefinitions"]))
