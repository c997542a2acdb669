"""`pulumi -C LAYER … --stack STACK`: on this terminal, or asked for an answer."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conducky.deployment.attached_process import run_attached
from conducky.deployment.selection import Selection
from conducky.engine.installed import find_pulumi, require_language_host
from conducky.errors import UserError, printable
from conducky.repository import ROOT

# Pulumi promises these: "stable once released" (sdk/go/common/util/cmdutil/exit.go).
NOT_LOGGED_IN: Final = 3
NO_SUCH_STACK: Final = 6
CHANGES: Final = 7  # with --expect-no-changes


class PulumiCli:
    """The installed Pulumi, for one selection of layers. `root` is the folder that holds them.

    Raises:
        UserError: it is not installed, or is a version that does not serve.
    """

    def __init__(self, selection: Selection, root: Path = ROOT) -> None:
        self.selection = selection
        self._root = root
        # Pulumi's uv toolchain finds uv and Python in the first folder of PATH.
        path = os.pathsep.join([str(root / ".venv" / "bin"), os.environ.get("PATH", os.defpath)])
        self._environment = {**os.environ, "PATH": path, "UV_LOCKED": "1"}
        self._binary = find_pulumi(path)

    def require_language_host(self) -> None:
        """Raise a UserError where programs in Python cannot be run; removing what they made needs none."""
        require_language_host(self._binary, self._environment["PATH"])

    def _words(self, layer: str, verb: Sequence[str]) -> list[str]:
        """What follows `pulumi`."""
        return ["-C", layer, *verb, "--stack", self.selection.name]

    def shown(self, layer: str, verb: str) -> str:
        """The command as a person would type it."""
        return f"pulumi {' '.join(self._words(layer, verb.split()))}"

    def run(self, layer: str, verb: str, options: Sequence[str]) -> int:
        """Run it on this terminal; returns its exit code, see `run_attached`."""
        command = [self._binary, *self._words(layer, [verb]), *options]
        return run_attached(command, folder=self._root, environment=self._environment)

    def answer(self, layer: str, *verb: str) -> str | None:
        """What it prints, or None where the layer has no such stack.

        Raises:
            UserError: it failed; the sentence ends with the last line of its own.
        """
        asked = subprocess.run(
            [self._binary, *self._words(layer, verb), "--non-interactive"],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if asked.returncode == 0:
            return asked.stdout
        if asked.returncode == NO_SUCH_STACK:
            return None
        lines = asked.stderr.strip().splitlines() or [f"exit code {asked.returncode}"]
        raise UserError(f"{self.reason(layer, ' '.join(verb), asked.returncode)} ({printable(lines[-1])})")

    def heard(self, layer: str, verb: str, options: Sequence[str]) -> tuple[int, str]:
        """Run it unseen; returns its exit code, and all that it printed, without colours."""
        done = subprocess.run(
            [self._binary, *self._words(layer, [verb]), *options, "--non-interactive", "--color", "never"],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return done.returncode, done.stdout

    def reason(self, layer: str, verb: str, code: int) -> str:
        """What an exit code means, and the command that mends it; for the rest, Pulumi's own words must do."""
        if code == NO_SUCH_STACK:
            name = self.selection.name
            return (
                f"{layer} has no stack `{name}`: run `pulumi -C {layer} stack init {name}`, or mend STACK or PULUMI_ORG"
            )
        if code == NOT_LOGGED_IN:
            return "Pulumi is not logged in: run `pulumi login`, or set PULUMI_ACCESS_TOKEN"
        return f"`{self.shown(layer, verb)}` failed with exit code {code}"
