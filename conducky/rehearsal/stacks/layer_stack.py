"""One layer on the real Pulumi engine, with a state, a home and settings of the rehearsal's own."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import yaml
from pulumi import automation as auto
from pulumi.automation import events
from pulumi.automation._stack import StackInitMode  # pyright: ignore[reportPrivateImportUsage]
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.engine.events import LayerProgress, LayerResult, Watch
from conducky.engine.version import MINIMUM_VERSION
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.records import family
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.stacks.inline_program import InlineProgram
from conducky.repository import read_stack_file, stack_file

# What the SDK prints when an engine was killed; `LayerFailedError` says it better.
warnings.filterwarnings("ignore", "Error in event stream", UserWarning)

_COUNTS = re.compile(r"\d+ errored")
_TOLD = 40  # lines
_AGAIN = "run it again; what it left unfinished is removed first"


class LayerFailedError(Exception):
    """The engine could not bring a layer up or down; the message has the causes that it reported."""


class RehearsalPulumi(auto.PulumiCommand):
    """The Pulumi command line, whose processes end with the rehearsal, however that ends."""

    def __init__(self, binary: Path, folder: RunFolder) -> None:  # pyright: ignore[reportMissingSuperCall]
        self.command = str(binary)
        self.version = VersionInfo.parse(str(MINIMUM_VERSION))
        self._folder = folder
        self._numbers = itertools.count(1)
        self._running: list[ManagedProcess] = []

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> auto.CommandResult:
        """Run one command to its end, with its output and its errors in separate files."""
        del on_output, on_error  # Progress comes as events
        number = next(self._numbers)
        output, errors = (self._folder.path / "engine" / f"{number}.{kind}" for kind in ("out", "err"))
        output.parent.mkdir(mode=0o700, exist_ok=True)
        output.unlink(missing_ok=True)  # Another engine's with this number, in the same run folder; output is appended
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        environment["PATH"] = f"{Path(self.command).parent}{os.pathsep}{environment.get('PATH', '')}"
        process = self._folder.start(
            f"engine-{number}",
            ["/bin/sh", "-c", 'exec "$@" 2>"$0"', str(errors), self.command, "--non-interactive", *args],
            env=environment,
            cwd=Path(cwd),
            log=output,
            stop_signal=signal.SIGINT,
        )
        self._running.append(process)
        try:
            code = process.wait()
        finally:
            self._running.remove(process)
        printed = [file.read_text(encoding="utf-8", errors="replace").strip() for file in (output, errors)]
        result = auto.CommandResult(stdout=printed[0], stderr=printed[1], code=code)
        if code:
            raise create_command_error(result)
        return result

    def processes(self) -> set[psutil.Process]:
        """The engines that run, with every process that they started."""
        return family([process.record for process in list(self._running)])

    def interrupt(self, seconds: float) -> None:
        """Interrupt what runs, and kill it after `seconds`."""
        for process in list(self._running):
            process.stop(seconds)


class LayerStack:
    """One layer's stack: the settings of its stack file, read before each `up`, and what `set_config` has `changed`."""

    def __init__(
        self, layer: str, stack: str, *, engine: RehearsalPulumi, folder: Path, root: Path, variables: Mapping[str, str]
    ) -> None:
        self.layer = layer
        self.root = root
        self.killed = False
        self._work = folder / "layers" / layer
        self._work.parent.mkdir(mode=0o700, exist_ok=True)
        self._work.mkdir()
        self._settings = self._work / f"Pulumi.{stack}.yaml"
        self._state = folder / "state" / ".pulumi" / "stacks" / f"conducky-{layer}" / f"{stack}.json"
        self.changed: dict[str, str] = {}
        self._printed: str | None = None
        self._engine = engine
        # A file of metadata beside each state would be written in place: an engine killed then cannot be followed.
        self._variables = {**variables, "PULUMI_BACKEND_URL": f"{(folder / 'state').as_uri()}?metadata=skip"}
        # Copies: the engine writes into the stack file, and removes it at the end.
        shutil.copy(root / layer / "Pulumi.yaml", self._work)
        self._share_salt(folder)
        self._write_settings()
        workspace = auto.LocalWorkspace(
            work_dir=str(self._work),
            pulumi_command=engine,
            env_vars=self._variables,
            pulumi_home=variables["PULUMI_HOME"],
            program=InlineProgram(layer, root),
        )
        try:
            self._stack = _Stack(stack, workspace, StackInitMode.CREATE)
        except auto.CommandError as error:
            raise LayerFailedError(_last_line(str(error))) from None

    def up(self, progress: LayerProgress, replace: Sequence[str] = ()) -> LayerResult:
        """Bring the layer up, and replace these URNs.

        Raises LayerFailedError with the causes, or UserError when its file is unreadable.
        """
        shutil.copy(self.root / self.layer / "Pulumi.yaml", self._work)
        self._write_settings()
        program = InlineProgram(self.layer, self.root)
        try:
            return self._run(
                lambda watch: self._stack.up(program=program, on_event=watch, show_secrets=False, replace=[*replace]),
                progress,
            )
        finally:
            program.end()

    def destroy(self, progress: LayerProgress) -> LayerResult:
        """Remove everything in the layer. Raises LayerFailedError when something could not be removed."""
        return self._run(lambda watch: self._stack.destroy(on_event=watch, show_secrets=False), progress)

    def unprotect(self) -> None:
        """Let the engine delete what the program protects."""
        self._engine.run(
            ["state", "unprotect", "--all", "--yes", "--stack", self._stack.name], str(self._work), self._variables
        )

    def set_config(self, key: str, value: str | None) -> None:
        """Change a setting for this rehearsal; None restores the stack file's value."""
        self.changed.pop(key, None)
        if value is not None:
            self.changed[key] = value

    def set_secret(self, key: str, value: str) -> None:
        """The same for a secret setting, which the engine encrypts."""
        self._stack.set_config(key, auto.ConfigValue(value, secret=True))

    def outputs(self) -> Properties:
        """The layer's exports as the engine prints them, secret ones decrypted; asked for once after each change."""
        if self._printed is None:
            question = ["stack", "output", "--json", "--show-secrets", "--stack", self._stack.name]
            self._printed = self._engine.run(question, str(self._work), self._variables).stdout
        return json.loads(self._printed)

    def exports(self) -> Properties:
        """The layer's exports as its state has them, secret ones encrypted; without half a second of the engine."""
        stacks = [resource for resource in self._resources() if resource["type"] == "pulumi:pulumi:Stack"]
        return bag(stacks[0], "outputs") if stacks else {}

    def known(self) -> set[tuple[str, str]]:
        """The type and id of each resource in the state."""
        return {(str(resource["type"]), str(resource["id"])) for resource in self._resources() if "id" in resource}

    def recover(self) -> None:
        """After the engine was killed: remove its lock, and the operations that it will never finish."""
        with contextlib.suppress(auto.CommandError):  # It had no lock
            self._stack.cancel()
        # Not by `pulumi stack export`, which would write every secret into a file.
        written = self._written()
        bag(written["checkpoint"], "latest").pop("pending_operations", None)
        self._state.write_text(json.dumps(written), encoding="utf-8")
        self.killed = False

    def _written(self) -> Properties:
        return json.loads(self._state.read_text(encoding="utf-8"))

    def _resources(self) -> list[Properties]:
        return bags(bag(self._written()["checkpoint"], "latest"), "resources")

    def _share_salt(self, folder: Path) -> None:
        """Use another layer's salt: each further one that the engine meets in a run costs 0.2 s."""
        for other in (folder / "layers").glob(f"*/{self._settings.name}"):
            written: Properties = yaml.safe_load(other.read_text(encoding="utf-8"))
            salt = {key: value for key, value in written.items() if key == "encryptionsalt"}
            self._settings.write_text(yaml.safe_dump(salt), encoding="utf-8")

    def _write_settings(self) -> None:
        """Write the engine's copy of the stack file. The engine's own salt and encrypted values stay in it."""
        written: Properties = yaml.safe_load(self._settings.read_text("utf-8")) if self._settings.exists() else {}
        # A value in a dictionary is `secure: …`; a map of the stack file is text here.
        values = bag(written, "config").items()
        encrypted = {key: value for key, value in values if str(value).startswith("{") and not isinstance(value, str)}
        stack = self._settings.name.split(".")[1]
        settings: Properties = {**read_stack_file(stack_file(self.layer, stack, self.root))}
        settings |= {f"conducky-{self.layer}:{key}": value for key, value in self.changed.items()}
        text = yaml.safe_dump({**written, "config": settings | encrypted}, allow_unicode=True)
        self._settings.write_text(text, encoding="utf-8")

    def _run(
        self, operation: Callable[[Callable[[events.EngineEvent], None]], object], progress: LayerProgress
    ) -> LayerResult:
        result, watch = LayerResult(self.layer), Watch(progress, self.root)
        self._printed = None
        try:
            operation(watch.note)
        except auto.CommandError as error:
            self.killed = f" code: {-signal.SIGKILL}\n" in str(error)
            if self.killed:
                raise LayerFailedError(f"the engine was killed while it worked on {self.layer}: {_AGAIN}") from None
            raise LayerFailedError(watch.causes() or _last_line(str(error))) from None
        result.resources = watch.resources
        result.changes = watch.changes
        result.operations = watch.operations
        return result


class _Stack(auto.Stack):
    """Asks the engine for nothing after a run: outputs and history would start it three more times, unread."""

    def outputs(self) -> auto.OutputMap:
        """None; `LayerStack.outputs` asks for them where they are needed."""
        return {}

    def info(self, show_secrets: bool = True) -> auto.UpdateSummary:  # noqa: ARG002, FBT001, FBT002  # the SDK's signature
        """An empty summary."""
        return auto.UpdateSummary("", datetime.now(UTC), "", {}, {}, "succeeded")


def _last_line(text: str) -> str:
    """The engine's last line that reports an error; where that only counts them, all that it printed at the end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = (line for line in reversed(lines) if "error" in line.lower() and not _COUNTS.fullmatch(line))
    ended = "\n".join(lines[-_TOLD:]) or "no reason given"
    return next(errors, ended).removeprefix("stderr: ").removeprefix("error: ")
