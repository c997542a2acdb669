"""One deployment of a service: its new tasks, started again when they fail, until ECS's circuit breaker ends it."""

import contextlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.errors import UserError
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.container_health import EAGER_INTERVAL, container_health
from conducky.rehearsal.ecs.diagnosis import SETTLED, Diagnosis
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.memory import MemoryWatch
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.load_balancer.target_group import STEADY_INTERVAL
from conducky.verification.stopped import line_that_matters

_LOG_LINES = 15
_READ_LINES = 200  # of which the first error is shown too
_POLL = 0.05
# Seconds that a task must run which nothing checks. ECS asks for none, and would start one that ends again and again.
_PROVEN_AFTER = 2.0


def failure_threshold(desired: int) -> int:
    """How many tasks may fail before the circuit breaker ends a deployment.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    return min(max(math.ceil(desired / 2), 3), 200)


@dataclass
class _Starting:
    """A task that is not healthy yet; `routes` are its target groups with a diagnosis each."""

    task: Task
    deadline: float
    diagnoses: dict[tuple[str, int], Diagnosis]
    since: float = field(default_factory=time.monotonic)
    answered_since: float | None = None

    def is_own_answer(self) -> bool:
        """Whether the task answers, and not another program on its port.

        An answer that stays is believed: a server may listen in a process that its parent has left.
        """
        if all(self.task.listens_on(port) for _, port in self.diagnoses):
            return True
        self.answered_since = self.answered_since or time.monotonic()
        return time.monotonic() >= self.answered_since + SETTLED


@dataclass
class Deployment:
    """Starts tasks of one task definition. Nothing of it is left when it fails."""

    fargate: Fargate
    inputs: Properties
    definition: Properties
    container: Properties
    _failures: list[ResourceFailedError] = field(default_factory=list[ResourceFailedError])
    _memory: MemoryWatch = field(default_factory=MemoryWatch)

    def run(self, count: int) -> list[Task]:
        """That many new tasks, all healthy at once.

        A task that exits, or whose memory does not suffice, is started again until the threshold. One that does not
        answer is not: on AWS the same wait, of the service's grace, would follow again, and end the same.

        Raises:
            ResourceFailedError: as many tasks failed as the circuit breaker allows, with the first one's reason and
                log. Later ones often fail only because of the first, as after a failed migration. Or what answers here
                could not be reached on AWS.
        """
        starting: list[_Starting] = []
        try:
            while len(starting) < count:
                starting.append(self._start())
            while not all(self._is_healthy(each) for each in starting):
                self.fargate.account.check_stop()
                self._memory.enforce(each.task for each in starting)
                for each in list(starting):
                    if self._failed_again(each):
                        starting.remove(each)
                        retire(self._balancer, [each.task], self.inputs)
                        starting.append(self._start())
                time.sleep(_POLL)
            if self.fargate.images.develop is None:  # Those servers may listen on loopback only
                self._require_reachable(starting)
        except BaseException:
            retire(self._balancer, [each.task for each in starting], self.inputs)
            raise
        return [each.task for each in starting]

    def _require_reachable(self, healthy: Sequence[_Starting]) -> None:
        for each in healthy:
            if reason := next(filter(None, (route.unreachable() for route in each.diagnoses.values())), None):
                raise self._failed(each, reason)

    def _failed_again(self, each: _Starting) -> bool:
        """Whether the task ended, which is counted.

        Raises:
            ResourceFailedError: it was one too many, or the task runs and will not become healthy.
        """
        # Asked once: a task that ends between two questions would be started again without being counted
        if not (ended := each.task.ended()):
            if reason := self._hopeless(each):
                raise self._failed(each, reason)
            return False
        threshold = failure_threshold(int(self.inputs.get("desiredCount") or 0))
        reason = f"{ended}, and {threshold} tasks failed before the circuit breaker ended it"
        self._failures.append(self._failed(each, reason, has_ended=True))
        if len(self._failures) >= threshold:
            raise self._failures[0]
        return True

    @property
    def _balancer(self) -> LoadBalancer:
        return self.fargate.load_balancers.server

    def _start(self) -> _Starting:
        self.fargate.account.check_stop()
        task = self.fargate.start(self.definition, self.container)
        starting = _Starting(task, time.monotonic() + self._patience(), {})
        for target_group, port in routes(task, self.inputs):
            own = task.problem if target_group in registries(self.inputs) else None
            self._balancer.register(target_group, "127.0.0.1", port, own)
            reason = partial(self._last_check, target_group, port)
            starting.diagnoses[target_group, port] = Diagnosis(task.process.pid, port, reason, task.folder)
        return starting

    def _patience(self) -> float:
        """Seconds until ECS gives up a task that never was healthy: its grace, then the health checks that must fail.

        The grace is in full, because migrations take here as long as there; the checks are the rehearsal's quick ones.
        """
        groups = [route["targetGroupArn"] for route in bags(self.inputs, "loadBalancers")]
        checks = [self._balancer.health_check(str(group)) for group in groups]
        own = container_health(self.container)
        if own:
            return own.start_period + own.retries * (own.timeout + EAGER_INTERVAL)
        grace = float(self.inputs.get("healthCheckGracePeriodSeconds") or 0)
        return grace + max((check.unhealthy_threshold * STEADY_INTERVAL for check in checks), default=0)

    def _is_healthy(self, each: _Starting) -> bool:
        if not each.diagnoses and each.task.health is None and time.monotonic() < each.since + _PROVEN_AFTER:
            return False
        states = [
            target.state
            for target_group, port in each.diagnoses
            for target in self._balancer.target_health(target_group)
            if target.port == port
        ]
        return each.task.problem() is None and all(state == "healthy" for state in states) and each.is_own_answer()

    def _hopeless(self, each: _Starting) -> str | None:
        """Why a running task will not become healthy; None while it may."""
        if self._is_healthy(each):
            return None
        if reason := each.task.unhealthy():
            return reason
        for (target_group, port), diagnosis in each.diagnoses.items():
            if reason := diagnosis.hopeless():
                return reason
            if time.monotonic() >= each.deadline:
                last = self._last_check(target_group, port)
                return (
                    f"not healthy after {self._patience():g} s, which is its grace and its first health checks: {last}"
                )
        return None

    def _last_check(self, target_group: str, port: int) -> str:
        """What the load balancer's last health check of a task found."""
        targets = self._balancer.target_health(target_group)
        return next((target.reason for target in targets if target.port == port), "")

    def _failed(self, each: _Starting, reason: str, *, has_ended: bool = False) -> ResourceFailedError:
        # A local port means nothing to a reader: name the container's
        for container_port, local in each.task.ports.items():
            reason = reason.replace(f"port {local}", f"port {container_port}")
        told = each.task.process.tail(_READ_LINES).replace(f"{each.task.folder / 'root'}/", "/")  # As the image has it
        log = self.fargate.account.redact(told).splitlines()
        last = "\n".join(log[-_LOG_LINES:]).strip("\n")
        line, more = line_that_matters(log, rehearsed=True), ""
        if has_ended and line and line.is_error:  # The reason why another is not healthy says what to do
            more += f"\nWhat to do: {line.advice}." if line.advice else ""
            more += f"\nThe first error of its log:\n{line.text}" if line.text not in last else ""
        return ResourceFailedError(f"{reason}.{more}\nThe last lines of its log:\n{last or '(nothing)'}")


def routes(task: Task, inputs: Properties) -> list[tuple[str, int]]:
    """The target groups and Cloud Map services that a task is in, each with the task's local port."""
    groups = [(str(route["targetGroupArn"]), route["containerPort"]) for route in bags(inputs, "loadBalancers")]
    return [(arn, task.ports[int(port)]) for arn, port in (*groups, *registries(inputs).items())]


def registries(inputs: Properties) -> dict[str, Any]:
    """The Cloud Map service that the tasks of a service register in, if there is one, with the container's port."""
    registry = bag(inputs, "serviceRegistries")
    return {str(registry["registryArn"]): registry["containerPort"]} if registry else {}


def retire(balancer: LoadBalancer, tasks: Sequence[Task], inputs: Properties) -> None:
    """Send no new requests, wait for those in progress, then stop; all tasks at once."""

    def stop(task: Task) -> None:
        # Without its target group, or when the load balancer has ended, nothing leads to the task any more
        with contextlib.suppress(UserError, RuntimeError):
            for target_group, port in routes(task, inputs):
                balancer.deregister(target_group, "127.0.0.1", port)
        task.stop()

    workers = [threading.Thread(target=stop, args=(task,), daemon=True) for task in tasks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
