"""`conducky rehearse`: from nothing to a running, checked application, and back to nothing."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from conducky.engine import ensure_engine
from conducky.engine.events import LayerProgress, LayerResult
from conducky.errors import UserError
from conducky.rehearsal.checks.deployment import CheckResult, Deployment, run_checks
from conducky.rehearsal.images.node import use_node
from conducky.rehearsal.processes.run_folder import sweep
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display, print_outcome, write_json
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import LAYERS, ROOT, stack_file
from conducky.signals import Interrupted, Interruption

_SIGNAL_EXIT = 128


@dataclass(frozen=True)
class Options:
    """What `conducky rehearse` was asked for."""

    stack: str
    port: int
    once: bool
    json_file: Path | None
    root: Path = ROOT


@dataclass
class _Outcome:
    """What was done so far."""

    layers: dict[str, LayerResult] = field(default_factory=dict[str, LayerResult])
    checks: list[CheckResult] = field(default_factory=list[CheckResult])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    url: str = ""


def rehearse(options: Options, console: Console) -> int:
    """Run a rehearsal; returns the exit code.

    0: healthy (and with `once`, removed again); 1: a layer or a check failed; 128 + n: ended by signal n before it was
    healthy.

    Raises:
        UserError: something on this machine or in the stack's files has to be mended first.
    """
    for layer in LAYERS:
        stack_file(layer, options.stack, options.root)
    use_node()
    _check_writable(options.json_file)
    sweep()
    interruption, display = Interruption(), Display(console)
    display.phase("engine")
    engine = ensure_engine(display.step)
    with interruption.installed():
        try:
            return _rehearse(options, engine, console, display, interruption)
        except Interrupted as signal:
            display.end()
            console.print(f"ended by {signal}; nothing is left running", highlight=False)
            return _SIGNAL_EXIT + signal.number
        finally:
            display.end()


def _rehearse(options: Options, engine: Path, console: Console, display: Display, interruption: Interruption) -> int:
    with Rehearsal(
        options.stack, engine=engine, port=options.port, progress=display.step, root=options.root
    ) as rehearsal:
        outcome = _Outcome()
        ok = _deploy(rehearsal, outcome, options, console, display, interruption)
        if options.once:
            ok = _remove(rehearsal, outcome, console, display, interruption) and ok
            _write(options, outcome)
            return 0 if ok else 1
        if not ok:
            return 1
        while True:
            console.print("[dim]u: deploy again after a change; Ctrl-C: end[/]")
            if interruption.wait("u") is None:
                console.print("ended; nothing is left running")
                return 0
            _deploy(rehearsal, outcome, options, console, display, interruption)


def _deploy(
    rehearsal: Rehearsal,
    outcome: _Outcome,
    options: Options,
    console: Console,
    display: Display,
    interruption: Interruption,
) -> bool:
    """Bring all layers up and check; whether everything held. What failed is told."""
    begin = time.monotonic()
    try:
        for name in LAYERS:
            _up(rehearsal, outcome, name, display, interruption)
        display.phase("checks")
        checking = time.monotonic()
        outcome.url = rehearsal.url()
        outcome.checks = interruption.run(lambda: list(run_checks(_deployment(rehearsal, outcome))), rehearsal.stop)
        outcome.seconds["checks"] = time.monotonic() - checking
    except (LayerFailedError, UserError) as error:
        display.end()
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        _write(options, outcome)
        return False
    display.end()
    outcome.seconds["total"] = time.monotonic() - begin
    print_outcome(console, outcome.layers.values(), outcome.checks, outcome.url, outcome.seconds["total"])
    if not outcome.url.endswith(f":{options.port}"):
        console.print(f"[dim]port {options.port} was taken[/]", highlight=False)
    _write(options, outcome)
    return all(check.ok for check in outcome.checks)


def _up(rehearsal: Rehearsal, outcome: _Outcome, name: str, display: Display, interruption: Interruption) -> None:
    display.phase(name)
    told = LayerProgress(display.begins, display.done)
    result = interruption.run(lambda: rehearsal.up(name, told), rehearsal.stop)
    outcome.layers[name] = result
    outcome.seconds[name] = result.seconds


def _remove(
    rehearsal: Rehearsal, outcome: _Outcome, console: Console, display: Display, interruption: Interruption
) -> bool:
    """Remove all layers in reverse; whether everything went."""
    begin = time.monotonic()
    told = LayerProgress(display.begins, display.done)
    try:
        for name in reversed(LAYERS):
            if name in outcome.layers:
                display.phase(f"removing {name}")
                interruption.run(lambda name=name: rehearsal.destroy(name, told), rehearsal.stop)
    except LayerFailedError as error:
        display.end()
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return False
    finally:
        display.end()
        outcome.seconds["destroy"] = time.monotonic() - begin
    console.print(f"all layers removed in {outcome.seconds['destroy']:.0f} s", highlight=False)
    return True


def _deployment(rehearsal: Rehearsal, outcome: _Outcome) -> Deployment:
    return Deployment(
        url=outcome.url,
        machine=rehearsal.machine,
        outputs={name: rehearsal.layer(name).outputs() for name in LAYERS},
        states=rehearsal.states(),
        logs=rehearsal.folder.path / "logs",
    )


def _write(options: Options, outcome: _Outcome) -> None:
    if options.json_file:
        write_json(options.json_file, outcome.layers.values(), outcome.checks, outcome.url, outcome.seconds)


def _check_writable(file: Path | None) -> None:
    """Before minutes of work: the file of `--json` can be written."""
    if file and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UserError(
            f"`--json {file}` names no file in an existing folder: choose another, such as `--json out.json`"
        )
