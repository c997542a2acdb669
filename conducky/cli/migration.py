"""The options of `conducky migration`."""

from typing import Annotated

import typer

from conducky.cli.options import Stack, note

commands = typer.Typer()


@commands.command()
def migration(
    name: Annotated[str, typer.Argument(help="What it does, such as add_comments.")] = "",
    stack: Stack = "dev",
) -> None:
    """Write a Prisma migration: what the schema has, and the migrations of the backend have not yet.

    Prisma compares both in a shadow database, which is in the Postgres of the rehearsal that runs, or in one that is
    started for the moment. Nothing is applied: press `u` in the rehearsal for that.

    Exit codes: 0 written; 1 it was not, and the message says why.
    """
    from conducky.operations.database.migration import write_migration
    from conducky.repository import ROOT

    typer.echo(write_migration(stack, name, note).relative_to(ROOT))
