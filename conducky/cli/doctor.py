"""The options of `conducky doctor`."""

from typing import Annotated

import typer

from conducky.cli.options import STDERR, Json, Repo, Stack
from conducky.terminal import new_console

commands = typer.Typer()


@commands.command()
def doctor(
    stack: Stack = "dev",
    repo: Repo = None,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Offer to create what is missing and safe to create.")] = False,
    no_github: Annotated[bool, typer.Option("--no-github", help="Leave GitHub out.")] = False,
    json: Json = False,
) -> None:
    """Check whether a deployment can succeed: this computer, settings, AWS and GitHub.

    It changes nothing without `--fix`, and then asks before each change.

    Exit codes: 0 nothing has to be fixed; 3 something has; 1 a fix failed.
    """
    from functools import partial

    from conducky.deployment import Selection
    from conducky.operations.doctor import doctor as run
    from conducky.operations.doctor.finding import Check
    from conducky.operations.setup_github.command import checks

    selection = Selection.of(stack, None)
    more = [Check("GitHub", partial(checks, selection, repo, STDERR))] if not no_github else []
    found = run.examine(selection, github=more)
    if json:
        typer.echo(run.as_json(found))
    else:
        run.show(found, new_console())
    if fix:
        raise typer.Exit(run.fix(found, STDERR))
    raise typer.Exit(3 if any(finding.level == "wrong" for _, finding in found) else 0)
