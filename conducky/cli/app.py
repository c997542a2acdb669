"""The `conducky` command."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

# While modules load, Ctrl-C ends the command without a traceback; `main` takes over.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# Read when grpc is imported: children are started while calls are under way, and none of them uses gRPC.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import typer  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from conducky.cli import pipeline as pipeline_commands  # noqa: E402
from conducky.cli.credentials import credentials  # noqa: E402
from conducky.errors import UserError  # noqa: E402
from conducky.signals import Interrupted  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
app.add_typer(credentials, name="credentials")
_errors = Console(stderr=True)


@app.callback()
def conducky() -> None:
    """Deploy a Next.js frontend and an Express backend to AWS, and rehearse it on this machine."""


@app.command()
def rehearse(
    stack: Annotated[str, typer.Option(help="Whose settings to use (Pulumi.<stack>.yaml of each layer).")] = "dev",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to answer; if taken, the next free one.")] = 8080,
    *,
    once: Annotated[bool, typer.Option("--once", help="Check, remove everything again, exit 0 or 1.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the outcome to this file.", metavar="FILE")] = None,
) -> None:
    """Deploy all three layers to this machine, on the real Pulumi engine, without an AWS account."""
    from conducky.rehearsal.command import Options  # noqa: PLC0415  # half a second of imports
    from conducky.rehearsal.command import rehearse as run  # noqa: PLC0415

    raise typer.Exit(run(Options(stack=stack, port=port, once=once, json_file=json), Console()))


@app.command()
def engine() -> None:
    """Get the Pulumi engine, where this machine has none that is new enough."""
    from conducky.engine import ensure_engine  # noqa: PLC0415

    console = Console(stderr=True)
    ensure_engine(lambda line: console.print(line, highlight=False, markup=False))


@app.command()
def docs() -> None:
    """Write docs/configuration.md and docs/deployer.md anew from the code."""
    from conducky.docs.configuration import write_configuration_page  # noqa: PLC0415
    from conducky.docs.deployer import write_deployer_page  # noqa: PLC0415

    write_configuration_page()
    write_deployer_page()


_Stack = Annotated[str, typer.Option(help="The stack, of the same name in each layer.")]
_Layer = Annotated[str | None, typer.Option(help="This layer only; bootstrap is run by an admin and only if named.")]
_Options = Annotated[list[str] | None, typer.Argument(help="Further options for pulumi.", metavar="PULUMI_OPTIONS")]
_PASSING_ON = {"ignore_unknown_options": True}


@app.command(context_settings=_PASSING_ON)
def preview(stack: _Stack = "dev", layer: _Layer = None, options: _Options = None) -> None:
    """Show what a deployment would change: platform, then services."""
    from conducky.deployment import (  # noqa: PLC0415
        deploy,
        pulumi_cli,
        selection,
    )

    pulumi = pulumi_cli.PulumiCli(selection.Selection.of(stack, layer))
    raise typer.Exit(deploy.preview(pulumi, options or [], _errors))


@app.command(context_settings=_PASSING_ON)
def deploy(
    stack: _Stack = "dev",
    layer: _Layer = None,
    options: _Options = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; nor does it in CI or without a terminal.")] = False,
) -> None:
    """Deploy to AWS: platform, then services."""
    from conducky.deployment import (  # noqa: PLC0415
        deploy,
        pulumi_cli,
        selection,
    )

    pulumi = pulumi_cli.PulumiCli(selection.Selection.of(stack, layer))
    raise typer.Exit(deploy.deploy(pulumi, options or [], _errors, yes=yes))


@app.command()
def destroy(
    stack: _Stack = "dev",
    layer: _Layer = None,
    confirm: Annotated[
        str | None, typer.Option(help="The stack's name, instead of typing it.", metavar="STACK")
    ] = None,
) -> None:
    """Remove what was deployed to AWS: services, then platform; asks for the stack's name."""
    from conducky.deployment import (  # noqa: PLC0415
        deploy,
        pulumi_cli,
        selection,
    )

    pulumi = pulumi_cli.PulumiCli(selection.Selection.of(stack, layer))
    raise typer.Exit(deploy.destroy(pulumi, confirm, _errors))


_Engine = Annotated[Literal["docker", "podman", "buildah"] | None, typer.Option(help="Build with this one only.")]


@app.command(context_settings=_PASSING_ON)
def images(
    engine: _Engine = None,
    platform: Annotated[str, typer.Option(help="arm64 or amd64; else this machine's own.")] = "",
    options: Annotated[
        list[str] | None, typer.Argument(help="Further options for the engine's build.", metavar="BUILD_OPTIONS")
    ] = None,
) -> None:
    """Build both images with Docker, Podman or Buildah, whichever is here."""
    from conducky.images.build import build_images  # noqa: PLC0415

    build_images(Console(), wanted=engine, platform=platform or None, options=options or [])


app.add_typer(pipeline_commands.pipeline, name="pipeline")
app.command()(pipeline_commands.verify)


def main() -> None:
    """Run the command; a person's mistake is one sentence and exit code 1, a signal its number and 128."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app()
    except Interrupted as interrupted:
        _errors.print(f"ended by {interrupted}")
        sys.exit(128 + interrupted.number)
    except UserError as error:
        _errors.print("[red]✗[/]", Text(str(error)), highlight=False, soft_wrap=True)
        sys.exit(1)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Unwind, so that everything is cleaned up on the way."""
    raise Interrupted(number)
