"""The options of `conducky database …`."""

import json as json_module
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from conducky.cli.options import STDERR, OnRehearsal, Stack
from conducky.terminal import say

commands = typer.Typer(no_args_is_help=True, help="The private database: psql, a tunnel for other tools, backups.")


@commands.command()
def shell(
    arguments: Annotated[list[str] | None, typer.Argument(help="Of psql, after `--`.", metavar="-- ...")] = None,
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Open psql on the database, through a backend task.

    The password is on no command line and on no screen. It takes the policy `conducky-STACK-database`, which an AWS
    admin attaches to people, psql and AWS's session-manager-plugin.

    Exit codes: psql's own; 1 also where it could not begin; 128 + n a signal.
    """
    from conducky.operations.database.command import shell as run
    from conducky.operations.rehearsed import target_of

    find = partial(target_of, stack, partial(say, STDERR), rehearsal=rehearsal)
    raise typer.Exit(run(find, arguments or [], rehearsal=rehearsal))


@commands.command()
def tunnel(
    command: Annotated[list[str] | None, typer.Argument(help="After `--`.", metavar="-- COMMAND...")] = None,
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Give a command DATABASE_URL and PGHOST, PGPASSWORD and so on; or keep a tunnel open for your own tool.

    Like `shell`, it takes the policy `conducky-STACK-database`.

    Exit codes: the command's own; 1 also where the tunnel could not be opened; 128 + n a signal.
    """
    from conducky.operations.database.command import tunnel as run
    from conducky.operations.rehearsed import target_of

    note = partial(say, STDERR)
    find = partial(target_of, stack, note, rehearsal=rehearsal)
    raise typer.Exit(run(find, command or [], note, rehearsal=rehearsal))


@commands.command()
def backup(
    name: Annotated[str, typer.Argument(help="Such as before-migration.")],
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Take a backup that stays until you delete it, and wait until it is complete.

    In AWS it is a snapshot, which costs about $0.10 a GiB and month; in a rehearsal a dump that goes with it. It takes
    the policy `conducky-STACK-database`.

    Exit codes: 0 it is complete; 1 it is not; 128 + n a signal.
    """
    from conducky.operations.database.backups import take_backup
    from conducky.operations.rehearsed import target_of

    note = partial(say, STDERR)
    typer.echo(take_backup(target_of(stack, note, rehearsal=rehearsal), name, note))


@commands.command()
def backups(
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the backups, automatic ones too, the newest first: age, kind, state and size.

    Exit codes: 0 listed; 1 they could not be seen.
    """
    from conducky.operations.database.backups import backups as find
    from conducky.operations.rehearsed import target_of
    from conducky.operations.words import age

    found = find(target_of(stack, partial(say, STDERR), rehearsal=rehearsal))
    if json:
        typer.echo(json_module.dumps([each.as_json() for each in found], indent=2))
        return
    for each in found:
        say(Console(highlight=False), f"{each.name}  {age(each.at)} ago  {each.kind}  {each.status}  {each.size}")
    if not found:
        say(STDERR, "there is no backup yet: take one with `conducky database backup NAME`")
