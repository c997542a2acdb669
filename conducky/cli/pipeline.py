"""`conducky pipeline …` and `conducky verify`: their options. What they do stands in the modules beside this one."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from conducky.errors import UserError

pipeline = typer.Typer(no_args_is_help=True, help="What the workflows of GitHub Actions run besides make.")
_errors = Console(stderr=True)

_Stack = Annotated[str, typer.Option(help="The stack, of the same name in each layer.")]


@pipeline.command()
def stacks(
    listed: Annotated[
        str | None, typer.Option("--stacks", envvar="STACKS", help='A JSON list such as ["dev", "prod"].')
    ] = None,
    only: Annotated[str | None, typer.Option(help="This one of them.")] = None,
    *,
    first: Annotated[bool, typer.Option("--first", help="The first of them.")] = False,
) -> None:
    """Check the variable STACKS and write the matrix that the workflows deploy by."""
    from conducky.github import actions  # noqa: PLC0415
    from conducky.pipeline.stacks import as_matrix, pipeline_stacks  # noqa: PLC0415

    with _annotated("The variable STACKS"):
        found = pipeline_stacks((listed or "").strip() or None, (only or "").strip() or None)
    chosen = found[:1] if first else found
    actions.set_output("matrix", as_matrix(chosen))
    actions.set_output("first", chosen[0].stack)


@pipeline.command()
def check(stack: _Stack = "dev") -> None:
    """Name every secret and variable that GitHub lacks for a stack, before anything is changed."""
    from conducky.pipeline.requirements import require  # noqa: PLC0415

    with _annotated(f"Secrets and variables of {stack}"):
        require(stack)


@pipeline.command()
def tools() -> None:
    """Put a Pulumi that serves on PATH for the steps that follow."""
    from conducky.pipeline.runner import provide_pulumi  # noqa: PLC0415

    with _annotated("Pulumi"):
        provide_pulumi(_say)


@pipeline.command()
def bootstrap(stack: _Stack = "dev") -> None:
    """Check that an admin has deployed bootstrap, and not by code that is too old."""
    from conducky.deployment import pulumi_cli, selection  # noqa: PLC0415
    from conducky.pipeline.bootstrap import require_bootstrap  # noqa: PLC0415

    with _annotated(f"bootstrap/{stack}"):
        require_bootstrap(pulumi_cli.PulumiCli(selection.Selection.of(stack, None)))


@pipeline.command(name="make-stack")
def make_stack(
    stack: _Stack = "dev", layer: Annotated[str | None, typer.Option(help="This layer only.")] = None
) -> None:
    """Make a layer's stack in Pulumi's state where there is none yet; on a terminal Pulumi asks."""
    from conducky.deployment import pulumi_cli, selection  # noqa: PLC0415
    from conducky.pipeline.runner import provide_stack  # noqa: PLC0415

    with _annotated(f"The stack {stack}"):
        provide_stack(pulumi_cli.PulumiCli(selection.Selection.of(stack, layer)), _say)


@pipeline.command()
def summary(
    layer: Annotated[str, typer.Option(help="The layer that the step was about.")],
    outcome: Annotated[str, typer.Option(help="How it ended, as GitHub says: success, failure, cancelled, skipped.")],
    stack: _Stack = "dev",
    verb: Annotated[str, typer.Option(help="What the step did: deploy, verify or destroy.")] = "deploy",
    log: Annotated[Path | None, typer.Option(help="What `pulumi --event-log` wrote.", metavar="FILE")] = None,
) -> None:
    """Write the job's summary: what was done or, after a failure, why, with ECS's events and the last log lines."""
    from conducky.environment import region  # noqa: PLC0415
    from conducky.pipeline.stacks import names_of  # noqa: PLC0415
    from conducky.pipeline.summary import Step, summarise  # noqa: PLC0415
    from conducky.verification.ecs import clients  # noqa: PLC0415

    summarise(Step(verb, layer, stack, outcome), log, names_of(stack), lambda: clients(region()))


@pipeline.command()
def preview(stack: _Stack = "dev") -> None:
    """Preview each layer of a stack into one comment on the pull request that started this run."""
    from conducky.pipeline.preview_command import preview as run  # noqa: PLC0415

    with _annotated(f"Preview of {stack}"):
        run(stack, _say)


@pipeline.command()
def drift(stack: _Stack = "dev") -> None:
    """Compare each layer of a stack with AWS, and keep one issue that holds what differs."""
    from conducky.pipeline.drift_command import drift as run  # noqa: PLC0415

    with _annotated(f"Drift of {stack}"):
        run(stack, _say)


def verify(
    stack: _Stack = "dev",
    limit: Annotated[int, typer.Option(min=1, help="Seconds until it has to be live.")] = 300,
) -> None:
    """Prove that the last release is live: ECS runs that revision, all of it, and that revision answers."""
    from conducky.deployment import pulumi_cli, selection  # noqa: PLC0415
    from conducky.verification.verify import verify as run  # noqa: PLC0415

    with _annotated(f"Release of {stack}"):
        run(pulumi_cli.PulumiCli(selection.Selection.of(stack, None)), limit, Console())


@contextmanager
def _annotated(title: str) -> Generator[None]:
    """In GitHub Actions, put the sentence of a refusal at the top of the run as well."""
    from conducky.github import actions  # noqa: PLC0415

    try:
        yield
    except UserError as error:
        actions.annotate(title, str(error))
        raise


def _say(line: str) -> None:
    _errors.print(Text(line), soft_wrap=True)
