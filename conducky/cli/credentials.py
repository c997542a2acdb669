"""The options of `conducky credentials`."""

from typing import TYPE_CHECKING, Annotated

import typer

from conducky.cli.options import STDERR

if TYPE_CHECKING:
    from conducky.credentials.destinations import Destination
    from conducky.credentials.lifecycle import Deployer
    from conducky.settings.schema import BootstrapSettings

commands = typer.Typer(
    no_args_is_help=True, help="Create, rotate and revoke the access keys of a stack's deployer; needs an AWS admin."
)

_Stack = Annotated[str, typer.Option(help="The stack whose deployer it is.")]
_Github = Annotated[bool, typer.Option("--github", help="Store the key as secrets of a repository, with `gh`.")]
_Repo = Annotated[
    str | None,
    typer.Option(help="The repository; else the setting githubRepository, or this folder's.", metavar="OWNER/NAME"),
]
_Environment = Annotated[
    str | None, typer.Option(help="The environment of the repository that stores it; else the stack's.", metavar="NAME")
]
_Wide = Annotated[
    bool,
    typer.Option("--repository-wide", help="Store it for every branch and workflow, where there are no environments."),
]
_Show = Annotated[bool, typer.Option("--show", help="Show the key even if the output is not a terminal.")]


@commands.command()
def create(
    stack: _Stack = "dev",
    repo: _Repo = None,
    github_environment: _Environment = None,
    *,
    github: _Github = False,
    repository_wide: _Wide = False,
    show: _Show = False,
) -> None:
    """Create a key, test it, and show it once or store it on GitHub."""
    from conducky.credentials import lifecycle

    where = _destination(stack, repo, github_environment, github=github, wide=repository_wide, show=show)
    lifecycle.create(_deployer(stack), where)


@commands.command()
def rotate(
    stack: _Stack = "dev",
    repo: _Repo = None,
    github_environment: _Environment = None,
    *,
    github: _Github = False,
    repository_wide: _Wide = False,
    show: _Show = False,
) -> None:
    """Replace the key with a new one; the old one is deleted once the new one works and is stored."""
    from conducky.credentials import lifecycle

    where = _destination(stack, repo, github_environment, github=github, wide=repository_wide, show=show)
    lifecycle.rotate(_deployer(stack), where)


@commands.command()
def revoke(
    key: Annotated[str | None, typer.Argument(help="The key's id; without it, the keys are listed.")] = None,
    stack: _Stack = "dev",
) -> None:
    """Deactivate a key and delete it."""
    from conducky.credentials import lifecycle

    lifecycle.revoke(_deployer(stack), key)


def _settings(stack: str) -> "BootstrapSettings":
    from conducky.deployment import Selection
    from conducky.settings.offline import settings_of
    from conducky.settings.schema import BootstrapSettings

    return settings_of(BootstrapSettings, Selection.of(stack, None).stack)


def _destination(  # as many as the options
    stack: str, repo: str | None, environment: str | None, *, github: bool, wide: bool, show: bool
) -> "Destination":
    """The terminal, or the stack's own environment unless told otherwise: every branch reads a repository's secrets."""
    from conducky.credentials.destinations import GithubSecrets, Terminal
    from conducky.errors import UserError

    settings = _settings(stack)
    if environment and wide:
        raise UserError(
            "--repository-wide and --github-environment exclude each other", "leave out `--repository-wide`"
        )
    if not (github or wide or repo or environment):
        return Terminal(show)
    return GithubSecrets(repo or settings.github_repository, None if wide else environment or stack)


def _deployer(stack: str) -> "Deployer":
    from conducky.credentials.lifecycle import Deployer

    return Deployer.of(stack, _settings(stack), STDERR)
