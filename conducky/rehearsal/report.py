"""What a rehearsal shows while it works and at the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from conducky.engine.events import LayerResult
from conducky.rehearsal.checks import CheckResult

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


class Display:
    """Progress: on a terminal one line that changes, elsewhere plain lines."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Status | None = None
        self._phase = ""
        self._done = 0

    def phase(self, what: str) -> None:
        """A new phase begins, such as `platform`."""
        self._phase, self._done = what, 0
        if not self.console.is_terminal:
            self.console.print(f"{what} …", highlight=False)
        elif self._status is None:
            self._status = self.console.status(what)
            self._status.start()
        self._show("")

    def begins(self, what: str) -> None:
        """The engine begins with a resource."""
        self._show(what)

    def done(self, resources: int) -> None:
        """This many resources are done."""
        self._done = resources

    def step(self, what: str) -> None:
        """Something that takes long enough to be shown, such as one step of a build."""
        if self.console.is_terminal:
            self._show(what)
        else:
            self.console.print(f"  {escape(what)}", highlight=False, soft_wrap=True)

    def said(self, what: str) -> None:
        """What a program says to people; it stays on the screen."""
        self.console.print(f"  {escape(what)}", highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Nothing is in progress any more."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show(self, what: str) -> None:
        if self._status is not None:
            count = f" [dim]{self._done} done[/]" if self._done else ""
            self._status.update(f"[bold]{self._phase}[/]{count} [dim]{escape(what[:100])}[/]")


def print_outcome(console: Console, outcome: Outcome) -> None:
    """The closing table: layers, checks, what it would cost on AWS, and the address to open."""
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
    for check in outcome.checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        console.print(f"{mark} {check.name} [dim]{escape(check.detail)}[/]", highlight=False, soft_wrap=True)
    if outcome.cost:
        console.print(f"\n{escape(outcome.cost)}", highlight=False, soft_wrap=True)
    if outcome.url.startswith("https:"):
        note = "the certificate is the rehearsal's own, so a browser asks before it shows the page"
        console.print(f"[dim]{note}[/]", highlight=False, soft_wrap=True)
    console.print(f"\n[bold]{outcome.url}[/]  ready in {outcome.seconds['total']:.0f} s", highlight=False)


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
        "checks": [check.as_json() for check in outcome.checks],
        "url": outcome.url,
        "cost": outcome.cost,
        "seconds": {phase: round(value, 2) for phase, value in outcome.seconds.items()},
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
