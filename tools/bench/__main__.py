"""Print what was measured, a table at a time; see `make bench ARGS=--help`."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from conducky.cli.app import main as run_command
from conducky.evaluation.evaluate import evaluate
from tools.bench.applications import measure_applications
from tools.bench.checks import measure_checks
from tools.bench.commands import measure_commands
from tools.bench.containers import measure_containers
from tools.bench.day_two import measure_day_two
from tools.bench.edits import measure_edits
from tools.bench.images import measure_images
from tools.bench.row import Row, guarded
from tools.docs.settle import AWS_DEFAULTS, COPILOT, TARGET_SECONDS, settle_of

# A table is not to be folded where it goes into a file.
_console = Console(width=None if sys.stdout.isatty() else 180)
_progress = Console(stderr=True)


class Part(StrEnum):
    """What can be measured by itself."""

    COMMANDS = "commands"
    APPLICATIONS = "applications"
    CONTAINERS = "containers"
    DAY_TWO = "day-two"
    EDITS = "edits"
    IMAGES = "images"
    RELEASE = "release"
    TESTS = "tests"


def bench(
    parts: Annotated[list[Part] | None, typer.Argument(help="Only these; all but the tests if none is named.")] = None,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Also a fresh clone with empty caches.")] = False,
) -> None:
    """Measure the main commands and what the applications need; a missed target is only marked."""
    measurements = {
        Part.COMMANDS: lambda: measure_commands(fresh=fresh),
        Part.APPLICATIONS: lambda: measure_applications(_say),
        Part.CONTAINERS: measure_containers,
        Part.DAY_TWO: measure_day_two,
        Part.EDITS: measure_edits,
        Part.IMAGES: measure_images,
        Part.RELEASE: measure_release,
        Part.TESTS: measure_checks,
    }
    failed = False
    for part, measure in measurements.items():
        if part in (parts or set(Part) - {Part.TESTS}):  # Those take ten minutes
            failed |= _print(part, guarded(part, iter(measure())))
    raise typer.Exit(int(failed))


def measure_release() -> Iterable[Row]:
    """How long a release takes to settle by the services' settings, beside others' settings."""
    ours = settle_of(evaluate("services")).seconds
    yield Row.at_most("from healthy new tasks to no old ones, by the settings", ours, TARGET_SECONDS, "s")
    for name, settle in (("Copilot's settings", COPILOT), ("AWS's defaults", AWS_DEFAULTS)):
        yield Row(f"the same with {name}", f"{settle.seconds} s")


def _print(title: str, rows: Iterable[Row]) -> bool:
    """Print the rows, also those before an interruption; whether one of them failed."""
    table = Table(title, "figure", "target", "", box=None, header_style="dim")
    failed = False
    try:
        for row in rows:
            table.add_row(row.what, row.figure, row.target, row.mark, style=None if row.mark in ("", "met") else "red")
            failed |= row.failed
    finally:
        _console.print(table)
        _console.print()
    return failed


def _say(line: str) -> None:
    _progress.print(line, style="dim", markup=False, highlight=False)


def main() -> None:
    """Run it; what was started ends with it, also by Ctrl-C."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(bench)
    run_command(app)


if __name__ == "__main__":
    main()
