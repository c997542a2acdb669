"""The options of `conducky images`."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from conducky.cli.options import PASSING_ON

commands = typer.Typer()


@commands.command(context_settings=PASSING_ON)
def images(
    builder: Annotated[
        Literal["docker", "podman", "buildah"] | None, typer.Option(help="Build with this one only.")
    ] = None,
    platform: Annotated[str, typer.Option(help="arm64 or amd64; else your computer's own.")] = "",
    base: Annotated[str, typer.Option(help="A local image to build on, instead of the one that FROM names.")] = "",
    options: Annotated[
        list[str] | None, typer.Argument(help="Further options for the builder.", metavar="BUILD_OPTIONS")
    ] = None,
) -> None:
    """Build both images with Docker, Podman or Buildah, whichever is installed."""
    from conducky.images import build_images

    build_images(Console(), wanted=builder, platform=platform or None, base=base or None, options=options or [])
