"""The rehearsal itself: this machine made ready, and the three layers brought up on it in order."""

import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.engine.events import LayerProgress, LayerResult
from conducky.environment import region, variable
from conducky.errors import UserError
from conducky.naming import Place
from conducky.rehearsal.account import Machine, Progress
from conducky.rehearsal.ecs.service import Services
from conducky.rehearsal.handlers import behaviours
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.orphans import remove_orphans
from conducky.rehearsal.postgres.certificates import CertificateAuthority
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.provider import PACKAGES, Provider, serve
from conducky.rehearsal.stacks.layer_stack import Engine, LayerFailedError, LayerStack
from conducky.repository import ROOT, environment

_ENGINE_SECONDS = 10.0  # what an interrupted engine gets to write its state


class Rehearsal:
    """A deployment of all layers onto this machine. Everything it starts and writes ends with it.

    Neither the user's Pulumi login nor a stack file is touched: state, home and settings lie in the run folder.
    """

    def __init__(self, stack: str, *, engine: Path, port: int, progress: Progress, root: Path = ROOT) -> None:
        self.stack = stack
        self._root = root
        self._progress = progress
        self.folder = RunFolder.create()
        self._stops: list[Callable[[], object]] = []
        try:
            self._begin(engine, port)
        except BaseException:
            self.close()
            raise

    def _begin(self, engine: Path, port: int) -> None:
        scratch = self.folder.path / "tmp"
        scratch.mkdir()
        # What libraries write to the temporary folder goes with the run folder.
        tempfile.tempdir = str(scratch)
        self._stops.append(lambda: setattr(tempfile, "tempdir", None))
        self._environment = environment({"TMPDIR": str(scratch), **_told_to_programs()})
        self._environment.__enter__()
        self._stops.append(lambda: self._environment.__exit__(None, None, None))
        balancer = LoadBalancer()
        balancer.start()
        self._stops.append(balancer.stop)
        self.machine = Machine(
            place=Place(region(), ACCOUNT_ID),
            folder=self.folder,
            authority=CertificateAuthority.create(self.folder.path / "ca"),
            balancer=balancer,
            port=port,
            progress=self._progress,
            root=self._root,
        )
        self.services = Services(self.machine)
        threading.Thread(target=self.services.watch, name="services", daemon=True).start()
        self._behaviours = behaviours(self.machine, self.services)
        self.provider = Provider(self.machine, self._behaviours)
        server, provider_port = serve(self.provider)
        self._stops.append(lambda: server.stop(0).wait())
        self.engine = Engine(engine, self.folder)
        self._variables = _engine_variables(self.folder.path, provider_port)
        self._layers: dict[str, LayerStack] = {}

    def layer(self, name: str) -> LayerStack:
        """One layer's stack, made when it is first asked for."""
        if name not in self._layers:
            self._layers[name] = LayerStack(
                name,
                self.stack,
                engine=self.engine,
                folder=self.folder.path,
                root=self._root,
                variables=self._variables,
            )
        return self._layers[name]

    def use(self, root: Path) -> None:
        """Take programs and applications from another copy of the repository from now on."""
        self._root = self.machine.root = root
        for layer in self._layers.values():
            layer.root = root

    def up(self, name: str, told: LayerProgress) -> LayerResult:
        """Bring one layer up.

        Raises:
            LayerFailedError: the engine or the provider refused; the causes are in it.
            UserError: the layer's stack file cannot be read.
        """
        return self._timed(name, lambda layer: layer.up(told))

    def destroy(self, name: str, told: LayerProgress) -> LayerResult:
        """Remove one layer; protected resources are unprotected first, as a person would have to.

        Raises:
            LayerFailedError: something could not be removed.
        """
        if name == "platform" and self._is_protected():
            self.layer(name).set_config("deletionProtection", "false")
            self.layer(name).up(told)
        return self._timed(name, lambda layer: layer.destroy(told))

    def url(self) -> str:
        """Where the frontend answers on this machine.

        Raises:
            UserError: no load balancer is up.
        """
        urls = list(self.machine.urls().values())
        if not urls:
            raise UserError("the rehearsal made no load balancer: look at platform/load_balancer.py")
        return urls[0]

    def states(self) -> dict[str, str]:
        """Everything that the engine wrote down, backups and history included, by file."""
        return texts_below(self.folder.path / "state")

    def stop(self) -> None:
        """Interrupt whatever is under way; from any thread."""
        self.machine.stopping.set()
        self.engine.interrupt(_ENGINE_SECONDS)

    def close(self) -> None:
        """End every process and remove every file; again is harmless."""
        if hasattr(self, "machine"):
            self.machine.stopping.set()
        try:
            while self._stops:
                self._stops.pop()()
        finally:
            self.folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _timed(self, name: str, operation: Callable[[LayerStack], LayerResult]) -> LayerResult:
        begin = time.monotonic()
        layer = self.layer(name)
        if layer.killed:
            self._recover(layer)
        try:
            result = operation(layer)
        except LayerFailedError as error:
            raise LayerFailedError(self.machine.redact(str(error))) from None
        result.seconds = time.monotonic() - begin
        return result

    def _recover(self, layer: LayerStack) -> None:
        """What an engine that was killed never heard of is made anew, as `pulumi refresh` would find it on AWS."""
        layer.recover()
        self.provider.under_way.wait_none()
        known = {resource for stack in self._layers.values() for resource in stack.known()}
        remove_orphans(self.machine, self._behaviours, known)

    def _is_protected(self) -> bool:
        return any(instance.get("deletionProtection") for instance in self.machine.of("aws:rds/instance:Instance"))


def texts_below(folder: Path) -> dict[str, str]:
    """Every file below a folder by its path in it: the state files of all layers have the same name."""
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8", errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _told_to_programs() -> dict[str, str | None]:
    """The environment variables that the programs ask for, where the person has not set them."""
    told: dict[str, str | None] = {"AWS_REGION": variable("AWS_REGION") or "us-east-1"}
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        told[name] = variable(name) or secrets.token_urlsafe(48)
    return told


def _engine_variables(folder: Path, port: int) -> Mapping[str, str]:
    """What makes the engine use the rehearsal's provider, state and home, and nothing of the person's."""
    (folder / "state").mkdir()
    (folder / "home").mkdir()
    return {
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(24),
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package in PACKAGES),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_ACCESS_TOKEN": "",
        "TMPDIR": os.environ["TMPDIR"],
    }
