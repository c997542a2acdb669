"""The options of `conducky database …`."""

import json as json_module
from functools import partial
from typing import Annotated

import typer

from conducky.cli.options import STDERR, Group, Json, OnRehearsal, Stack, Yes, deployments_of, find_target, note
from conducky.terminal import consent, new_console, say

commands = typer.Typer(
    cls=Group, no_args_is_help=True, help="The private database: psql, tunnel, backups, restore, password."
)


@commands.command()
def shell(
    arguments: Annotated[list[str] | None, typer.Argument(help="Of psql, after `--`.", metavar="-- ARGUMENT")] = None,
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

    find = partial(find_target, stack, rehearsal=rehearsal)
    raise typer.Exit(run(find, arguments or [], rehearsal=rehearsal))


@commands.command()
def tunnel(
    command: Annotated[list[str] | None, typer.Argument(help="After `--`.", metavar="-- COMMAND")] = None,
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Give a command DATABASE_URL and PGHOST, PGPASSWORD and so on; or keep a tunnel open for your own tool.

    Like `shell`, it takes the policy `conducky-STACK-database`.

    Exit codes: the command's own; 1 also where the tunnel could not be opened; 128 + n a signal.
    """
    from conducky.operations.database.command import tunnel as run

    find = partial(find_target, stack, rehearsal=rehearsal)
    raise typer.Exit(run(find, command or [], note, rehearsal=rehearsal))


@commands.command()
def backup(
    name: Annotated[str, typer.Argument(help="Such as before-migration.")],
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Take a backup that stays until you delete it, and wait until it is complete.

    It is a snapshot, which costs about $0.10 a GiB and month; in a rehearsal a copy that goes with it. It takes the
    policy `conducky-STACK-database`.

    Exit codes: 0 it is complete; 1 it is not; 128 + n a signal.
    """
    from conducky.operations.database.backups import take_backup

    typer.echo(take_backup(find_target(stack, rehearsal=rehearsal), name, note))


@commands.command()
def backups(
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    json: Json = False,
) -> None:
    """List the backups, automatic ones too, the newest first: age, kind, state and size.

    Exit codes: 0 listed; 1 they could not be seen.
    """
    from conducky.operations.database.backups import backups as find
    from conducky.operations.words import age

    target = find_target(stack, rehearsal=rehearsal)
    found = find(target)
    if json:
        typer.echo(json_module.dumps([each.as_json() for each in found], indent=2))
        return
    for each in found:
        say(new_console(), f"{each.name}  {age(each.at)} ago  {each.kind}  {each.status}  {each.size}")
    if not found:
        say(STDERR, f"there is no backup yet: take one with {target.command('database backup NAME')}")


@commands.command()
def restore(
    wanted: Annotated[
        str, typer.Argument(help="A backup, or a time in UTC: 1d, 2026-11-25T06:00.", metavar="BACKUP|TIME")
    ],
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    yes: Yes = False,
) -> None:
    """Restore a backup, or the database of a time, beside the present one, and move the backend to it.

    It sets databaseRestoreFrom in platform's stack file and deploys platform and services. The earlier database stays,
    and costs, until `conducky database forget`. A rehearsal restores the last backup before a time.

    It takes the deployer's credentials and the policy `conducky-STACK-database`.

    Exit codes: 0 the backend uses it; 1 it cannot be restored; else Pulumi's own, 128 + n a signal.
    """
    from conducky.operations.database.restore import Restore

    target = find_target(stack, rehearsal=rehearsal)
    raise typer.Exit(Restore(target, note, consent(STDERR, yes=yes), deployments_of(target)).run(wanted))


@commands.command()
def forget(
    name: Annotated[str | None, typer.Argument(help="Which, where several were replaced.")] = None,
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    yes: Yes = False,
) -> None:
    """Delete a database for good that a restored one has replaced, and wait until it is gone.

    It assumes the role `conducky-STACK-destroy`, which AWS admins may. With the setting databaseFinalSnapshot, its last
    state becomes a backup.

    Exit codes: 0 it is gone; 1 it is not; 128 + n a signal.
    """
    from conducky.operations.database.forget import forget as run

    run(find_target(stack, rehearsal=rehearsal), name, note, consent(STDERR, yes=yes))


@commands.command("rotate-password")
def rotate_password(stack: Stack = "dev", *, rehearsal: OnRehearsal = False, yes: Yes = False) -> None:
    """Give the database another password, in two steps during which no request fails.

    The backend moves to a second login, the password changes, the backend moves back: each is a release of services,
    with the applications of this checkout. Run it again after an interruption, and it finishes what was begun.

    It takes the deployer's credentials, the policy `conducky-STACK-database` and AWS's session-manager-plugin.

    Exit codes: 0 it is changed; 1 it is not; else Pulumi's own, 128 + n a signal.
    """
    from conducky.operations.database.rotation import Rotation

    target = find_target(stack, rehearsal=rehearsal)
    raise typer.Exit(Rotation(target, note, consent(STDERR, yes=yes), deployments_of(target)).run())
