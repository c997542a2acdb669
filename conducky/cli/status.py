"""The options of `conducky status`."""

from typing import Annotated

import typer

from conducky.cli.options import Json, OnRehearsal, Stack, find_target
from conducky.terminal import new_console

NOT_WELL = 3  # The exit code where everything could be seen, and something is not well


commands = typer.Typer()


@commands.command()
def status(
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every 5 seconds, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show what runs: services, tasks, deployments, targets, database, and what is not well.

    Exit codes: 0 all is well; 3 something is not; 1 it could not be seen.
    """
    from conducky.errors import UserError
    from conducky.operations.status_aws import Collector
    from conducky.operations.status_view import as_json, status_view
    from conducky.operations.status_view import watch as keep_looking

    if watch and json:
        raise UserError("--watch never ends, so that it cannot print JSON", "leave out `--watch` or `--json`")
    target = find_target(stack, rehearsal=rehearsal)
    if watch:
        keep_looking(lambda: status_view(Collector(target).collect()), new_console())
    seen = Collector(target).collect()
    if json:
        typer.echo(as_json(seen))
    else:
        new_console().print(status_view(seen))
    raise typer.Exit(NOT_WELL if seen.problems else 0)
