"""The options of `make images`."""

from typing import Annotated

import typer
from rich.console import Console

from conducky.cli.app import main
from conducky.cli.options import PASSING_ON
from tools.images.build import build_images
from tools.images.builder import BuilderName

command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@command.command(context_settings=PASSING_ON)
def images(
    builder: Annotated[BuilderName | None, typer.Option(help="Build with this one only.")] = None,
    platform: Annotated[str, typer.Option(help="arm64 or amd64; else your computer's own.")] = "",
    base: Annotated[str, typer.Option(help="A local image to build on, instead of the one that FROM names.")] = "",
    options: Annotated[
        list[str] | None, typer.Argument(help="Further options for the builder.", metavar="BUILD_OPTIONS")
    ] = None,
) -> None:
    """Build both images with Docker, Podman or Buildah, whichever is installed."""
    build_images(Console(), wanted=builder, platform=platform or None, base=base or None, options=options or [])


main(command)
