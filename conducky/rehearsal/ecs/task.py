"""One task of a service: the process of its container."""

import signal
from dataclasses import dataclass
from pathlib import Path

from conducky.catalog.property_bag import Properties, bags
from conducky.rehearsal.ecs.container_health import ContainerHealth
from conducky.rehearsal.ecs.diagnosis import listening
from conducky.rehearsal.processes import ports
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.watchdog import remove_folder


def local_ports(container: Properties) -> dict[int, int]:
    """A free local port for each port of a container."""
    return {int(entry["containerPort"]): ports.free_port() for entry in bags(container, "portMappings")}


@dataclass
class Task:
    """A running task. `ports` maps the container's ports to those of 127.0.0.1; `stop_timeout` is seconds.

    `folder` is its own, with its copy of the image, and goes with it.
    `memory` is its limit in MiB; None means no limit. `health` is its container's own check, if it has one. `overdue`
    says that it ignored its stop signal and was killed.
    """

    name: str
    revision: str
    process: ManagedProcess
    ports: dict[int, int]
    stop_timeout: float
    folder: Path
    memory: int | None = None
    health: ContainerHealth | None = None
    overdue: bool = False
    _killed: str = ""

    def ended(self) -> str | None:
        """How the process ended, or None while it runs."""
        code = self.process.poll()
        return None if code is None else self._killed or f"it exited with code {code}"

    def unhealthy(self) -> str | None:
        """Why ECS would replace it although it runs."""
        return self.health.reason if self.health and self.health.state == "UNHEALTHY" else None

    def problem(self) -> str | None:
        """Why it is not healthy, as far as ECS knows by itself; None when it is."""
        return self.ended() or (self.health.problem() if self.health else None)

    def listens_on(self, port: int) -> bool:
        """Whether the task itself listens on a local port, and not another program that took the port first."""
        return port in {own for _, own in listening(self.process.pid)}

    def kill_for_memory(self, used: float) -> None:
        """End it as ECS reports it; `used` is MiB."""
        self._killed = (
            "it exited with code 137 (OutOfMemoryError: Container killed due to memory usage): "
            f"it used {used:.0f} of its {self.memory} MiB, which services sets by frontendMemory or backendMemory"
        )
        self.process.stop(0, signal.SIGKILL)

    def stop(self) -> None:
        """Send the image's stop signal, and SIGKILL after `stop_timeout`; its ports and its folder are gone then."""
        if self.health:
            self.health.stop()
        code = self.process.stop(self.stop_timeout)
        self.overdue = code == -signal.SIGKILL and not self._killed
        for port in self.ports.values():
            ports.release_port(port)
        remove_folder(self.folder)
