"""The options of `conducky administrator-link`."""

import typer

from conducky.cli.options import OnRehearsal, Stack, find_target

commands = typer.Typer()


@commands.command()
def administrator_link(stack: Stack = "dev", *, rehearsal: OnRehearsal = False) -> None:
    """Print a link that creates an administrator's account, once and within an hour.

    The newest backend task creates it. An earlier link that was not used ends. Like `conducky exec`, it takes the
    policy `conducky-STACK-exec` and AWS's session-manager-plugin.

    Exit codes: 0 the session ended, and shows the link or why there is none; 1 it did not begin; 128 + n a signal.
    """
    from conducky.operations.exec import administrator_link as print_link

    raise typer.Exit(print_link(lambda: find_target(stack, rehearsal=rehearsal), rehearsal=rehearsal))
