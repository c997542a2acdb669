"""A rehearsal: the account and its stand-ins, the provider, and the three layers on the engine."""

import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.cost.estimate import price_account
from conducky.cost.report import cost_in_one_line
from conducky.engine.events import LayerProgress, LayerResult
from conducky.environment import region, variable
from conducky.errors import UserError
from conducky.images.context import file_fields, hash_fields
from conducky.naming import Place
from conducky.rehearsal.account import Account, Progress
from conducky.rehearsal.containers import Runtime, find_engine
from conducky.rehearsal.containers.run import with_local_urls
from conducky.rehearsal.handlers import StandIns
from conducky.rehearsal.orphans import remove_orphans
from conducky.rehearsal.postgres.resource import INSTANCE
from conducky.rehearsal.processes.run_folder import RunFolder, check_programs_start
from conducky.rehearsal.provider import PACKAGES, Provider, serve
from conducky.rehearsal.stacks.layer_stack import LayerFailedError, LayerStack, RehearsalPulumi
from conducky.repository import ROOT, environment
from conducky.secret_values import secrets_of
from conducky.settings.application import Application
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings

_ENGINE_SECONDS = 10.0  # Time for an interrupted engine to write its state


class Rehearsal:
    """A local deployment of all layers. Everything that it starts and writes ends with it.

    Neither the user's Pulumi login nor a stack file is touched: state, home and settings are in the run folder.
    """

    def __init__(  # all keyword-only, each asked for
        self,
        stack: str,
        *,
        engine: Path,
        port: int,
        progress: Progress,
        root: Path = ROOT,
        runtime: Runtime = "host",
        develop: Mapping[str, Application] | None = None,
    ) -> None:
        self._develop = develop
        self._containers, self._insisted = find_engine(runtime), runtime == "containers"
        if self._containers is None:
            check_programs_start()
        self.stack = stack
        self._root = root
        self._progress = progress
        self.folder = RunFolder.create()
        self._stops = ExitStack()
        self._stops.callback(self.folder.close)
        try:
            self._begin(engine, port)
        except BaseException:
            self.close()
            raise

    def _begin(self, engine: Path, port: int) -> None:
        scratch = self.folder.path / "tmp"
        scratch.mkdir(mode=0o700)
        # What libraries write to the temporary folder goes with the run folder.
        tempfile.tempdir = str(scratch)
        self._stops.callback(setattr, tempfile, "tempdir", None)
        self._stops.enter_context(environment({"TMPDIR": str(scratch), **program_environment(self.stack, self._root)}))
        self.account = Account(Place(region(), ACCOUNT_ID), self.folder, self._progress, self._root)
        self.stand_ins = StandIns(self.account, port, self._containers, insisted=self._insisted, develop=self._develop)
        self.stand_ins.images.locally = self._local_arguments
        if self.stand_ins.services.containers:
            self._stops.callback(self.stand_ins.services.containers.network.close)
        self.stand_ins.load_balancers.server.start()
        self._stops.callback(self.stand_ins.load_balancers.server.stop)
        threading.Thread(target=self.stand_ins.services.watch, name="services", daemon=True).start()
        threading.Thread(target=self.stand_ins.scaling.watch, name="scaling", daemon=True).start()
        threading.Thread(target=self.stand_ins.notifications.watch, name="notifications", daemon=True).start()
        self._handlers = self.stand_ins.handlers()
        self.provider = Provider(self.account, self._handlers)
        self.engine = RehearsalPulumi(engine, self.folder)
        server, provider_port = serve(self.provider, self.engine.processes)
        self._stops.callback(lambda: server.stop(0).wait())
        self._variables = _engine_variables(self.folder.path, provider_port)
        self._layers: dict[str, LayerStack] = {}
        self._settled: set[tuple[str, str]] = set()
        self._deployed: dict[str, tuple[str, LayerResult]] = {}

    def layer(self, name: str) -> LayerStack:
        """One layer's stack, created when it is first used."""
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
        self._root = self.account.root = root
        for layer in self._layers.values():
            layer.root = root

    def up(self, name: str, progress: LayerProgress, replace: Sequence[str] = ()) -> LayerResult:
        """Bring one layer up, and replace these URNs.

        Raises LayerFailedError with the causes, or UserError when its file is unreadable.
        """
        self._deployed.pop(name, None)
        program = self._program(name)
        result = self._timed(name, lambda layer: layer.up(progress, replace))
        self._deployed[name] = program, result
        return result

    def unchanged(self, name: str) -> LayerResult | None:
        """What `up` would do, if it were nothing: program, settings and stack file are as they were the last time."""
        program, result = self._deployed.get(name, ("", LayerResult(name)))
        if program != self._program(name):
            return None
        return LayerResult(name, result.resources, {"same": result.resources})

    def _program(self, name: str) -> str:
        folder = self._root / name
        files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*") if file.suffix in (".py", ".yaml"))
        return hash_fields([*file_fields(folder, files), json.dumps(self.layer(name).changed).encode()])

    def destroy(self, name: str, progress: LayerProgress) -> LayerResult:
        """Remove one layer, unprotected first as a person would. Raises LayerFailedError when something is left."""
        self._deployed.pop(name, None)
        if name == "platform":
            if any(each.get("deletionProtection") for each in self.account.of(INSTANCE)):
                self.layer(name).set_config("deletionProtection", "false")
                self.layer(name).up(progress)
            self.stand_ins.databases.forget(self.layer(name).known())  # those that restored ones have replaced
        if name == "bootstrap" and self.stand_ins.images.empty_kept_repositories():
            self.layer(name).unprotect()
        return self._timed(name, lambda layer: layer.destroy(progress))

    def url(self, application: str = "frontend") -> str:
        """The local URL of `frontend` or `backend` behind its load balancer. Raises UserError if none answers there."""
        found = self.stand_ins.load_balancers.local_url(self._host(application))
        if found is None:
            raise UserError(f"no load balancer answers for the {application}", "check platform/load_balancer.py")
        return found

    @property
    def shown(self) -> str:
        """The application that a person opens: the frontend, unless the settings want none."""
        settings = settings_of(ServicesSettings, self.stack, self._root)
        return "frontend" if settings.frontend_count else "backend"

    def _local_arguments(self, application: str, arguments: dict[str, str]) -> dict[str, str]:
        """Build arguments with local addresses, unless the application takes the backend's when it runs.

        Those that do, as the sample, keep one image whatever the port is.
        """
        settings = settings_of(ServicesSettings, self.stack, self._root)
        if "backend" in (settings.frontend if application == "frontend" else settings.backend).addresses.values():
            return arguments
        urls = self.stand_ins.load_balancers.urls()
        return {name: with_local_urls(value, urls) for name, value in arguments.items()}

    def http_url(self, application: str) -> str | None:
        """The same without HTTPS, where the application also has HTTPS."""
        return self.stand_ins.load_balancers.http_url(self._host(application))

    def _host(self, application: str) -> str:
        return urlsplit(str(self.layer("platform").exports().get(f"{application}_url"))).netloc

    def cost(self) -> str:
        """What the resources of this rehearsal would cost a month on AWS, in one line."""
        account = self.account
        return cost_in_one_line(self.stack, lambda: price_account(self.stack, account.place.region, account.resources))

    def states(self) -> dict[str, str]:
        """Everything that the engine stored, backups and history included, by file."""
        return texts_below(self.folder.path / "state")

    def stop(self) -> None:
        """Interrupt what is in progress; from any thread."""
        self.account.stopping.set()
        self.engine.interrupt(_ENGINE_SECONDS)

    def close(self) -> None:
        """End every process and remove every file; a second call does nothing."""
        if hasattr(self, "account"):
            self.account.stopping.set()
        self._stops.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _timed(self, name: str, operation: Callable[[LayerStack], LayerResult]) -> LayerResult:
        begin = time.monotonic()
        layer = self.layer(name)
        if layer.killed:
            self._recover(layer)
        try:
            result = operation(layer)
        except LayerFailedError as error:
            raise LayerFailedError(self.account.redact(str(error))) from None
        result.seconds = time.monotonic() - begin
        # Replaced databases leave the state and stay; what a killed engine leaves later is not among these.
        self._settled = {(INSTANCE, ident) for ident in self.account.resources.get(INSTANCE, {})}
        return result

    def _recover(self, layer: LayerStack) -> None:
        """Remove what a killed engine created and does not know, so that it can be created again."""
        layer.recover()
        self.provider.operations.wait_none()
        known = {resource for stack in self._layers.values() for resource in stack.known()}
        remove_orphans(self.account, self._handlers, known | self._settled)


def texts_below(folder: Path) -> dict[str, str]:
    """Every file below a folder by its path in it, because the state files of all layers have the same name."""
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8", errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def program_environment(stack: str, root: Path) -> dict[str, str | None]:
    """The environment variables that the programs require, with a value where the person has not set one."""
    values: dict[str, str | None] = {"AWS_REGION": variable("AWS_REGION") or "us-east-1"}
    for name in secrets_of(stack, root):
        values[name] = variable(name) or secrets.token_urlsafe(48)
    return values


def _engine_variables(folder: Path, port: int) -> Mapping[str, str]:
    """What makes the engine use the rehearsal's provider, state and home, and nothing of the user's."""
    (folder / "state").mkdir(mode=0o700)
    (folder / "home").mkdir(mode=0o700)
    return {
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(24),
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package in PACKAGES),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_ACCESS_TOKEN": "",
        "TMPDIR": os.environ["TMPDIR"],
    }
