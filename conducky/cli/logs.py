"""The options of `conducky logs`."""

from itertools import chain
from typing import Annotated

import typer

from conducky.cli.options import SERVICE_NAMES, Json, OnRehearsal, Stack, Task, find_target, note
from conducky.terminal import new_console

commands = typer.Typer()


@commands.command()
def logs(  # noqa: PLR0913  # one for each option
    services: Annotated[
        list[str] | None,
        typer.Argument(
            help="backend, frontend, worker; all unless named.", metavar="SERVICE", autocompletion=SERVICE_NAMES
        ),
    ] = None,
    stack: Stack = "dev",
    since: Annotated[str, typer.Option(help="30s, 15m, 1h, 2d, or a time: 2026-11-25T10:00 (UTC).")] = "1h",
    grep: Annotated[str, typer.Option(help="Only lines with this text, in any case.", metavar="TEXT")] = "",
    task: Task = "",
    *,
    rehearsal: OnRehearsal = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing what is written, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show what tasks wrote, stopped ones too: all tasks in one, in order, each in its colour.

    Exit codes: 0 shown; 1 it could not be read, or no task has that id; 130 ended by Ctrl-C.
    """
    from conducky.errors import UserError, quoted
    from conducky.operations.logs import LogReader, LogView, Query
    from conducky.operations.target import application
    from conducky.operations.words import moment

    named, start = [application(each) for each in services or ()], moment(since)
    target = find_target(stack, rehearsal=rehearsal)
    for each in named:
        target.require_application(each)
    query = Query(list(dict.fromkeys(named or target.applications)), start, task, grep)
    reader = LogReader(target, query, note)
    view = LogView(new_console(), as_json=json)
    for event in chain(reader.written(), reader.follow() if follow else ()):
        view.show(event)
    if not view.printed:
        since = f"since {query.since:%Y-%m-%d %H:%M} UTC"
        if task:
            raise UserError(
                f"no task whose id begins with {quoted(task)} wrote {'such a line' if grep else 'anything'} {since}",
                f"{target.command('status')} shows the tasks; look further back with `--since 1d`",
            )
        what = f"no line {since} has {quoted(grep)}" if grep else f"nothing was written {since}"
        note(f"{what}: look further back with `--since 1d`")
