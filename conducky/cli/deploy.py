"""The options of `conducky preview`, `deploy`, `destroy` and `verify`."""

import json as json_module
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from conducky.cli.options import PASSING_ON, STDERR, Json, Layer, Stack, Yes
from conducky.terminal import new_console

if TYPE_CHECKING:
    from conducky.deployment import PulumiCli

commands = typer.Typer()

_Options = Annotated[list[str] | None, typer.Argument(help="Further options for pulumi.", metavar="PULUMI_OPTION")]


@commands.command(context_settings=PASSING_ON)
def preview(stack: Stack = "dev", layer: Layer = None, options: _Options = None) -> None:
    """Show what a deployment would change: platform, then services."""
    from conducky.deployment import deploy

    raise typer.Exit(deploy.preview(_pulumi(stack, layer), options or [], STDERR))


@commands.command(context_settings=PASSING_ON)
def deploy(
    stack: Stack = "dev",
    layer: Layer = None,
    options: _Options = None,
    *,
    yes: Yes = False,
    allow_deletion: Annotated[
        bool,
        typer.Option(
            "--allow-deletion", help="Let it delete a protected stack's database, logs, load balancer or distribution."
        ),
    ] = False,
) -> None:
    """Deploy to AWS: platform, then services, and prove that the release is live.

    What can be known before is checked first: tools, secrets and settings of all layers, credentials, stacks. In CI and
    without a terminal it does not ask.

    Exit codes: 0 it is live; 1 something has to be fixed, or it is not live; else Pulumi's own, 128 + n a signal.
    """
    from conducky.deployment import Selection
    from conducky.operations.doctor.doctor import require_ready
    from conducky.verification.verify import deploy_and_prove

    require_ready(Selection.of(stack, layer), STDERR, yes=yes)
    pulumi = _pulumi(stack, layer)
    raise typer.Exit(
        deploy_and_prove(pulumi, options or [], STDERR, new_console(), yes=yes, allow_deletion=allow_deletion)
    )


@commands.command()
def destroy(
    stack: Stack = "dev",
    layer: Layer = None,
    confirm: Annotated[
        str | None, typer.Option(help="The stack's name, instead of typing it.", metavar="STACK")
    ] = None,
) -> None:
    """Remove what was deployed to AWS: services, then platform; asks for the stack's name."""
    from conducky.deployment import deploy

    raise typer.Exit(deploy.destroy(_pulumi(stack, layer), confirm, STDERR))


@commands.command()
def verify(
    stack: Stack = "dev",
    limit: Annotated[int, typer.Option(min=1, help="How many seconds to wait until it is live.")] = 300,
    *,
    json: Json = False,
) -> None:
    """Prove that the last release is live: ECS runs that revision only, and that revision answers.

    Exit codes: 0 it is live; 1 it is not, or it could not be seen.
    """
    from conducky.github.actions import annotated
    from conducky.operations.target import find_target
    from conducky.verification.verify import verify as run

    with nullcontext() if json else annotated(f"Release of {stack}"):
        find_target(stack)  # Another account's credentials, or another region, are named as such
        proven = run(_pulumi(stack, None), limit, STDERR if json else new_console(), output=not json)
    if json:
        typer.echo(json_module.dumps(proven, indent=2))


def _pulumi(stack: str, layer: str | None) -> "PulumiCli":
    from conducky.deployment import PulumiCli, Selection

    return PulumiCli(Selection.of(stack, layer))
