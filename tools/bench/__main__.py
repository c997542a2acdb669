"""Print what was measured, a table at a time; see `make bench ARGS=--help`."""

import signal
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from conducky.errors import UserError
from conducky.images.builder import find_builder
from conducky.repository import APPLICATIONS
from tools.bench.applications import measure_applications
from tools.bench.checks import measure_checks
from tools.bench.commands import measure_commands
from tools.bench.row import Row

# A table is not to be folded where it goes into a file.
_console = Console(width=None if sys.stdout.isatty() else 180)
_progress = Console(stderr=True)


class Part(StrEnum):
    """What can be measured by itself."""

    COMMANDS = "commands"
    APPLICATIONS = "applications"
    IMAGES = "images"
    TESTS = "tests"


def bench(
    parts: Annotated[list[Part] | None, typer.Argument(help="Only these; all but the tests if none is named.")] = None,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Also a fresh clone with empty caches.")] = False,
) -> None:
    """Measure how long the main commands take and what the applications need; asserts nothing."""
    measurements = {
        Part.COMMANDS: lambda: measure_commands(fresh=fresh),
        Part.APPLICATIONS: lambda: measure_applications(_say),
        Part.IMAGES: measure_images,
        Part.TESTS: measure_checks,
    }
    for part, measure in measurements.items():
        if part in (parts or set(Part) - {Part.TESTS}):  # Those take ten minutes
            _print(part, measure())


def measure_images() -> Iterable[Row]:
    """The sizes of the images that `make images` left here."""
    try:
        engine = find_builder()
    except UserError as reason:
        yield Row("images", f"skipped: {reason}")
        return
    for application in APPLICATIONS:
        size = engine.size(f"conducky-{application}")
        yield Row(f"conducky-{application}", "not built: run `make images`" if size == "?" else size)


def _print(title: str, rows: Iterable[Row]) -> None:
    table = Table(title, "figure", "target", box=None, header_style="dim")
    try:
        for row in rows:
            table.add_row(row.what, row.figure, row.target)
    finally:  # what was measured before a failure is worth printing
        _console.print(table)
        _console.print()


def _say(line: str) -> None:
    _progress.print(line, style="dim", markup=False, highlight=False)


def main() -> None:
    """Run it; what was started ends with it, also by Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(bench)
    try:
        app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(128 + signal.SIGINT)
    except UserError as error:
        _progress.print(f"✗ {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
