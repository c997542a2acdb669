"""The options of `conducky start` and `conducky stop`."""

import typer

from conducky.cli.options import STDERR, Stack

commands = typer.Typer()


@commands.command()
def start(stack: Stack = "dev") -> None:
    """Start the database and as many tasks as the settings say, after `stop` or out of the hours of `schedule`.

    Exit codes: 0 they are asked for and the database is available; 1 AWS refused, or the stack is not deployed.
    """
    from conducky.operations.running import start as start_stack
    from conducky.operations.target import find_target

    start_stack(find_target(stack), STDERR)


@commands.command()
def stop(stack: Stack = "dev") -> None:
    """Stop all tasks and the database; nothing answers until `start`, the schedule or a deployment starts them.

    Exit codes: 0 they are stopping; 1 AWS refused, or the stack is not deployed.
    """
    from conducky.operations.running import stop as stop_stack
    from conducky.operations.target import find_target

    stop_stack(find_target(stack), STDERR)
