"""The options of `conducky adopt`."""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from conducky.cli.options import STACK_NAMES, STDERR, DryRun, Json, Yes
from conducky.terminal import new_console

commands = typer.Typer()


@commands.command()
def adopt(
    paths: Annotated[list[Path], typer.Argument(help="The folders of your applications' source.", metavar="PATH")],
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", help="Write the file of this stack only, not of every stack.", autocompletion=STACK_NAMES
        ),
    ] = None,
    frontend: Annotated[Path | None, typer.Option(help="Which Dockerfile is the frontend's.", metavar="FILE")] = None,
    backend: Annotated[Path | None, typer.Option(help="Which Dockerfile is the backend's.", metavar="FILE")] = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Read your applications' source, and write what they are into the settings of services, after asking.

    It reads Dockerfiles, package.json, Prisma's schema, the variables that the code reads, docker-compose.yml and AWS
    Copilot's manifests. It executes nothing of them.
    """
    from conducky.adoption import Options
    from conducky.adoption import adopt as run

    options = Options(tuple(paths), stack, frontend, backend, dry_run=dry_run, yes=yes)
    proposed = run(options, STDERR if json else new_console())
    if json:
        typer.echo(json_module.dumps(proposed, indent=2))
