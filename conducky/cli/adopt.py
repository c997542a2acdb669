"""The options of `conducky adopt`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

commands = typer.Typer()


@commands.command()
def adopt(
    paths: Annotated[list[Path], typer.Argument(help="The folders of your applications' source.", metavar="PATH")],
    stack: Annotated[str | None, typer.Option(help="Write the file of this stack only, not of every stack.")] = None,
    frontend: Annotated[Path | None, typer.Option(help="Which Dockerfile is the frontend's.", metavar="FILE")] = None,
    backend: Annotated[Path | None, typer.Option(help="Which Dockerfile is the backend's.", metavar="FILE")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what was found, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
) -> None:
    """Read your applications' source, and write what they are into the settings of services, after asking.

    It reads Dockerfiles, package.json, Prisma's schema, the variables that the code reads, docker-compose.yml and AWS
    Copilot's manifests. It executes nothing of them.
    """
    from conducky.adoption import Options
    from conducky.adoption import adopt as run

    options = Options(tuple(paths), stack, frontend, backend, dry_run=dry_run, yes=yes)
    run(options, Console(highlight=False))
