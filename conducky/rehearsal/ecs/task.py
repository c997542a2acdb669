"""One task of a service: the process of its image, with the environment that its task definition gives it."""

import os
import uuid
from dataclasses import dataclass

from conducky.catalog.property_bag import Properties, bags, texts
from conducky.rehearsal.account import Machine, ResourceFailedError
from conducky.rehearsal.ecs.task_environment import Host, translate
from conducky.rehearsal.images.build import BuiltImage
from conducky.rehearsal.images.node import require_node
from conducky.rehearsal.images.prisma_engine import prisma_engine, uses_prisma
from conducky.rehearsal.processes import ports
from conducky.rehearsal.processes.managed_process import ManagedProcess

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass
class Task:
    """A running task. `ports` maps the container's ports to those of 127.0.0.1."""

    name: str
    revision: str
    process: ManagedProcess
    ports: dict[int, int]
    stop_timeout: float

    @classmethod
    def start(cls, machine: Machine, task_definition: Properties, container: Properties) -> "Task":
        """Start the container's command.

        Raises:
            ResourceFailedError: its image was not built here, or a parameter it names does not exist.
        """
        image = find_image(machine, str(container["image"]))
        name = f"{container['name']}-{uuid.uuid4().hex[:8]}"
        mapping = {int(entry["containerPort"]): ports.free_port() for entry in bags(container, "portMappings")}
        home = machine.folder.path / "tasks" / name
        (home / "tmp").mkdir(parents=True)
        host = Host(
            image=image,
            ports=mapping,
            databases={address: server.port for address, server in machine.databases.items()},
            balancers=machine.urls(),
            certificates=machine.authority.bundle,
            prisma_engine=prisma_engine(machine.root, machine.progress)
            if uses_prisma(image.path(image.workdir))
            else None,
            home=home,
            path=f"{require_node()}{os.pathsep}{_SYSTEM_PATH}",
        )
        variables = {**image.environment, **told(machine, container)}
        command = [
            *(texts(container, "entryPoint") or image.entrypoint),
            *(texts(container, "command") or image.command),
        ]
        process = machine.folder.start(
            name,
            command,
            env=translate(variables, host),
            cwd=image.path(image.workdir),
            log=machine.folder.path / "logs" / f"{name}.log",
        )
        return cls(name, str(task_definition["arn"]), process, mapping, float(container.get("stopTimeout") or 30))

    def ended(self) -> str | None:
        """How the process ended, or None while it runs."""
        code = self.process.poll()
        return None if code is None else f"it exited with code {code}"

    def stop(self) -> None:
        """SIGTERM, then SIGKILL when `stopTimeout` seconds are over."""
        self.process.stop(self.stop_timeout)
        for port in self.ports.values():
            ports.release_port(port)


def told(machine: Machine, container: Properties) -> dict[str, str]:
    """The variables that the task definition gives a container: plain ones, and secrets by the parameters' values.

    Raises:
        ResourceFailedError: a parameter does not exist.
    """
    variables = {str(entry["name"]): str(entry["value"]) for entry in bags(container, "environment")}
    for entry in bags(container, "secrets"):
        parameter = machine.find("aws:ssm/parameter:Parameter", arn=entry["valueFrom"])
        if parameter is None:
            raise ResourceFailedError(
                f"{entry['name']} comes from the parameter {entry['valueFrom']}, which does not exist: make it in "
                "services/application_secrets.py or platform/database.py"
            )
        variables[str(entry["name"])] = str(parameter["value"])
    return variables


def find_image(machine: Machine, reference: str) -> BuiltImage:
    """The image behind `repository@digest`.

    Raises:
        ResourceFailedError: the reference is not by digest, or nothing was built under it.
    """
    repository, _, digest = reference.partition("@")
    if not digest:
        raise ResourceFailedError(
            f"the image {reference} is not named by its digest: use `repository@sha256:…` in services/images.py"
        )
    if not machine.find("aws:ecr/repository:Repository", repositoryUrl=repository):
        raise ResourceFailedError(
            f"the image {reference} is in no repository of this stack: make one in bootstrap/repositories.py"
        )
    if digest not in machine.images:
        raise ResourceFailedError(
            f"the image {reference} was not built in this rehearsal: name one that services/images.py builds"
        )
    return machine.images[digest]
