"""Where tasks run: starts a container's process from its image, with what its task definition says."""

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from conducky.cache import cache_folder
from conducky.catalog.property_bag import Properties, texts
from conducky.errors import UserError
from conducky.images.packages import packages_of
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.container_health import container_health, outcome
from conducky.rehearsal.ecs.container_task import Containers
from conducky.rehearsal.ecs.image_programs import write_programs
from conducky.rehearsal.ecs.task import Task, local_ports
from conducky.rehearsal.ecs.task_command import local_command
from conducky.rehearsal.ecs.task_environment import LocalAddresses, container_variables, listen_module, translate
from conducky.rehearsal.ecs.task_paths import in_copy
from conducky.rehearsal.images import Images
from conducky.rehearsal.images.node import node_for
from conducky.rehearsal.images.prisma_engine import engine_for
from conducky.rehearsal.images.run_step import home_of
from conducky.rehearsal.images.source_image import in_source
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.images.task_copy import task_copy
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.processes.watchdog import remove_folder
from conducky.subprocesses import last_line, stopped_whole

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_COMMAND_SECONDS = 60.0
_SOURCE_STOPS_WITHIN = 3.0


@dataclass(frozen=True)
class Fargate:
    """Starts tasks, with the images, databases and load balancers that they use.

    `developed` are the development servers by their container's name. `stops` says of each application of which a
    task was stopped whether all of them ended in time.
    """

    account: Account
    images: Images
    databases: Databases
    load_balancers: LoadBalancers
    containers: Containers | None = None
    developed: dict[str, Task] = field(default_factory=dict[str, Task])
    stops: dict[str, bool] = field(default_factory=dict[str, bool])

    def start(self, task_definition: Properties, container: Properties) -> Task:
        """Start the container's command.

        Raises:
            ResourceFailedError: its image was not built here, or a parameter that it names does not exist.
        """
        in_engine = self.images.in_engine.get(self._digest(str(container["image"])))
        if self.containers and in_engine:
            return self.containers.start(task_definition, container, in_engine)
        name = f"{container['name']}-{uuid.uuid4().hex[:8]}"
        folder = self.account.folder
        source = self.find_image(str(container["image"]))
        if source.is_source:
            return self._start_source(task_definition, container, source, name)
        own = folder.own_folder("tasks", name)
        try:
            mapping = local_ports(container)
            image, variables = self._prepare(container, own, mapping)
            process = folder.start(
                name,
                local_command(
                    image,
                    texts(container, "entryPoint") or image.entrypoint,
                    texts(container, "command") or image.command,
                    variables["PATH"],
                    self.account.progress,
                ),
                env=variables,
                cwd=image.path(image.workdir),
                run_as=folder.user,
                log=folder.path / "logs" / f"{name}.log",
                stop_signal=signal.Signals[image.stop_signal or "SIGTERM"],
            )
        except BaseException:
            remove_folder(own)
            raise
        health = container_health(container)
        if health:
            words = local_command(image, health.command, [], variables["PATH"], self.account.progress)
            check = partial(self._run, image, variables)
            health.start(lambda seconds: outcome(words, seconds, check), process, self.account.stopping)
        return Task(
            name=name,
            revision=str(task_definition["arn"]),
            process=process,
            ports=mapping,
            stop_timeout=float(container.get("stopTimeout") or 30),
            folder=own,
            memory=int(task_definition["memory"]) if task_definition.get("memory") else None,
            health=health,
        )

    def _start_source(self, task_definition: Properties, container: Properties, image: BuiltImage, name: str) -> Task:
        """Start a development server in the application's folder, as the person, in place of the one before.

        Two would be in each other's way there. A task of its own (RunTask) has another command, and leaves it alone.
        """
        folder = self.account.folder
        (defined,) = json.loads(str(task_definition["containerDefinitions"]))
        words = in_source(Path(image.workdir), texts(container, "command")) or [*image.command]
        if container.get("command") == defined.get("command"):
            words = [*image.command]
            if before := self.developed.get(str(container["name"])):
                before.process.stop(_SOURCE_STOPS_WITHIN)
        own = folder.own_folder("tasks", name)
        own.chmod(0o700)
        mapping = local_ports(container)
        process = folder.start(
            name,
            words,
            env=self._environment(container, image, mapping, own),
            cwd=Path(image.workdir),
            log=folder.path / "logs" / f"{name}.log",
        )
        task = Task(name, str(task_definition["arn"]), process, mapping, _SOURCE_STOPS_WITHIN, own)
        if words == [*image.command]:
            self.developed[str(container["name"])] = task
        return task

    def execute(self, container: Properties, command: Sequence[str]) -> str:
        """What a command prints in the container's image and environment, where ECS Exec would run it.

        Raises:
            UserError: it failed, for which the last line of what it printed is the reason, or it did not end or start.
        """
        if self.containers and self._digest(str(container["image"])) in self.images.in_engine:
            return self.containers.execute(str(container["name"]), command)
        what, where = f"`{' '.join(command)}`", f"in the container {container['name']}"
        own = self.account.folder.own_folder("tasks", f"{container['name']}-exec-{uuid.uuid4().hex[:8]}")
        try:
            image, variables = self._prepare(container, own, {})
            words = in_source(Path(image.workdir), command) if image.is_source else command
            try:
                done = self._run(image, variables, words, timeout=_COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                raise UserError(f"{what} did not end within {_COMMAND_SECONDS:g} s {where}") from None
            except OSError as error:
                raise UserError(f"{what} cannot start {where}: {error.strerror}") from None
        finally:
            remove_folder(own)
        if done.returncode != 0:
            reason = self.account.redact(last_line(done.stderr or done.stdout))
            raise UserError(f"{what} failed {where}: {reason}")
        return done.stdout

    def _run(
        self, image: BuiltImage, variables: Mapping[str, str], command: Sequence[str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        folder, user = image.path(image.workdir), self.account.folder.user
        pipe = subprocess.PIPE
        with stopped_whole(command, folder, variables, pipe, errors=pipe, user=user) as process:
            printed = [each.decode(errors="replace") for each in process.communicate(timeout=timeout)]
        return subprocess.CompletedProcess(command, process.returncode, *printed)

    def command_in(self, container: Properties, task: Task, command: Sequence[str]) -> Properties:
        """How to run a command where ECS Exec would: in a task's own copy of its image, as its user.

        `words`, `environment`, `folder`, and `user`: its id where we are root, else None.
        """
        built = self.find_image(str(container["image"]))
        image = built if built.is_source else built.model_copy(update={"root": task.folder / "root"})
        return {
            "words": in_source(Path(built.workdir), command)
            if built.is_source
            else [in_copy(word, image.root) for word in command],
            "environment": self._environment(container, image, task.ports, task.folder),
            "folder": str(image.path(image.workdir)),
            "user": None if built.is_source else self.account.folder.user,
        }

    def _prepare(
        self, container: Properties, own: Path, mapping: Mapping[int, int]
    ) -> tuple[BuiltImage, dict[str, str]]:
        """A fresh copy of the container's image in the folder `own`, and the environment of what runs in it."""
        image = self.find_image(str(container["image"]))
        if not image.is_source:
            user = _user(container, image)
            name = user.partition(":")[0]
            if name and not name.isdigit() and name not in image.users:
                raise ResourceFailedError(
                    f"CannotStartContainerError: unable to find user {name}: no matching entries in passwd file",
                    f"create it in {image.dockerfile or 'the Dockerfile'}, as by `RUN useradd {name}` before USER",
                )
            image = task_copy(image, own / "root", user, self.account.folder.user)
            write_programs(own)
        return image, self._environment(container, image, mapping, own)

    def find_image(self, reference: str) -> BuiltImage:
        """The image behind `repository@digest`, where it was built on the host.

        Raises:
            ResourceFailedError: as `_digest`.
        """
        return self.images.built[self._digest(reference)]

    def _digest(self, reference: str) -> str:
        """The digest of `repository@digest`, if ECR has it.

        Raises:
            ResourceFailedError: the reference is not by digest, or nothing was built under it.
        """
        repository, _, digest = reference.partition("@")
        if not digest:
            raise ResourceFailedError(
                f"the image {reference} is not named by its digest", "use `repository@sha256:…` in services/images.py"
            )
        problem, fix = (
            f"the image {reference} is in no repository of this stack",
            "create one in bootstrap/repositories.py",
        )
        self.account.need("aws:ecr/repository:Repository", problem, fix, repositoryUrl=repository)
        if digest not in self.images.built and digest not in self.images.in_engine:
            raise ResourceFailedError(
                f"the image {reference} was not built in this rehearsal", "name one that services/images.py builds"
            )
        if self.images.registry.is_gone(repository, digest):
            raise ResourceFailedError(
                f"CannotPullContainerError: {reference}: not found: the repository's lifecycle policy has expired it",
                "run `pulumi -C services up` to build it again, and keep more images in bootstrap/repositories.py",
            )
        return digest

    def _environment(
        self, container: Properties, image: BuiltImage, mapping: Mapping[int, int], own: Path
    ) -> dict[str, str]:
        """The environment of what runs in a task's copy of its image, with notes for it in the task's folder `own`."""
        folder, workdir = self.account.folder, image.path(image.workdir)
        variables = {**image.environment, **container_variables(self.account, container)}
        if image.is_source:
            home = cache_folder() / "develop-home"
            home.mkdir(exist_ok=True)
            variables["NODE_EXTRA_CA_CERTS"] = str(self.databases.certificates)
        else:
            home = image.path(home_of(_user(container, image)))
        engine = engine_for(workdir, self.account.root, self.account.progress)
        local = LocalAddresses(
            image=image,
            ports=mapping,
            databases=self.databases.ports(),
            balancers=self.load_balancers.urls(),
            certificates=self.databases.certificates,
            prisma_engine=folder.within_reach(engine.parent) / engine.name if engine else None,
            home=home,
            path=os.pathsep.join((str(node_for(folder)), _SYSTEM_PATH, str(own / "programs"))),
            preloaded=listen_module(own, mapping),
        )
        translated = translate(variables, local)
        if image.is_source:
            programs = map(str, packages_of(workdir, self.account.root).programs)
            # A package manager may be anywhere on the person's own path
            translated["PATH"] = os.pathsep.join((*programs, translated["PATH"], os.environ.get("PATH", "")))
            translated["LANG"] = os.environ.get("LANG", "C.UTF-8")
        return translated


def _user(container: Properties, image: BuiltImage) -> str:
    return str(container.get("user") or image.user)
