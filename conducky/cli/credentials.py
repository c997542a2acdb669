"""The options of `conducky credentials`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from conducky.credentials.destinations import Destination
    from conducky.credentials.lifecycle import Deployer
    from conducky.settings.schema import BootstrapSettings

credentials = typer.Typer(
    no_args_is_help=True,
    help="Make, change and remove the access keys of a stack's deployer; run by an admin of the account.",
)

_Stack = Annotated[str, typer.Option(help="The stack whose deployer it is.")]
_Github = Annotated[bool, typer.Option("--github", help="Store the key as secrets of a repository, through `gh`.")]
_Repo = Annotated[
    str | None,
    typer.Option(help="Which repository; else the setting githubRepository, or this folder's.", metavar="OWNER/NAME"),
]
_Environment = Annotated[str | None, typer.Option(help="Secrets of this environment instead.", metavar="NAME")]
_Show = Annotated[bool, typer.Option("--show", help="Show the key even where the output is no terminal.")]


@credentials.command()
def create(
    stack: _Stack = "dev",
    repo: _Repo = None,
    github_environment: _Environment = None,
    *,
    github: _Github = False,
    show: _Show = False,
) -> None:
    """Make a key, see it work, and show it once or store it on GitHub."""
    from conducky.credentials import lifecycle  # noqa: PLC0415  # a second of imports

    settings = _settings(stack)
    where = _destination(settings, repo, github_environment, github=github, show=show)
    raise typer.Exit(lifecycle.create(_deployer(stack, settings), where))


@credentials.command()
def rotate(
    stack: _Stack = "dev",
    repo: _Repo = None,
    github_environment: _Environment = None,
    *,
    github: _Github = False,
    show: _Show = False,
) -> None:
    """Put a new key in the place of the old one, which is deleted when the new one works and is kept."""
    from conducky.credentials import lifecycle  # noqa: PLC0415

    settings = _settings(stack)
    where = _destination(settings, repo, github_environment, github=github, show=show)
    raise typer.Exit(lifecycle.rotate(_deployer(stack, settings), where))


@credentials.command()
def revoke(
    key: Annotated[str | None, typer.Argument(help="The key's id; without it the keys are listed.")] = None,
    stack: _Stack = "dev",
) -> None:
    """Switch a key off and delete it."""
    from conducky.credentials import lifecycle  # noqa: PLC0415

    raise typer.Exit(lifecycle.revoke(_deployer(stack, _settings(stack)), key))


def _settings(stack: str) -> "BootstrapSettings":
    from conducky.deployment.selection import Selection  # noqa: PLC0415
    from conducky.settings.offline import settings_of  # noqa: PLC0415
    from conducky.settings.schema import BootstrapSettings  # noqa: PLC0415

    return settings_of(BootstrapSettings, Selection.of(stack, None).stack)


def _destination(
    settings: "BootstrapSettings", repo: str | None, environment: str | None, *, github: bool, show: bool
) -> "Destination":
    """What the options say; naming a repository or an environment says GitHub."""
    from conducky.credentials.destinations import GithubSecrets, Terminal  # noqa: PLC0415

    if github or repo or environment:
        return GithubSecrets(repo or settings.github_repository, environment)
    return Terminal(show)


def _deployer(stack: str, settings: "BootstrapSettings") -> "Deployer":
    from rich.console import Console  # noqa: PLC0415

    from conducky.credentials.lifecycle import Deployer  # noqa: PLC0415

    return Deployer.of(stack, settings, Console(stderr=True))
