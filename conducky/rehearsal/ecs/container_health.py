"""A container's own health check: a command that ECS runs in it again and again."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from conducky.catalog.property_bag import Properties, texts
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.processes.managed_process import ManagedProcess

Check = Callable[[float], str | None]  # with so many seconds: None, or what was wrong

# As with a load balancer's checks, a rehearsal does not wait for AWS's intervals. Each check starts a program.
EAGER_INTERVAL = 0.5
STEADY_INTERVAL = 5.0


@dataclass
class ContainerHealth:
    """The state that ECS shows for a container, and the last failure's `reason`. Times are in seconds.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """

    command: Sequence[str]
    interval: float
    timeout: float
    retries: int
    start_period: float
    state: Literal["UNKNOWN", "HEALTHY", "UNHEALTHY"] = "UNKNOWN"
    reason: str = "not checked yet"
    _failed: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self, check: Check, process: ManagedProcess, ending: threading.Event) -> None:
        """Check from now on, in a thread of its own, until the container's process ends or the rehearsal is ending."""
        threading.Thread(
            target=self._watch, args=(check, process, ending), name="container health", daemon=True
        ).start()

    def stop(self) -> None:
        """Check no more."""
        self._stopping.set()

    def problem(self) -> str | None:
        """None while it is healthy, else why it is not."""
        return None if self.state == "HEALTHY" else self.reason

    def record(self, failure: str | None, *, starting: bool) -> None:
        """Record one check; failures while the container is `starting` do not count."""
        if failure is None:
            self.state, self._failed = "HEALTHY", 0
            return
        self.reason = failure
        self._failed += not (starting and self.state == "UNKNOWN")
        if self._failed >= self.retries:
            self.state = "UNHEALTHY"

    def _watch(self, check: Check, process: ManagedProcess, ending: threading.Event) -> None:
        starting_until = time.monotonic() + self.start_period
        while not self._stopping.is_set() and not ending.is_set() and process.poll() is None:
            starting = time.monotonic() < starting_until
            self.record(check(self.timeout), starting=starting)
            self._stopping.wait(EAGER_INTERVAL if self.state != "HEALTHY" else min(self.interval, STEADY_INTERVAL))


def container_health(container: Properties) -> ContainerHealth | None:
    """A container's health check with ECS's defaults, if any. Raises ResourceFailedError when its kind is unknown."""
    check: Properties = container.get("healthCheck") or {}
    kind, *words = texts(check, "command") or ["NONE"]
    if kind == "NONE":
        return None
    if kind not in ("CMD", "CMD-SHELL") or not words:
        raise ResourceFailedError(
            f"ClientException: the health check of the container {container['name']} begins with {kind}",
            "begin it with CMD-SHELL or CMD in services/service_entrance.py",
        )
    command = ["/bin/sh", "-c", " ".join(words)] if kind == "CMD-SHELL" else words
    return ContainerHealth(
        command,
        interval=float(check.get("interval") or 30),
        timeout=float(check.get("timeout") or 5),
        retries=int(check.get("retries") or 3),
        start_period=float(check.get("startPeriod") or 0),
    )


def outcome(
    command: Sequence[str], seconds: float, start: Callable[..., subprocess.CompletedProcess[str]]
) -> str | None:
    """What a check's command says: None when it exits with 0."""
    try:
        done = start(command, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"its health check did not end within {seconds:g} s"
    except OSError as error:
        return f"its health check cannot start: {error.strerror}"
    last = (done.stderr or done.stdout).strip().splitlines()[-1:]
    return None if done.returncode == 0 else ": ".join([f"its health check exited with code {done.returncode}", *last])
