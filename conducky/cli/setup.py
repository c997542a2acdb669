"""The options of `conducky setup …`."""

from typing import Annotated

import typer

from conducky.cli.options import STDERR, DryRun, Group, Repo, Stack

commands = typer.Typer(
    cls=Group, no_args_is_help=True, help="Guided set-up, such as of a GitHub repository that deploys."
)


@commands.callback()
def setup() -> None:
    """Guided set-up, such as of a GitHub repository that deploys."""


@commands.command()
def github(
    stack: Stack = "dev",
    repo: Repo = None,
    reviewer: Annotated[
        list[str] | None, typer.Option(help="Who approves deployments of this stack; repeat it.", metavar="LOGIN")
    ] = None,
    domain: Annotated[str, typer.Option(help="Where people open the app, with a domain of your own.")] = "",
    *,
    dry_run: DryRun = False,
    deploy: Annotated[bool, typer.Option("--deploy", help="Start the first deployment at the end.")] = False,
) -> None:
    """Give a GitHub repository all that it needs to deploy a stack: docs/pipeline.md, step by step, through `gh`.

    What is done already is passed over. Secrets are generated, or asked for without showing them.

    Exit codes: 0 all is done; 3 steps are left for a person; 1 it could not begin.
    """
    from dataclasses import replace

    from conducky.deployment import Selection
    from conducky.operations.setup_github.command import plan, set_up

    wanted = replace(plan(Selection.of(stack, None), repo, STDERR), domain=domain)
    left = set_up(wanted, STDERR, dry_run=dry_run, deploy=deploy, reviewers=reviewer or [])
    raise typer.Exit(3 if left else 0)
