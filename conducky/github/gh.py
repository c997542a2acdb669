"""GitHub's command `gh`: asked for JSON, and given secrets through its standard input only."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from conducky.errors import UserError
from conducky.repository import ROOT
from conducky.subprocesses import last_line, output_of


class NotThereError(UserError):
    """GitHub does not have what was asked for, or does not show it to this account."""


def require_gh() -> None:
    """Check that `gh` is installed and signed in. Raises UserError when it is not."""
    if shutil.which("gh") is None:
        raise UserError(
            "there is no `gh`, GitHub's command line", "install it (cli.github.com) and run `gh auth login`"
        )
    if run_gh(["auth", "status", "--hostname", os.environ.get("GH_HOST", "github.com")]).returncode:
        raise UserError("`gh` is not signed in to GitHub", "run `gh auth login`")


def gh(*words: str, given: str = "", secret: str = "") -> str:
    """What `gh` prints. `given` goes to its standard input; `secret` does too, and is taken out of any error.

    Raises NotThereError when GitHub answers 404. Raises UserError when it fails otherwise.
    """
    done = run_gh(words, secret or given)
    if done.returncode == 0:
        return done.stdout
    error = done.stderr.replace(secret, "***") if secret else done.stderr
    said = last_line(error or done.stdout, f"exit code {done.returncode}")
    shown = f"`gh {' '.join(words[:3])}` failed ({said})"
    if "HTTP 404" in error or "Not Found" in error:
        raise NotThereError(shown, "check the name, and that you are an admin of the repository")
    raise UserError(shown, "fix what GitHub names, and run this again")


def gh_json(*words: str) -> Any:  # noqa: ANN401  # whatever GitHub answers
    """What `gh` prints, as JSON. UserError: see `gh`."""
    text = gh(*words)
    try:
        return json.loads(text or "null")
    except ValueError:
        raise UserError(f"`gh {' '.join(words[:3])}` did not print JSON", "update `gh` and run this again") from None


def run_gh(words: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `gh` in the repository's folder, to its end, with `given` as its standard input."""
    environment = {**os.environ, "GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"}
    return output_of(["gh", *words], folder=ROOT, environment=environment, stdin=given)
