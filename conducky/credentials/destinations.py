"""Where the secret of a new key goes: onto the terminal, once, or into the secrets of a GitHub repository."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from conducky.credentials.access_keys import NewKey
from conducky.errors import UserError, printable, quoted
from conducky.repository import ROOT

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class NotKeptError(Exception):
    """The key may have been kept in part or not at all; the text says why, without its secret."""


class Destination(Protocol):
    """Where a key goes. `is_kept`: it is safe there once `keep` has returned, and no person has to see to it."""

    is_kept: ClassVar[bool]

    def check(self) -> None:
        """Raise a UserError where the key could not be kept, before there is one."""
        ...

    def keep(self, key: NewKey) -> str:
        """Keep it; returns where it is, as the end of "the new key is …"."""
        ...


@dataclass(frozen=True)
class Terminal:
    """Standard output. `show` allows it to be a file or a pipe, where the secret stays."""

    is_kept: ClassVar[bool] = False

    show: bool

    def check(self) -> None:
        """Refuse to leave a secret in a log by accident."""
        if not self.show and not _is_a_terminal():
            raise UserError(
                "the key would be written into a file or a log, where it stays: run this on a terminal, store it with "
                "`--github`, or say `--show` if that is meant"
            )

    def keep(self, key: NewKey) -> str:
        """Show it, as a shell or an `.env` file takes it."""
        sys.stdout.write(_variables(key))
        sys.stdout.flush()
        return "shown above, and never again"


@dataclass(frozen=True)
class GithubSecrets:
    """Secrets of a repository, or of one of its environments; by default the repository of this folder."""

    is_kept: ClassVar[bool] = True

    repository: str | None = None
    environment: str | None = None

    def check(self) -> None:
        """Ask for those secrets' names, which takes the same rights as writing them."""
        if self.repository and not _REPOSITORY.fullmatch(self.repository):
            raise UserError(f"--repo is {quoted(self.repository)}, and must look like `--repo acme/conducky`")
        if self.environment and not _ENVIRONMENT.fullmatch(self.environment):
            raise UserError(
                f"--github-environment is {quoted(self.environment)}, and must look like `--github-environment prod`"
            )
        if shutil.which("gh") is None:
            raise UserError(
                "there is no `gh`, which stores secrets on GitHub: install GitHub's command line (cli.github.com) and "
                "run `gh auth login`"
            )
        if _gh("auth", "status", "--hostname", os.environ.get("GH_HOST", "github.com")).returncode:
            raise UserError("`gh` is not signed in to GitHub: run `gh auth login`")
        asked = _gh("secret", "list", *self._words)
        if asked.returncode:
            raise UserError(
                f"`gh` cannot see the secrets of {self} ({_last_line(asked.stderr)}): name one that you may write to "
                "with `--repo acme/conducky`, and an environment that exists"
            )

    def keep(self, key: NewKey) -> str:
        """Both halves in one call of `gh`, through its standard input: no other process can read them there."""
        done = _gh("secret", "set", "--env-file", "-", *self._words, said=_variables(key))
        if done.returncode:
            raise NotKeptError(_last_line(done.stderr.replace(key.secret.get_secret_value(), "…")))
        return f"stored as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of {self}"

    @property
    def _words(self) -> Sequence[str]:
        repository = ["--repo", self.repository] if self.repository else []
        return [*repository, *(["--env", self.environment] if self.environment else [])]

    def __str__(self) -> str:
        repository = self.repository or "this folder's repository"
        return f"environment {self.environment} of {repository}" if self.environment else repository


def _is_a_terminal() -> bool:
    return sys.stdout.isatty()


def _variables(key: NewKey) -> str:
    return f"AWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret.get_secret_value()}\n"


def _gh(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["gh", *words],
        cwd=ROOT,
        env={**os.environ, "GH_PROMPT_DISABLED": "1"},
        input=said,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _last_line(text: str) -> str:
    return printable((text.strip().splitlines() or ["it did not say why"])[-1])
