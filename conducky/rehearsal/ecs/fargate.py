"""Where tasks run: starts a container's process from its image, with what its task definition says."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from conducky.catalog.property_bag import Properties, bags, texts
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

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


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
        variables = {**image.environment, **container_variables(self.account, container)}
        mapping = {int(entry["containerPort"]): ports.free_port() for entry in bags(container, "portMappings")}
        process = folder.start(
            name,
            [
                *(texts(container, "entryPoint") or image.entrypoint),
                *(texts(container, "command") or image.command),
            ],
            env=translate(variables, self._addresses(image, mapping, home)),
            cwd=image.path(image.workdir),
            log=folder.path / "logs" / f"{name}.log",
        )
        stop_timeout, memory = float(container.get("stopTimeout") or 30), int(task_definition["memory"])
        return Task(name, str(task_definition["arn"]), process, mapping, stop_timeout, memory)

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
        if not self.images.registry.has(repository, digest):
            raise ResourceFailedError(
                f"CannotPullContainerError: {reference}: not found: the repository's lifecycle policy has expired it",
                "run `pulumi -C services up` to build it again, and keep more images in bootstrap/repositories.py",
            )
        return self.images.built[digest]

    def _addresses(self, image: BuiltImage, mapping: dict[int, int], home: Path) -> LocalAddresses:
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
