"""What a rehearsal shows while it works and at the end."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from conducky.engine.events import LayerResult
from conducky.rehearsal.checks import CheckResult
from conducky.terminal import Wait, bar, is_live

_TURN = 0.125  # seconds between two views
_LONG = 3.0  # seconds after which it is said how long something takes already

_OPERATIONS = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "same": "unchanged",
}


@dataclass
class Outcome:
    """What was done so far. `seconds` are by phase: each layer, `checks`, `total`, `destroy`."""

    layers: dict[str, LayerResult] = field(default_factory=dict[str, LayerResult])
    checks: list[CheckResult] = field(default_factory=list[CheckResult])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    url: str = ""
    cost: str = ""
    api_url: str = ""
    shown: str = "frontend"  # the application at `url`


@dataclass
class _Phase:
    """A layer, or other work: `resources` that are done, and when it ended."""

    name: str
    began: float
    resources: int = 0
    ended: float | None = None


class Display:
    """Progress: on a terminal one view that changes in place, elsewhere plain lines.

    The view has a line for each phase, what is done at the moment, and what `health` says of the tasks. `redact` takes
    the secrets out of all that is shown.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.health: Callable[[], Iterable[str]] = tuple
        self.redact: Callable[[str], str] = str
        self._live: Live | None = None
        # Rich would take two threads' prints for views of the same height, and leave lines of the higher one
        self._printing = threading.RLock()
        self._ended = threading.Event()
        self._phases: list[_Phase] = []
        self._upcoming: list[str] = []
        self._doing: tuple[str, float] | None = None

    def expect(self, *phases: str) -> None:
        """These phases will come."""
        self._upcoming = [*phases]

    def phase(self, what: str) -> None:
        """A new phase begins, such as `platform`."""
        self._end_phase()
        self._phases.append(_Phase(what, time.monotonic()))
        if what in self._upcoming:
            del self._upcoming[: self._upcoming.index(what) + 1]
        if not is_live(self.console):
            self.console.print(f"{what} …", highlight=False)
        elif self._live is None:
            self._live = Live(console=self.console, get_renderable=self._view, transient=True, auto_refresh=False)
            self._live.start()
            self._ended = threading.Event()
            threading.Thread(target=self._refresh, args=(self._live, self._ended), name="view", daemon=True).start()

    def begins(self, what: str) -> None:
        """The engine begins with a resource."""
        self._doing = self.redact(what), time.monotonic()

    def done(self, resources: int) -> None:
        """This many resources are done."""
        if self._phases:
            self._phases[-1].resources = resources

    def step(self, what: str) -> None:
        """Something that takes long enough to be shown, such as one step of a build."""
        self._doing = self.redact(what), time.monotonic()
        if not is_live(self.console):
            self.said(what)

    @property
    def wait(self) -> Wait | None:
        """Shows how far something is that takes long; None where lines cannot change."""
        return self._wait if is_live(self.console) else None

    def _wait(self, what: str, seconds: float, about: float) -> None:
        self._doing = f"{what} {bar(seconds, about)}", time.monotonic()

    def said(self, what: str) -> None:
        """What a program says to people; it stays on the screen."""
        self.show(lambda console: print_prose(console, f"  {escape(self.redact(what))}"))

    def show(self, print_it: Callable[[Console], None]) -> None:
        """Print something that stays, above the view."""
        with self._printing:
            print_it(self.console)

    def _refresh(self, live: Live, ended: threading.Event) -> None:
        while not ended.wait(_TURN):
            with self._printing:
                if not ended.is_set():
                    live.refresh()

    def end(self) -> None:
        """Nothing is in progress any more."""
        with self._printing:
            self._ended.set()
            if self._live is not None:
                self._live.stop()
        self._live, self._phases, self._upcoming = None, [], []

    def _end_phase(self) -> None:
        self._doing = None
        if self._phases:
            self._phases[-1].ended = time.monotonic()

    def _view(self) -> RenderableType:
        now, rows = time.monotonic(), list[tuple[str, str]]()
        turn = "|/-\\" if self.console.options.ascii_only else "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
        for phase in list(self._phases):
            count = f"{phase.resources} resources" if phase.resources else ""
            seconds = (phase.ended or now) - phase.began
            mark = ("✓", "green") if phase.ended else (turn[int(now * 8) % len(turn)], "cyan")
            rows.append((f"{mark[0]} {phase.name:<18} {count:<14}{seconds:4.0f} s", mark[1]))
        if doing := self._doing:
            what, since = doing
            rows.append((f"    {what}" + (f"  {now - since:.0f} s" if now - since >= _LONG else ""), "dim"))
        rows += [(f"    {line}", "dim") for line in self.health()]
        rows += [(f"  {name}", "dim") for name in self._upcoming]
        rows.append(("Ctrl-C ends it, and removes everything", "dim"))
        # Never wrapped: where the window becomes narrower, a view of more lines than were counted would stay behind
        return Group(*(Text(text, style, no_wrap=True, overflow="ellipsis") for text, style in rows))


