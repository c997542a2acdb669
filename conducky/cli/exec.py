"""The options of `conducky exec`."""

from typing import Annotated

import typer

from conducky.cli.options import AfterDashes, OnRehearsal, Service, Stack, Task, find_target

commands = typer.Typer()


@commands.command(name="exec", cls=AfterDashes)
def exec_command(
    service: Service,
    command: Annotated[
        list[str] | None, typer.Argument(help="After `--`; a shell unless given.", metavar="-- COMMAND")
    ] = None,
    stack: Stack = "dev",
    task: Task = "",
    *,
    rehearsal: OnRehearsal = False,
) -> None:
    """Open a shell, or run a command, in a running container: of the newest task, unless `--task` names another.

    It takes the policy `conducky-STACK-exec`, which an AWS admin attaches to people, and AWS's session-manager-plugin.

    Exit codes: 0 the session ended, whatever the command did (ECS Exec does not tell; a rehearsal does); 1 it did not
    begin; 128 + n a signal.
    """
    from conducky.operations.exec import check_computer, open_session
    from conducky.operations.target import application

    name = application(service)
    if not rehearsal:
        check_computer()
    raise typer.Exit(open_session(find_target(stack, rehearsal=rehearsal), name, task or None, command or []))
