"""The options of `conducky credentials`."""

from typing import TYPE_CHECKING, Annotated

import typer

from conducky.cli.options import STDERR, Group, Repo, Stack

if TYPE_CHECKING:
    from conducky.credentials.lifecycle import Deployer
    from conducky.settings.schema import BootstrapSettings

commands = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Create, rotate and revoke the access keys of a stack's deployer; needs an AWS admin.",
)


def _command(verb: str, text: str) -> None:
    """Add `create` or `rotate`, which take the same options; each brings a new key to where it is kept."""

    @commands.command(name=verb, help=text)
    def carry_out(  # as many as the options
        stack: Stack = "dev",
        repo: Repo = None,
        github_environment: Annotated[
            str | None,
            typer.Option(help="The environment of the repository that stores it; else the stack's.", metavar="NAME"),
        ] = None,
        *,
        github: Annotated[
            bool, typer.Option("--github", help="Store the key as secrets of a repository, with `gh`.")
        ] = False,
        repository_wide: Annotated[
            bool,
            typer.Option(
                "--repository-wide", help="Store it for every branch and workflow, where there are no environments."
            ),
        ] = False,
        show: Annotated[
            bool, typer.Option("--show", help="Show the key even if the output is not a terminal.")
        ] = False,
    ) -> None:
        from conducky.credentials import lifecycle
        from conducky.credentials.destinations import GithubSecrets, Terminal
        from conducky.errors import UserError

        settings = _settings(stack)
        if github_environment and repository_wide:
            raise UserError(
                "--repository-wide and --github-environment exclude each other", "leave out `--repository-wide`"
            )
        # The stack's own environment unless told otherwise: every branch reads a repository's secrets.
        environment = None if repository_wide else github_environment or stack
        stored = github or repository_wide or repo or github_environment
        where = GithubSecrets(repo or settings.github_repository, environment) if stored else Terminal(show)
        getattr(lifecycle, verb)(_deployer(stack), where)


_command("create", "Create a key, test it, and show it once or store it on GitHub.")
_command("rotate", "Replace the key with a new one; the old one is deleted once the new one works and is stored.")


@commands.command()
def revoke(
    key: Annotated[str | None, typer.Argument(help="The key's id; without it, the keys are listed.")] = None,
    stack: Stack = "dev",
) -> None:
    """Deactivate a key and delete it."""
    from conducky.credentials import lifecycle

    lifecycle.revoke(_deployer(stack), key)


def _settings(stack: str) -> "BootstrapSettings":
    from conducky.deployment import Selection
    from conducky.settings.offline import settings_of
    from conducky.settings.schema import BootstrapSettings

    return settings_of(BootstrapSettings, Selection.of(stack, None).stack)


def _deployer(stack: str) -> "Deployer":
    from conducky.credentials.lifecycle import Deployer

    return Deployer.of(stack, _settings(stack), STDERR)
