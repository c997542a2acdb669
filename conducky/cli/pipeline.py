"""The options of `conducky pipeline …`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from conducky.cli.options import Group, Layer, Stack, note
from conducky.github import actions

commands = typer.Typer(cls=Group, no_args_is_help=True, help="What the workflows of GitHub Actions run besides make.")


@commands.command()
def stacks(
    listed: Annotated[
        str | None, typer.Option("--stacks", envvar="STACKS", help='A JSON list such as ["dev", "prod"].')
    ] = None,
    only: Annotated[str | None, typer.Option(help="This one of them.")] = None,
    *,
    first: Annotated[bool, typer.Option("--first", help="The first of them.")] = False,
) -> None:
    """Check the variable STACKS and write the matrix that the workflows deploy by."""
    from conducky.pipeline.stacks import as_matrix, pipeline_stacks

    # Set and empty: the workflow passed on a variable that this repository has not, such as a copy's first push.
    if os.environ.get("PULUMI_ORG", "unset") == "":
        notice = "this repository cannot deploy yet: run `conducky setup github`, then `gh workflow run deploy.yml`"
        actions.annotate("Nothing is deployed", notice, "notice")
        actions.set_output("matrix", "")
        return
    with actions.annotated("The variable STACKS"):
        found = pipeline_stacks((listed or "").strip() or None, (only or "").strip() or None)
    first_stack = next(iter(found))
    actions.set_output("matrix", as_matrix({first_stack: found[first_stack]} if first else found))
    actions.set_output("first", first_stack)


@commands.command()
def check(stack: Stack = "dev") -> None:
    """Name what GitHub lacks for a stack: secrets, variables, and the rules of its environment."""
    from conducky.pipeline.requirements import require, require_environments

    with actions.annotated(f"Secrets and variables of {stack}"):
        require(stack)
    with actions.annotated(f"The environment {stack}"):
        require_environments(stack)


@commands.command()
def tools() -> None:
    """Put a Pulumi that is new enough on PATH for the steps that follow."""
    from conducky.pipeline.stacks import provide_pulumi

    with actions.annotated("Pulumi"):
        provide_pulumi(note)


@commands.command()
def bootstrap(stack: Stack = "dev") -> None:
    """Check that an AWS admin has deployed bootstrap, and not by code that is too old."""
    from conducky.deployment import PulumiCli, Selection
    from conducky.pipeline.requirements import require_bootstrap

    with actions.annotated(f"bootstrap/{stack}"):
        require_bootstrap(PulumiCli(Selection.of(stack, None)))


@commands.command(name="make-stack")
def make_stack(stack: Stack = "dev", layer: Layer = None) -> None:
    """Create a layer's stack in Pulumi's state if there is none yet; on a terminal Pulumi asks."""
    from conducky.deployment import PulumiCli, Selection
    from conducky.pipeline.stacks import provide_stack

    with actions.annotated(f"The stack {stack}"):
        provide_stack(PulumiCli(Selection.of(stack, layer)), note)


@commands.command()
def summary(
    layer: Annotated[str, typer.Option(help="The layer of the step.")],
    outcome: Annotated[str, typer.Option(help="GitHub's outcome of the step: success, failure, cancelled, skipped.")],
    stack: Stack = "dev",
    verb: Annotated[str, typer.Option(help="What the step did: deploy or destroy.")] = "deploy",
    log: Annotated[Path | None, typer.Option(help="What `pulumi --event-log` wrote.", metavar="FILE")] = None,
) -> None:
    """Write the job's summary: what was done or, after a failure, the cause, ECS's events and the last log lines."""
    from conducky.environment import region
    from conducky.pipeline.stacks import names_of
    from conducky.pipeline.summary import Step, summarise
    from conducky.verification.ecs import clients

    summarise(Step(verb, layer, stack, outcome), log, names_of(stack), lambda: clients(region()))


@commands.command()
def evaluate(stack: Stack = "dev") -> None:
    """Compare a pull request's settings and resources with those of its base, offline and without credentials."""
    from conducky.pipeline.offline import evaluate_pull_request

    with actions.annotated(f"Evaluation of {stack}"):
        evaluate_pull_request(stack, note)


@commands.command()
def preview(stack: Stack = "dev") -> None:
    """Preview each layer of a stack into one comment on the pull request that started this run."""
    from conducky.pipeline.previews import preview as run

    with actions.annotated(f"Preview of {stack}"):
        run(stack, note)


@commands.command()
def drift(stack: Stack = "dev") -> None:
    """Compare each layer of a stack with AWS, and keep the differences in one issue."""
    from conducky.pipeline.drift import drift as run

    with actions.annotated(f"Drift of {stack}"):
        run(stack, note)
