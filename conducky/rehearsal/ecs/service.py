"""ECS services: the desired number of tasks, releases that wait for health, and replacement of tasks that end."""

import contextlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from conducky.catalog.property_bag import Properties, bags
from conducky.errors import UserError
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.diagnosis import Diagnosis
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.preflight import check_service
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.load_balancer.balancer import LoadBalancer, TargetUnhealthy

HEALTHY_WITHIN = 60.0  # Seconds; a cold start takes about three locally
_LOG_LINES = 15


@dataclass
class RunningService:
    """A service as it is: its inputs, and its tasks."""

    fargate: Fargate
    inputs: Properties
    tasks: list[Task] = field(default_factory=list[Task])
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def _account(self) -> Account:
        return self.fargate.account

    @property
    def _balancer(self) -> LoadBalancer:
        return self.fargate.load_balancers.server

    @property
    def container(self) -> Properties:
        """The one container of the service's task definition."""
        return containers(self._account, self.inputs)[0]

    def release(self, inputs: Properties) -> None:
        """Start the desired tasks, wait until each is healthy, then drain and stop the old ones.

        Raises:
            ResourceFailedError: a new task does not become healthy; the old ones keep serving, as after ECS's rollback.
        """
        check_service(self._account, inputs, containers(self._account, inputs))
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
        """Drain and stop every task, and replace none from now on."""
        with self.lock:
            self.inputs = {**self.inputs, "desiredCount": 0}
            tasks, self.tasks = self.tasks, []
            self._retire(tasks, self.inputs)

    def _missing(self) -> int:
        """How many tasks are missing; negative when there are too many."""
        return int(self.inputs.get("desiredCount") or 0) - len(self.tasks)

    def _started(self, count: int) -> list[Task]:
        """That many new tasks, all healthy, or none at all."""
        if count <= 0:
            return []
        definition = task_definition(self._account, self.inputs)
        tasks: list[Task] = []
        try:
            for _ in range(count):
                self._account.check_stop()
                tasks.append(self.fargate.start(definition, self.container))
            for task in tasks:
                self._wait_healthy(task)
        except BaseException:
            self._retire(tasks, self.inputs)
            raise
        return tasks

    def _wait_healthy(self, task: Task) -> None:
        for target_group, port in self._routes(task, self.inputs):
            self._balancer.register(target_group, "127.0.0.1", port)
            diagnosis = Diagnosis(task.process.pid, port, partial(self._last_check, target_group, port))
            try:
                self._balancer.wait_healthy(
                    target_group, "127.0.0.1", port, HEALTHY_WITHIN, partial(self._gone, task, diagnosis)
                )
            except TargetUnhealthy as error:
                self._account.check_stop()
                reason = self._with_container_port(str(error), task)
                raise ResourceFailedError(self._failure(task, reason)) from None
        if not self.inputs.get("loadBalancers") and (ended := task.ended()):
            raise ResourceFailedError(self._failure(task, ended))

    def _gone(self, task: Task, diagnosis: Diagnosis) -> str | None:
        stopped = "the rehearsal was stopped" if self._account.stopping.is_set() else None
        return stopped or task.ended() or diagnosis.hopeless()

    def _last_check(self, target_group: str, port: int) -> str:
        """What the load balancer's last health check of a task found."""
        targets = self._balancer.target_health(target_group)
        return next((target.reason for target in targets if target.port == port), "")

    def _failure(self, task: Task, reason: str) -> str:
        log = self._account.redact(task.process.tail(_LOG_LINES)).strip() or "(nothing)"
        return (
            f"{self.inputs['name']}: its new task never became healthy, so the release was rolled back: {reason}.\n"
            f"The last lines of its log:\n{log}"
        )

    def _with_container_port(self, reason: str, task: Task) -> str:
        """A local port means nothing to a reader: name the container's."""
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
        """Send no new requests, wait for those in progress, then stop; all tasks at once."""

        def retire(task: Task) -> None:
            # Without its target group, or when the load balancer has ended, nothing leads to the task any more.
            with contextlib.suppress(UserError, RuntimeError):
                for target_group, port in self._routes(task, inputs):
                    self._balancer.deregister(target_group, "127.0.0.1", port)
            task.stop()

        workers = [threading.Thread(target=retire, args=(task,), daemon=True) for task in tasks]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def task_definition(account: Account, inputs: Properties) -> Properties:
    """The task definition that a service names.

    Raises:
        ResourceFailedError: there is none.
    """
    found = account.find("aws:ecs/taskDefinition:TaskDefinition", arn=inputs["taskDefinition"])
    if found is None:
        raise ResourceFailedError(
            f"the task definition {inputs['taskDefinition']} does not exist",
            "create it in services/fargate_service.py",
        )
    return found


def containers(account: Account, inputs: Properties) -> list[Properties]:
    """The containers of a service's task definition."""
    return json.loads(str(task_definition(account, inputs)["containerDefinitions"]))
