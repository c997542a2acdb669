"""The options of `conducky start` and `conducky stop`."""

import typer

from conducky.cli.options import STDERR, OnRehearsal, Stack, find_target

commands = typer.Typer()


@commands.command()
def start(stack: Stack = "dev", *, rehearsal: OnRehearsal = False) -> None:
    """Start the database and as many tasks as the settings say, after `stop` or out of the hours of `schedule`.

    Exit codes: 0 they are asked for and the database is available; 1 AWS refused, or the stack is not deployed.
    """
    from conducky.operations.running import start as start_stack

    start_stack(find_target(stack, rehearsal=rehearsal), STDERR)


@commands.command()
def stop(stack: Stack = "dev", *, rehearsal: OnRehearsal = False) -> None:
    """Stop all tasks and the database; nothing answers until `start`, the schedule or a deployment starts them.

    A database that is being changed or backed up is waited for, for 20 minutes.

    Exit codes: 0 they are stopping; 1 the database cannot be stopped, AWS refused, or the stack is not deployed.
    """
    from conducky.operations.running import stop as stop_stack

    stop_stack(find_target(stack, rehearsal=rehearsal), STDERR)
