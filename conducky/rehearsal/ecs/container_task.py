"""A task whose container runs in Docker or Podman."""

import signal
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import certifi

from conducky.catalog.property_bag import Properties, bags, texts
from conducky.errors import UserError
from conducky.rehearsal.account import Account
from conducky.rehearsal.containers import ContainerEngine, ContainerRun, TaskNetwork
from conducky.rehearsal.containers.engine import client_environment
from conducky.rehearsal.containers.run import (
    ALL_CERTIFICATES,
    APPLICATION_LABEL,
    CERTIFICATES,
    translate_for_container,
)
from conducky.rehearsal.ecs.container_health import container_health, outcome
from conducky.rehearsal.ecs.task import Task, local_ports
from conducky.rehearsal.ecs.task_environment import container_variables
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.processes.containers_left import record_engine
from conducky.subprocesses import last_line, output_of

_KILLED = 137  # 128 + SIGKILL
_LATER = 15.0  # Seconds that the engine's command may take longer than the container


@dataclass
class ContainerTask(Task):
    """Its process is the engine's command, which ends with the container and with its exit code."""

    engine: ContainerEngine = field(default_factory=lambda: ContainerEngine("podman"))
    limit: int | None = None  # MiB; `memory` is for those that no engine limits

    def ended(self) -> str | None:
        """How the container ended, or None while it runs."""
        code = self.process.poll()
        if code is None or self._killed:
            return self._killed or None
        self._killed = f"it exited with code {code}"
        if code == _KILLED:  # Not by us: `stop` forgets the task. Not every engine can tell why
            self._killed += (
                f" (on Fargate, OutOfMemoryError): it was killed, most likely for more than {self.limit} MiB"
            )
        return self._killed

    def listens_on(self, port: int) -> bool:
        """Whether its container has the local port: without it, no engine would have started the container."""
        return port in self.ports.values()

    def stop(self) -> None:
        """Send the image's stop signal, and SIGKILL after `stop_timeout`; nothing of the container is left then."""
        runs = self.process.poll() is None
        if runs:
            self.engine.tell("stop", "-t", str(int(self.stop_timeout)), self.name)
        self.engine.tell("rm", "--force", "--volumes", self.name)
        code = self.process.stop(_LATER, signal.SIGTERM)
        super().stop()
        self.overdue = runs and code == _KILLED


@dataclass
class Containers:
    """Starts containers, in the rehearsal's own network and under its label."""

    account: Account
    engine: ContainerEngine
    databases: Databases
    load_balancers: LoadBalancers
    network: TaskNetwork = field(init=False)

    def __post_init__(self) -> None:
        """Record the engine first, so that what cleans up knows where to look."""
        folder = self.account.folder.path
        self.network = TaskNetwork(self.engine, folder.name, record_engine(folder, self.engine.name))

    def start(self, task_definition: Properties, container: Properties, image: str) -> ContainerTask:
        """Start the container's image, by its name in the engine, with what its task definition says.

        Raises:
            ResourceFailedError: a parameter that it names does not exist.
            UserError: the engine does not answer.
        """
        name = f"{container['name']}-{uuid.uuid4().hex[:8]}"
        folder = self.account.folder
        mapping = local_ports(container)
        own = folder.own_folder("tasks", name)
        network = self.network.options()
        run = ContainerRun(
            name=f"{folder.path.name}-{name}",
            application=str(container["name"]),
            label=self.network.label,
            image=image,
            network=network,
            variables=translate_for_container(
                container_variables(self.account, container),
                self.databases.ports(),
                self.load_balancers.urls(),
            ),
            ports=mapping,
            hosts={address: self.network.host(port) for address, port in self.databases.ports().items()},
            mounts={CERTIFICATES: self.databases.certificates, ALL_CERTIFICATES: self._all_certificates()},
            kernel={each["namespace"]: str(each["value"]) for each in bags(container, "systemControls")},
            user=str(container.get("user") or ""),
            entry_point=texts(container, "entryPoint"),
            command=texts(container, "command"),
            memory=int(task_definition["memory"]) if task_definition.get("memory") else None,
            cpu=int(task_definition["cpu"]) if task_definition.get("cpu") else None,
            stop_timeout=int(container.get("stopTimeout") or 30),
        )
        process = folder.start(
            name,
            run.command_line(self.engine),
            env=run.environment(),
            cwd=own,
            log=folder.path / "logs" / f"{name}.log",
        )
        health = container_health(container)
        if health:
            words = [self.engine.name, "exec", run.name, *health.command]
            health.start(lambda seconds: outcome(words, seconds, self._run), process, self.account.stopping)
        return ContainerTask(
            name=run.name,
            revision=str(task_definition["arn"]),
            process=process,
            ports=mapping,
            stop_timeout=float(run.stop_timeout),
            folder=own,
            engine=self.engine,
            limit=run.memory,
            health=health,
        )

    def _run(self, command: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return output_of(command, environment=client_environment(), seconds=timeout)

    def execute(self, application: str, command: Sequence[str]) -> str:
        """What a command prints in the newest container of an application, as ECS Exec would run it.

        Raises:
            UserError: none runs, or the command failed; the last line of what it printed says why.
        """
        chosen = ("--filter", f"label={self.network.label}", "--filter", f"label={APPLICATION_LABEL}={application}")
        running = self.engine.ask("ps", "--quiet", *chosen).split()
        if not running:
            raise UserError(f"no container of the {application} runs", "see why in the log that is shown above")
        try:
            return self.engine.ask("exec", running[0], *command)
        except UserError as error:
            reason = self.account.redact(last_line(error.problem))
            raise UserError(f"`{' '.join(command)}` failed in the container {application}: {reason}") from None

    def _all_certificates(self) -> Path:
        """The public authorities and the rehearsal's own, for programs that take one file only."""
        file = self.databases.certificates.with_name("all.pem")
        if not file.exists():
            text = Path(certifi.where()).read_text("utf-8") + self.databases.certificates.read_text("utf-8")
            file.write_text(text, encoding="utf-8")
            file.chmod(0o644)
        return file
