"""One layer on the real Pulumi engine, with a state, a home and settings of the rehearsal's own."""

import itertools
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation as auto
from pulumi.automation import events
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from conducky.engine.version import MINIMUM_VERSION
from conducky.layers import read_stack_file, stack_file
from conducky.rehearsal.inline_program import InlineProgram
from conducky.rehearsal.process import ManagedProcess
from conducky.rehearsal.run_folder import RunFolder
from conducky.rehearsal.wire import Properties

_STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"
_CLOSING = ("update failed", "destroy failed", "preview failed", "Resource monitor has")
_MARKS = re.compile(r"<\{%[^%]*%\}>")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


class LayerFailedError(Exception):
    """The engine could not bring a layer up or down: the causes, as it told them."""


class Engine(auto.PulumiCommand):
    """The engine's command line, whose processes end with the rehearsal however that ends."""

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
        """Run one command to its end; its output is kept apart from its errors."""
        del on_output, on_error  # progress comes as events
        number = next(self._numbers)
        output, errors = (self._folder.path / "engine" / f"{number}.{kind}" for kind in ("out", "err"))
        output.parent.mkdir(exist_ok=True)
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
        said = [file.read_text(encoding="utf-8", errors="replace") for file in (output, errors)]
        result = auto.CommandResult(stdout=said[0].strip(), stderr=said[1].strip(), code=code)
        if code:
            raise create_command_error(result)
        return result

    def interrupt(self, seconds: float) -> None:
        """Ask what runs to end, and end it when it has not within `seconds`."""
        for process in list(self._running):
            process.stop(seconds)


@dataclass
class LayerResult:
    """What one run of a layer did. `changes` counts resources by operation; `seconds` is wall time."""

    name: str
    resources: int = 0
    changes: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0


@dataclass(frozen=True)
class Told:
    """What the engine tells while it works: a resource begins, a resource is done."""

    begins: Callable[[str], None]
    done: Callable[[int], None]


class LayerStack:
    """One layer's stack."""

    def __init__(
        self, layer: str, stack: str, *, engine: Engine, folder: Path, root: Path, variables: Mapping[str, str]
    ) -> None:
        self.layer = layer
        self._root = root
        self._program = InlineProgram(layer, root)
        self._work = folder / "layers" / layer
        self._work.mkdir(parents=True)
        # Copies: the engine writes into the stack file, and removes it in the end.
        shutil.copy(root / layer / "Pulumi.yaml", self._work)
        self._write_settings(stack, read_stack_file(stack_file(layer, stack, root)))
        options = auto.LocalWorkspaceOptions(
            work_dir=str(self._work),
            pulumi_command=engine,
            env_vars={**variables},
            pulumi_home=variables["PULUMI_HOME"],
        )
        try:
            self._stack = auto.create_stack(
                stack, project_name=f"conducky-{layer}", program=self._program, opts=options
            )
        except auto.CommandError as error:
            raise LayerFailedError(_last_line(str(error))) from None

    def up(self, told: Told) -> LayerResult:
        """Bring the layer up.

        Raises:
            LayerFailedError: with what the engine and the provider said.
        """
        return self._run(lambda watch: self._stack.up(on_event=watch, show_secrets=False), told)

    def destroy(self, told: Told) -> LayerResult:
        """Remove everything in the layer.

        Raises:
            LayerFailedError: something could not be removed.
        """
        return self._run(lambda watch: self._stack.destroy(on_event=watch, show_secrets=False), told)

    def set_config(self, key: str, value: str) -> None:
        """Change a setting of the rehearsal's copy."""
        self._stack.set_config(key, auto.ConfigValue(value))

    def outputs(self) -> Properties:
        """The layer's exports."""
        return {name: output.value for name, output in self._stack.outputs().items()}

    def _write_settings(self, stack: str, settings: Mapping[str, str]) -> None:
        file = self._work / f"Pulumi.{stack}.yaml"
        file.write_text(yaml.safe_dump({"config": dict(settings)}), encoding="utf-8")

    def _run(self, operation: Callable[[Callable[[events.EngineEvent], None]], object], told: Told) -> LayerResult:
        result, watch = LayerResult(self.layer), _Watch(told, self._root)
        try:
            operation(watch.note)
        except auto.CommandError as error:
            raise LayerFailedError(watch.causes() or _last_line(str(error))) from None
        finally:
            self._program.end()
        result.resources = watch.resources
        result.changes = watch.changes
        return result


class _Watch:
    """Follows the engine's events."""

    def __init__(self, told: Told, root: Path) -> None:
        self._told = told
        self._root = root
        self._problems: list[str] = []
        self._lock = threading.Lock()
        self._urns: set[str] = set()
        self._done: set[str] = set()
        self.changes: dict[str, int] = {}

    def note(self, event: events.EngineEvent) -> None:
        """Take one event."""
        with self._lock:
            if event.resource_pre_event:
                step = event.resource_pre_event.metadata
                if str(step.op.value) != "same" and not step.type.startswith((_STACK, "conducky:", _PROVIDERS)):
                    self._told.begins(f"{step.urn.rpartition('::')[2]} ({step.type.rpartition(':')[2]})")
            if event.res_outputs_event:
                self._count(event.res_outputs_event.metadata)
            if event.diagnostic_event and event.diagnostic_event.severity == "error":
                self._problem(event.diagnostic_event)

    def causes(self) -> str:
        """What went wrong, each cause once."""
        return "\n".join(dict.fromkeys(self._problems))

    @property
    def resources(self) -> int:
        """How many resources the layer has, components and providers aside."""
        return len(self._urns)

    def _count(self, step: events.StepEventMetadata) -> None:
        if step.type == _STACK or step.type.startswith((_PROVIDERS, "conducky:")):
            return
        operation = str(step.op.value)
        if operation.startswith("read"):
            return  # a StackReference
        self.changes[operation] = self.changes.get(operation, 0) + 1
        self._done.add(step.urn)
        if operation != "delete":
            self._urns.add(step.urn)
        self._told.done(len(self._done))

    def _problem(self, diagnostic: events.DiagnosticEvent) -> None:
        text = _in_short(_plain(diagnostic.message), self._root)
        # The engine closes with lines that only say that something failed.
        if text and not text.startswith(_CLOSING):
            name = (
                diagnostic.urn.rpartition("::")[2] if diagnostic.urn and f"::{_STACK}::" not in diagnostic.urn else ""
            )
            self._problems.append(text if not name or name in text else f"{name}: {text}")


def _plain(message: str) -> str:
    """A diagnostic without the engine's colour marks and its own prefixes."""
    text = _MARKS.sub("", message).strip()
    for prefix in ("error: ", "an unhandled error occurred: ", "python inline source runtime error: "):
        text = text.removeprefix(prefix).strip()
    return text


def _in_short(text: str, root: Path) -> str:
    """A traceback as its last line, with the last place in the repository that it came through."""
    if "Traceback (most recent call last)" not in text:
        return text
    frames = [(Path(file), line) for file, line in _FRAME.findall(text)]
    ours = [(file, line) for file, line in frames if file.is_relative_to(root) and ".venv" not in file.parts]
    last = next(line for line in reversed(text.splitlines()) if line.strip() and not line.startswith(" "))
    if not ours:
        return last
    file, line = ours[-1]
    return f"{file.relative_to(root)}:{line}: {last}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(
        (line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "no reason given"
    )
