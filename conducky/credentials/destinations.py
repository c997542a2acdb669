"""Where the secret of a new key goes: to the terminal, once, or into the secrets of a GitHub repository."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from conducky.credentials.access_keys import NewKey
from conducky.errors import UserError, quoted
from conducky.github.gh import require_gh, run_gh
from conducky.subprocesses import last_line
from conducky.terminal import output_is_a_terminal

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class NotStoredError(Exception):
    """The key may have been stored in part or not at all; the message says why, without its secret."""


@dataclass(frozen=True)
class Terminal:
    """Standard output. `show` allows it to be a file or a pipe, where the secret stays.

    `is_store`: whether a key is safe there once `store` has returned, without a person's help.
    """

    is_store: ClassVar[bool] = False

    show: bool

    def check(self) -> None:
        """Raise a UserError where the key could not be stored, before there is one: in a log, by accident."""
        if not self.show and not output_is_a_terminal():
            raise UserError(
                "the key would be written into a file or a log, and stay there",
                "run this on a terminal, store the key with `--github`, or add `--show` if you do want that",
            )

    def store(self, key: NewKey) -> str:
        """Show it, in the form of a shell or an `.env` file; returns where it is, as the end of "the new key is …"."""
        sys.stdout.write(_variables(key))
        sys.stdout.flush()
        return "shown above, for the only time"


@dataclass(frozen=True)
class GithubSecrets:
    """Secrets of an environment, or (None) of the whole repository; by default the repository of this folder."""

    is_store: ClassVar[bool] = True

    repository: str | None = None
    environment: str | None = None

    def check(self) -> None:
        """As for a terminal: list those secrets' names, which needs the same rights as writing them."""
        if self.repository and not _REPOSITORY.fullmatch(self.repository):
            raise UserError(f"--repo is {quoted(self.repository)}", "write it like `--repo acme/conducky`")
        if self.environment and not _ENVIRONMENT.fullmatch(self.environment):
            raise UserError(
                f"--github-environment is {quoted(self.environment)}", "write it like `--github-environment prod`"
            )
        require_gh()
        listed = run_gh(["secret", "list", *self._options])
        if listed.returncode:
            raise UserError(
                f"`gh` cannot list the secrets of {self} ({last_line(listed.stderr)})",
                "create the environment (docs/pipeline.md, step 3), or name another repository or environment with "
                "`--repo acme/conducky` or `--github-environment prod`",
            )

    def store(self, key: NewKey) -> str:
        """Both halves in one call of `gh`, through its standard input: no other process can read them there."""
        done = run_gh(["secret", "set", "--env-file", "-", *self._options], _variables(key))
        if done.returncode:
            raise NotStoredError(last_line(done.stderr.replace(key.secret.get_secret_value(), "…")))
        return f"stored as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of {self}"

    @property
    def _options(self) -> Sequence[str]:
        repository = ["--repo", self.repository] if self.repository else []
        return [*repository, *(["--env", self.environment] if self.environment else [])]

    def __str__(self) -> str:
        repository = self.repository or "this folder's repository"
        return f"environment {self.environment} of {repository}" if self.environment else repository


Destination = Terminal | GithubSecrets


def _variables(key: NewKey) -> str:
    return f"AWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret.get_secret_value()}\n"
