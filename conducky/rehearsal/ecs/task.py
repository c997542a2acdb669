"""One task of a service: the process of its container."""

from dataclasses import dataclass

from conducky.rehearsal.processes import ports
from conducky.rehearsal.processes.managed_process import ManagedProcess


@dataclass
class Task:
    """A running task. `ports` maps the container's ports to those of 127.0.0.1; `stop_timeout` is seconds."""

    name: str
    revision: str
    process: ManagedProcess
    ports: dict[int, int]
    stop_timeout: float

    def ended(self) -> str | None:
        """How the process ended, or None while it runs."""
        code = self.process.poll()
        return None if code is None else f"it exited with code {code}"

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL after `stop_timeout`; its ports are free again afterwards."""
        self.process.stop(self.stop_timeout)
        for port in self.ports.values():
            ports.release_port(port)
