"""One rehearsal in front of a person: what is shown of it, what failed, and what keys do."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from conducky.catalog.property_bag import Properties, bags
from conducky.engine.events import LayerProgress
from conducky.errors import UserError
from conducky.rehearsal.api import RehearsalApi
from conducky.rehearsal.checks import CheckedDeployment, first_administrator, run_checks, stops_in_time
from conducky.rehearsal.containers import Runtime
from conducky.rehearsal.disk import SCARCE_MB, scarce
from conducky.rehearsal.log_book import LogBook
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display, Outcome, print_addresses, print_outcome, print_prose, write_json
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import APPLICATIONS, LAYERS, ROOT, SERVICES
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings
from conducky.signals import Interruption
from conducky.terminal import open_browser

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
        self._link: str | None = None
        display.health, display.redact = self._health, rehearsal.account.redact

    def run(self) -> int:
        """Deploy and check; then remove everything (with `once`), or wait for a key or a signal. The exit code."""
        if self.options.develop:
            threading.Thread(target=self._show_logs, name="logs", daemon=True).start()
        ok = self.deploy()
        if self.options.once:
            ok = self._remove() and ok
            self._write()
            return 0 if ok else 1
        if not ok and not self.interruption.reads_keys():
            return 1
        with RehearsalApi(self.rehearsal, self._change).served():
            self._print_addresses()
            while (key := self.interruption.wait()) not in (None, "q"):
                match key:
                    case "u":
                        with self._changing:
                            ok = self.deploy()
                        self._print_addresses()
                    case "n" if self.rehearsal.stand_ins.schedules.upcoming():
                        with self._changing:
                            self._advance()
                        self._print(self._keys())
                    case "l" if not self.options.develop:
                        self._command("logs", "--follow")
                        self._print(self._keys())
                    case "d":
                        self._command("database", "shell")
                        self._print(self._keys())
                    case "o":
                        self._open()
                    case _:
                        self._print(self._keys())
        self.rehearsal.close()
        self._print("ended; nothing is left running")
        return 0 if ok else 1

    def _keys(self) -> str:
        upcoming = self.rehearsal.stand_ins.schedules.upcoming()
        keys = {
            "u": "deploy again",
            **({"n": f"continue at {upcoming[0]:%A %H:%M} UTC, when the schedule acts"} if upcoming else {}),
            **({} if self.options.develop else {"l": "logs"}),
            "d": "database",
            **({"o": "open the browser"} if self.outcome.url else {}),
        }
        shown = [f"[bold]{key}[/]: {what}" for key, what in keys.items()]
        return " · ".join([*(shown if self.interruption.reads_keys() else ()), "[bold]q[/], Ctrl-C: end"])

    def _print_addresses(self) -> None:
        other = "in another terminal: `conducky status --rehearsal`, and the other commands"
        print_addresses(self.display.console, self.outcome, [f"[dim]{other}[/]", self._keys(), ""], self._link)

    def _open(self) -> None:
        """Open the first link, as long as nobody used it, else the application."""
        address = self._link or self.outcome.url
        if address and open_browser(address):
            self._link = None
        elif address:
            self._print("no browser can be opened here; open this address in yours:")
            self.display.console.print(address, highlight=False, markup=False, soft_wrap=True)

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
        except UserError as error:
            self._print_failure(error)

    def _change(self, layer: str, settings: Mapping[str, str | None], replace: Sequence[str]) -> None:
        """Bring a layer up with changed settings, for a command in another terminal."""
        with self._changing:
            for key, value in settings.items():
                self.rehearsal.layer(layer).set_config(key, value)
            self.rehearsal.up(layer, LayerProgress(), replace)

    def deploy(self) -> bool:
        """Bring up all layers and check the result; whether everything is as it should be. Failures are printed."""
        begin, self._link = time.monotonic(), None
        self.outcome.seconds.pop("total", None)
        self.display.expect(*LAYERS, *([] if self.options.develop else ["checks"]))
        try:
            same = True
            for name in LAYERS:
                # Nothing can have come of the layers below; services is always asked, for the files of the applications
                before = self.rehearsal.unchanged(name) if same and name != "services" else None
                same = before is not None
                self._up(name) if before is None else self.outcome.layers.update({name: before})
            self.outcome.shown = self.rehearsal.shown
            self.outcome.url = self.rehearsal.url(self.outcome.shown)
            self.outcome.api_url = self.rehearsal.url("backend")
            if not self.options.develop:
                self._check()
        except (LayerFailedError, UserError) as error:
            self._print_failure(error)
            if not self.options.once and self.interruption.reads_keys():
                self._print_where_to_look()
            self._write()
            return False
        self.outcome.cost = self.rehearsal.cost()
        self.display.end()
        self.outcome.seconds["total"] = time.monotonic() - begin
        print_outcome(self.display.console, self.outcome)
        if self.options.port not in self.rehearsal.stand_ins.load_balancers.listeners.values():
            self._print(f"[dim]port {self.options.port} was not free[/]")
        self._write()
        if self.options.once:
            print_addresses(self.display.console, self.outcome)
        else:
            self._link = self._administrator_link()
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
                for _, number, _, text in book.lines(name, since=shown[name]):
                    redacted = escape(self.rehearsal.account.redact(text))
                    line = f"[dim]{name:8} │[/] {redacted}"
                    self.display.show(lambda console, line=line: console.print(line, highlight=False, soft_wrap=True))
                    shown[name] = number + 1

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
        if self.outcome.checks and self.rehearsal.stand_ins.services.fargate.stops:
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
            http_urls={name: rehearsal.http_url(name) for name in APPLICATIONS},
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

    def _administrator_link(self) -> str | None:
        try:
            return first_administrator(self._checked())
        except UserError as error:
            self._print_failure(error)
            return None

    def _health(self) -> Iterator[str]:
        """How many tasks of each service are healthy, in a line each, and why new ones are not."""
        for service in list(self.rehearsal.stand_ins.services.running.values()):
            wanted = int(service.inputs.get("desiredCount") or 0)
            healthy = sum(task.problem() is None for task in list(service.tasks))
            more = "" if service.steady else self._reason(service.inputs) or ", waiting for new ones"
            yield f"{service.inputs['name']}: {healthy} of {wanted} tasks healthy{more}"

    def _reason(self, inputs: Properties) -> str:
        """Why a service's new tasks are not healthy yet, to end a line with."""
        server = self.rehearsal.stand_ins.load_balancers.server
        for route in bags(inputs, "loadBalancers"):
            with contextlib.suppress(UserError):  # Deleted at this moment
                for target in server.target_health(str(route["targetGroupArn"])):
                    if target.state not in ("healthy", "draining") and target.reason:
                        return f": {target.reason}"
        return ""

    def _print_where_to_look(self) -> None:
        self._print(
            "[dim]fix it and press u. For the logs press l, or run[/] conducky logs --rehearsal --stack "
            f"{self.rehearsal.stack} [dim]in another terminal; files:[/] {self.rehearsal.folder.path / 'logs'}"
        )

    def _print(self, text: str) -> None:
        print_prose(self.display.console, text)

    def _print_failure(self, error: Exception) -> None:
        self.display.end()
        for each in filter(None, (scarce(SCARCE_MB), error)):
            shown = escape(self.display.redact(str(each)))
            self.display.console.print(f"[red]✗[/] {shown}", highlight=False, soft_wrap=True)

    def _write(self) -> None:
        if self.options.json_file:
            write_json(self.options.json_file, self.outcome)