def print_prose(console: Console, text: str) -> None:
    """Print text with markup, broken between words on a terminal, and as whole lines into a file."""
    console.print(text, highlight=False, soft_wrap=not is_live(console))


def print_outcome(console: Console, outcome: Outcome) -> None:
    """The closing table: layers, what changed, checks, and what it would cost on AWS."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("layer")
    table.add_column("resources", justify="right")
    table.add_column("what changed")
    table.add_column("seconds", justify="right")
    for layer in outcome.layers.values():
        table.add_row(layer.name, str(layer.resources), changes(layer.changes), f"{layer.seconds:.1f}")
    console.print()
    console.print(table)
    for layer in outcome.layers.values():
        if layer.changes.get("same"):  # Not the first time, when all is new
            for what, operation in sorted(layer.operations.items()):
                kind, _, name = what.partition(" ")
                console.print(
                    f"{layer.name}: {name} ({kind.rpartition(':')[2]}) {_OPERATIONS.get(operation, operation)}"
                )
    console.print()
    for check in sorted(outcome.checks, key=lambda each: not each.ok):  # What failed last, where it is seen
        if check.noted:
            print_prose(console, f"[yellow]![/] {check.name}: {escape(check.detail)}")
            continue
        mark, style = ("[green]✓[/]", "dim") if check.ok else ("[red]✗[/]", "bold")
        print_prose(console, f"{mark} {check.name} [{style}]{escape(check.detail)}[/]")
    if outcome.cost:
        print_prose(console, f"\n{escape(outcome.cost)}")


def print_addresses(
    console: Console, outcome: Outcome, next_steps: Sequence[str] = (), link: str | None = None
) -> None:
    """What can be done next, and last the address to open; in one go, so that what reads the first can read it all."""
    lines = ["", *next_steps]
    if outcome.url.startswith("https:"):
        lines.append("[dim]the certificate is the rehearsal's own, so a browser asks before it shows the page[/]")
    total = outcome.seconds.get("total")  # None after a deployment that failed
    if outcome.url:
        ready = "as it was before" if total is None else f"ready in {total:.0f} s"
        lines.append(f"{outcome.shown:8}  [bold]{outcome.url}[/]  {ready}")
    if outcome.api_url not in ("", outcome.url):
        lines.append(f"backend   {outcome.api_url}")
    if link:
        lines.append("To become the administrator, open this link; it works once, within an hour:")
    with console:
        print_prose(console, "\n".join(lines))
        if link:
            console.print(link, highlight=False, markup=False, soft_wrap=True)


def changes(counts: Mapping[str, int]) -> str:
    """Resources by what happened to them, such as `24 created`."""
    known = sorted((operation, count) for operation, count in counts.items() if operation in _OPERATIONS)
    return ", ".join(f"{count} {_OPERATIONS[operation]}" for operation, count in known) or "nothing"


def write_json(file: Path, outcome: Outcome) -> None:
    """The outcome for programs: `layers`, `checks`, `url`, `cost` in words, and `seconds` by phase."""
    document = {
        "layers": [
            {"name": layer.name, "resources": layer.resources, "changes": layer.changes}
            for layer in outcome.layers.values()
        ],
        "checks": [asdict(check) for check in outcome.checks],
        "url": outcome.url,
        "cost": outcome.cost,
        "seconds": {phase: round(value, 2) for phase, value in outcome.seconds.items()},
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
