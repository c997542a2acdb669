"""`conducky rehearse`: from nothing to a running, checked application, and back to nothing."""

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress
from conducky.errors import UserError
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.api import RehearsalApi
from conducky.rehearsal.checks import CheckedDeployment, first_administrator, run_checks, stops_in_time
from conducky.rehearsal.containers import Runtime
from conducky.rehearsal.images.node import use_node
from conducky.rehearsal.log_book import LogBook
from conducky.rehearsal.processes.run_folder import sweep
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display, Outcome, print_outcome, write_json
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import LAYERS, ROOT, SERVICES, with_lines
from conducky.settings.offline import settings_of
from conducky.settings.schema import ALL_SETTINGS
from conducky.settings.services import ServicesSettings
from conducky.signals import Interrupted, Interruption

_SIGNAL_EXIT = 128
_LOG_SECONDS = 0.2


@dataclass(frozen=True)
class Options:
    """What `conducky rehearse` was asked for, or `conducky develop`."""

    stack: str
    port: int
    once: bool
    json_file: Path | None
    root: Path = ROOT
    runtime: Runtime = "auto"
    develop: bool = False


def rehearse(options: Options, console: Console) -> int:
    """Run a rehearsal; returns the exit code.

    0: healthy (and with `once`, removed again); 1: a layer or a check failed; 128 + n: ended by signal n before it was
    healthy. Raises UserError when something on your computer or in the stack files has to be fixed first.
    """
    settings = _check_settings(options)
    use_node()
    _check_writable(options.json_file)
    sweep()
    interruption, display = Interruption(), Display(console)
    display.phase("engine")
    engine = ensure_engine(display.step)
    with interruption.installed():
        try:
            with Rehearsal(
                options.stack,
                engine=engine,
                port=options.port,
                progress=display.step,
                root=options.root,
                runtime=options.runtime,
                develop={"frontend": settings.frontend, "backend": settings.backend} if options.develop else None,
            ) as rehearsal:
                rehearsal.account.say = display.said
                for name, count in (("frontend", settings.frontend_count), ("backend", settings.backend_count)):
                    if options.develop and count > 1:  # Two servers would be in each other's way in one folder
                        rehearsal.layer("services").set_config(f"{name}Count", "1")
                return Session(options, rehearsal, display, interruption).run()
        except Interrupted as signal:
            display.end()
            console.print(f"ended by {signal}; nothing is left running", highlight=False)
            return _SIGNAL_EXIT + signal.number
        finally:
            display.end()


