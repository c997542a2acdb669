"""Where tasks run: starts a container's process from its image, with what its task definition says."""

import os
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conducky.catalog.property_bag import Properties, bags, texts
from conducky.errors import UserError
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.ecs.task_environment import LocalAddresses, container_variables, translate
from conducky.rehearsal.images import Images
from conducky.rehearsal.images.node import require_node
from conducky.rehearsal.images.prisma_engine import prisma_engine, uses_prisma
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.processes import ports
from conducky.subprocesses import last_line

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_COMMAND_SECONDS = 60.0


@dataclass(frozen=True)
class Fargate:
    """Starts tasks, with the images, databases and load balancers that they use."""

    account: Account
    images: Images
    databases: Databases
    load_balancers: LoadBalancers

    def start(self, task_definition: Properties, container: Properties) -> Task:
        """Start the container's command.

        Raises:
            ResourceFailedError: its image was not built here, or a parameter that it names does not exist.
        """
        image = self.find_image(str(container["image"]))
        name = f"{container['name']}-{uuid.uuid4().hex[:8]}"
        folder = self.account.folder
        home = folder.path / "tasks" / name
        (home / "tmp").mkdir(parents=True)
        mapping = {int(entry["containerPort"]): ports.free_port() for entry in bags(container, "portMappings")}
        process = folder.start(
            name,
            [
                *(texts(container, "entryPoint") or image.entrypoint),
                *(texts(container, "command") or image.command),
            ],
            env=self._environment(image, container, mapping, home),
            cwd=image.path(image.workdir),
            log=folder.path / "logs" / f"{name}.log",
        )
        return Task(name, str(task_definition["arn"]), process, mapping, float(container.get("stopTimeout") or 30))

    def execute(self, container: Properties, command: Sequence[str]) -> str:
        """What a command prints in the container's image and environment, where ECS Exec would run it.

        Raises:
            UserError: it failed; the last line of what it printed says why.
        """
        image = self.find_image(str(container["image"]))
        with tempfile.TemporaryDirectory() as home:
            (Path(home) / "tmp").mkdir()
            done = subprocess.run(
                command,
                cwd=image.path(image.workdir),
                env=self._environment(image, container, {}, Path(home)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        if done.returncode != 0:
            reason = self.account.redact(last_line(done.stderr or done.stdout))
            raise UserError(f"`{' '.join(command)}` failed in the container {container['name']}: {reason}")
        return done.stdout

    def find_image(self, reference: str) -> BuiltImage:
        """The image behind `repository@digest`.

        Raises:
            ResourceFailedError: the reference is not by digest, or nothing was built under it.
        """
        repository, _, digest = reference.partition("@")
        if not digest:
            raise ResourceFailedError(
                f"the image {reference} is not named by its digest", "use `repository@sha256:…` in services/images.py"
            )
        if not self.account.find("aws:ecr/repository:Repository", repositoryUrl=repository):
            raise ResourceFailedError(
                f"the image {reference} is in no repository of this stack", "create one in bootstrap/repositories.py"
            )
        if digest not in self.images.built:
            raise ResourceFailedError(
                f"the image {reference} was not built in this rehearsal", "name one that services/images.py builds"
            )
        return self.images.built[digest]

    def _environment(
        self, image: BuiltImage, container: Properties, mapping: Mapping[int, int], home: Path
    ) -> dict[str, str]:
        variables = {**image.environment, **container_variables(self.account, container)}
        return translate(variables, self._addresses(image, mapping, home))

    def _addresses(self, image: BuiltImage, mapping: Mapping[int, int], home: Path) -> LocalAddresses:
        prisma = uses_prisma(image.path(image.workdir))
        return LocalAddresses(
            image=image,
            ports=mapping,
            databases=self.databases.ports(),
            balancers=self.load_balancers.urls(),
            certificates=self.databases.certificates,
            prisma_engine=prisma_engine(self.account.root, self.account.progress) if prisma else None,
            home=home,
            path=f"{require_node()}{os.pathsep}{_SYSTEM_PATH}",
        )
