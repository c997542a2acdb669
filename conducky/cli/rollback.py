"""The options of `conducky releases` and `conducky rollback`."""

import json as json_module
from typing import Annotated

import typer

from conducky.cli.options import STDERR, Json, OnRehearsal, Stack, Yes, deployments_of, find_target, note
from conducky.terminal import consent, new_console, say

commands = typer.Typer()


@commands.command()
def releases(
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    json: Json = False,
) -> None:
    """List what was proven live, the newest first: when, by whom, commit and images.

    Exit codes: 0 listed; 1 they could not be seen.
    """
    from conducky.operations.releases import releases as find
    from conducky.operations.words import age, short_digest

    found = find(find_target(stack, rehearsal=rehearsal))
    if json:
        typer.echo(json_module.dumps([each.as_json() for each in found], indent=2))
        return
    for each in found:
        told = each.update
        images = "  ".join(f"{app} {short_digest(image)}" for app, image in sorted(each.images.items()))
        by = f"  {told.commit[:8]} {told.author} {told.message}" if told else ""
        say(new_console(), f"{each.at:%Y-%m-%d %H:%M} UTC ({age(each.at)} ago)  {images}{by}")
    if not found:
        note(f"nothing was proven live yet: `conducky verify --stack {stack}` proves a release and tags its images")


@commands.command()
def rollback(
    to: Annotated[
        str | None,
        typer.Option(
            help="A digest or build tag of `conducky releases`, or backend:7; else the previous release.",
            metavar="RELEASE",
        ),
    ] = None,
    stack: Stack = "dev",
    *,
    rehearsal: OnRehearsal = False,
    forward: Annotated[bool, typer.Option("--forward", help="Run what this checkout builds again.")] = False,
    yes: Yes = False,
) -> None:
    """Run earlier images again, prove it, and say how to go forward.

    It sets backendImage and frontendImage in services' stack file. Nothing is built, and the database stays as it is:
    migrations that the earlier backend does not know are listed first.

    Exit codes: 0 it is live; 1 nothing was changed, or it is not live; else Pulumi's own, 128 + n a signal.
    """
    from conducky.errors import UserError
    from conducky.operations.rollback import Rollback

    if forward and to:
        raise UserError("--forward goes to what this checkout builds, and --to to another release", "leave out `--to`")
    target = find_target(stack, rehearsal=rehearsal)
    rollback = Rollback(target, note, consent(STDERR, yes=yes), deployments_of(target))
    raise typer.Exit(rollback.forward() if forward else rollback.run(to or "previous"))