class Session:
    """One rehearsal in front of a person: what was asked for, where progress is shown, and what was done so far."""

    def __init__(self, options: Options, rehearsal: Rehearsal, display: Display, interruption: Interruption) -> None:
        self.options = options
        self.rehearsal = rehearsal
        self.display = display
        self.interruption = interruption
        self.outcome = Outcome()
        self.begun: set[str] = set()
        self._changing = threading.Lock()

    def run(self) -> int:
        """Deploy and check; then remove everything (with `once`), or wait for a key or a signal. The exit code."""
        if self.options.develop:
            threading.Thread(target=self._show_logs, name="logs", daemon=True).start()
        ok = self.deploy()
        if self.options.once:
            ok = self._remove() and ok
            self._write()
            return 0 if ok else 1
        if not ok:
            return 1
        with RehearsalApi(self.rehearsal, self._change).served():
            self._print("[dim]`conducky status --rehearsal` and the other commands work in another terminal[/]")
            while True:
                upcoming = self.rehearsal.stand_ins.schedules.upcoming()
                later = f"n: continue at {upcoming[0]:%A %H:%M} UTC, when the schedule acts; " if upcoming else ""
                logs = "" if self.options.develop else "l: logs, until Ctrl-C; "
                self._print(f"[dim]u: deploy again after a change; {later}{logs}d: database; Ctrl-C: end[/]")
                match self.interruption.wait("uldn" if upcoming else "uld"):
                    case None:
                        self._print("ended; nothing is left running")
                        return 0
                    case "u" | "n" as key:
                        with self._changing:
                            self.deploy() if key == "u" else self._advance()
                    case "l":
                        self._command("logs", "--follow")
                    case _:
                        self._command("database", "shell")

    def _command(self, *words: str) -> None:
        """Run a command on this rehearsal, in front of the person."""
        program = str(Path(sys.executable).with_name("conducky"))
        command = [program, *words, "--rehearsal", "--stack", self.rehearsal.stack]
        self.interruption.lend_terminal(command, {"CONDUCKY_REHEARSAL": str(self.rehearsal.folder.path)})

    def _advance(self) -> None:
        """Advance the clock to what the schedule does next."""
        try:
            for name in self.rehearsal.stand_ins.schedules.advance():
                self._print(f"{name}: done")
        except (ResourceFailedError, UserError) as error:
            self._print_failure(error)

    def _change(self, layer: str, settings: Mapping[str, str | None], replace: Sequence[str]) -> None:
        """Bring a layer up with changed settings, for a command in another terminal."""
        with self._changing:
            for key, value in settings.items():
                self.rehearsal.layer(layer).set_config(key, value)
            self.rehearsal.up(layer, LayerProgress(), replace)

    def deploy(self) -> bool:
        """Bring up all layers and check the result; whether everything is as it should be. Failures are printed."""
        begin = time.monotonic()
        try:
            same = True
            for name in LAYERS:
                # Nothing can have come of the layers below; services is always asked, for the files of the applications
                before = self.rehearsal.unchanged(name) if same and name != "services" else None
                same = before is not None
                self._up(name) if before is None else self.outcome.layers.update({name: before})
            self.outcome.url = self.rehearsal.url()
            if not self.options.develop:
                self._check()
        except (LayerFailedError, UserError) as error:
            self._print_failure(error)
            self._write()
            return False
        self.outcome.cost = self.rehearsal.cost()
        self.display.end()
        self.outcome.seconds["total"] = time.monotonic() - begin
        print_outcome(self.display.console, self.outcome)
        if self.options.port not in self.rehearsal.stand_ins.load_balancers.listeners.values():
            self._print(f"[dim]port {self.options.port} was not free[/]")
        self._write()
        if not self.options.once:
            self._print_administrator_link()
        return all(check.ok for check in self.outcome.checks)

    def _check(self) -> None:
        self.display.phase("checks")
        begin = time.monotonic()
        self.outcome.checks = self.interruption.run(lambda: list(run_checks(self._checked())), self.rehearsal.stop)
        self.outcome.seconds["checks"] = time.monotonic() - begin

    def _show_logs(self) -> None:
        """Print what the development servers write, until the rehearsal ends."""
        book, shown = LogBook(self.rehearsal.folder.path / "logs"), dict.fromkeys(SERVICES, 0)
        while not self.rehearsal.account.stopping.wait(_LOG_SECONDS):
            for name in SERVICES:
                lines = book.lines(name)
                for _, _, _, text in lines[shown[name] :]:
                    redacted = escape(self.rehearsal.account.redact(text))
                    self.display.console.print(f"[dim]{name:8} │[/] {redacted}", highlight=False, soft_wrap=True)
                shown[name] = len(lines)

    def _up(self, name: str) -> None:
        self.display.phase(name)
        self.begun.add(name)
        result = self.interruption.run(lambda: self.rehearsal.up(name, self._progress()), self.rehearsal.stop)
        self.outcome.layers[name] = result
        self.outcome.seconds[name] = result.seconds

    def _remove(self) -> bool:
        """Remove all layers in reverse; whether all are gone."""
        begin = time.monotonic()
        try:
            for name in reversed(LAYERS):
                if name in self.begun:  # Also one that failed half-way: others cannot go before what uses them
                    self.display.phase(f"removing {name}")
                    self.interruption.run(
                        lambda name=name: self.rehearsal.destroy(name, self._progress()), self.rehearsal.stop
                    )
        except LayerFailedError as error:
            self._print_failure(error)
            return False
        finally:
            self.display.end()
            self.outcome.seconds["destroy"] = time.monotonic() - begin
        self._print(f"all layers removed in {self.outcome.seconds['destroy']:.0f} s")
        stops = stops_in_time(self.rehearsal.stand_ins.services.fargate.stops)
        if self.outcome.checks:
            self.outcome.checks = [stops, *(each for each in self.outcome.checks if each.name != stops.name)]
        if not stops.ok:
            self._print_failure(UserError(stops.detail, "have it end on its stop signal"))
        return stops.ok

    def _progress(self) -> LayerProgress:
        return LayerProgress(self.display.begins, self.display.done, self.display.said)

    def _checked(self) -> CheckedDeployment:
        rehearsal = self.rehearsal
        return CheckedDeployment(
            url=rehearsal.url(),
            api_url=rehearsal.url("backend"),
            http_urls=[rehearsal.http_url(name) for name in ("frontend", "backend")],
            account=rehearsal.account,
            databases=rehearsal.stand_ins.databases,
            load_balancers=rehearsal.stand_ins.load_balancers,
            outputs={name: rehearsal.layer(name).outputs() for name in LAYERS},
            states=rehearsal.states(),
            logs=rehearsal.folder.path / "logs",
            execute=rehearsal.stand_ins.services.execute,
            tried=rehearsal.stand_ins.services.egress.tried,
            stops=rehearsal.stand_ins.services.fargate.stops,
            settings=settings_of(ServicesSettings, self.options.stack, self.options.root),
        )

    def _print_administrator_link(self) -> None:
        try:
            link = first_administrator(self._checked())
        except UserError as error:
            self._print_failure(error)
            return
        if link:
            self._print("[dim]To become the administrator, open this link; it works once, within an hour:[/]")
            self.display.console.print(link, highlight=False, markup=False, soft_wrap=True)

    def _print(self, text: str) -> None:
        self.display.console.print(text, highlight=False)

    def _print_failure(self, error: Exception) -> None:
        self.display.end()
        self.display.console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)

    def _write(self) -> None:
        if self.options.json_file:
            write_json(self.options.json_file, self.outcome)


def _check_settings(options: Options) -> ServicesSettings:
    """Before anything is created: the settings of all layers, of which services' would else be read last."""
    try:
        for kind in ALL_SETTINGS:
            settings_of(kind, options.stack, options.root)
        return settings_of(ServicesSettings, options.stack, options.root)
    except UserError as error:
        raise UserError(error.problem, with_lines(error.fix, options.stack, options.root)) from None


def _check_writable(file: Path | None) -> None:
    """Before minutes of work: the file of `--json-file` can be written."""
    if file and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UserError(
            f"`--json-file {file}` does not name a file in an existing folder", "choose another, such as `out.json`"
        )
