"""The options of `conducky rehearse` and `conducky engine`."""

from pathlib import Path
from typing import Annotated

import typer

from conducky.cli.options import STDERR, Stack, note
from conducky.terminal import new_console, say, waiting

commands = typer.Typer()

_Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the application; if taken, the next free one.")]


@commands.command()
def rehearse(
    stack: Stack = "dev",
    port: _Port = 8080,
    runtime: Annotated[
        str,
        typer.Option(
            help="`containers`, `host`, or `auto`: containers where Docker or Podman answers.",
            autocompletion=lambda: ["auto", "containers", "host"],
        ),
    ] = "auto",
    *,
    once: Annotated[bool, typer.Option("--once", help="Check, remove everything again, exit 0 or 1.")] = False,
    json_file: Annotated[Path | None, typer.Option(help="Write the outcome to this file.", metavar="FILE")] = None,
) -> None:
    """Deploy all three layers locally, on the real Pulumi engine, without an AWS account."""
    from conducky.adoption import problems_in
    from conducky.errors import UserError, printable, quoted
    from conducky.rehearsal.command import check_settings
    from conducky.rehearsal.command import rehearse as run
    from conducky.rehearsal.session import Options

    match runtime:
        case "auto" | "host" | "containers":
            options = Options(stack=stack, port=port, once=once, json_file=json_file, runtime=runtime)
        case _:
            raise UserError(f"--runtime is {quoted(runtime)}", "use `auto`, `host` or `containers`")
    console = new_console()
    for problem in problems_in(check_settings(options), stack):
        say(console, f"! {printable(problem)}")
    raise typer.Exit(run(options, console))


@commands.command()
def develop(
    stack: Stack = "dev",
    port: _Port = 8080,
) -> None:
    """Run both applications from their folders with reload, behind a rehearsal's load balancer, on its database.

    Each is started by its script `dev`, or by `develop` in the settings of services.
    """
    from conducky.rehearsal.command import rehearse as run
    from conducky.rehearsal.session import Options

    options = Options(stack=stack, port=port, once=False, json_file=None, runtime="host", develop=True)
    raise typer.Exit(run(options, new_console()))


@commands.command()
def engine() -> None:
    """Get the Pulumi engine, if there is none that is new enough."""
    from conducky.engine.ensure import ensure_engine

    with waiting(STDERR, "Pulumi") as wait:
        ensure_engine(note, wait)
