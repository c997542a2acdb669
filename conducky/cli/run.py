"""The options of `conducky run`."""

from typing import Annotated

import typer

from conducky.cli.options import AfterDashes, OnRehearsal, Service, Stack, find_target, note

commands = typer.Typer()


@commands.command(cls=AfterDashes)
def run(
    service: Service,
    command: Annotated[list[str], typer.Argument(help="After `--`.", metavar="-- COMMAND")],
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Run a command in a task of its own, with a service's image, settings, secrets and network.

    For scripts, seeds and `npx prisma migrate resolve` when no task starts any more: it runs no migrations. Ctrl-C
    stops it. It takes the policy `conducky-STACK-run`, which an AWS admin attaches to people.

    Exit codes: the command's own; 1 also where it could not be run; 128 + n a signal.
    """
    from conducky.operations.one_off import OneOff
    from conducky.operations.target import application

    name = application(service)
    target = find_target(stack, rehearsal=rehearsal)
    target.require_application(name)
    raise typer.Exit(OneOff(target, name, command, show=typer.echo, note=note).run())
