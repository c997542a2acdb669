"""`pulumi -C LAYER … --stack STACK`: attached to this terminal, or run for its output."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from conducky.deployment.selection import Selection
from conducky.engine.installed import find_or_kept, require_language_host
from conducky.errors import UserError
from conducky.repository import ROOT
from conducky.signals import handled
from conducky.subprocesses import last_line, output_of

_SIGNAL_EXIT = 128


def run_attached(command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> int:
    """Run the command to its end with our input and output; returns its exit code, or 128 + n if signal n ended it.

    SIGINT and SIGTERM end the command its own way, and never us before it. If it then succeeds all the same, 128 + n is
    returned, so that nothing follows. Raises OSError when it cannot be started.
    """
    process: subprocess.Popen[bytes] | None = None
    came, early = list[int](), list[int]()

    def receive(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        # A second SIGINT makes Pulumi give up at once, so it must not get the terminal's and ours.
        if number == signal.SIGINT and _in_foreground():
            return
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    with handled(dict.fromkeys((signal.SIGINT, signal.SIGTERM), receive)):
        process = subprocess.Popen(command, cwd=folder, env=dict(environment))
        for number in early[-1:]:
            process.send_signal(number)
        code = process.wait()
    if code < 0:
        return _SIGNAL_EXIT - code
    return code or (_SIGNAL_EXIT + came[-1] if came else 0)


def _in_foreground() -> bool:
    """Whether a Ctrl-C in our terminal reaches the process by itself, because it reaches our whole group."""
    with contextlib.suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as terminal:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    return False


# Pulumi promises these: "stable once released" (sdk/go/common/util/cmdutil/exit.go).
NOT_LOGGED_IN: Final = 3
NO_SUCH_STACK: Final = 6
CHANGES: Final = 7  # with --expect-no-changes

# For previews, in spite of `refresh: always` in services/Pulumi.yaml: a refresh reads each secret parameter, and the
# role for previews may not.
WITHOUT_REFRESH: Final = "--refresh=false"


class PulumiCli:
    """The installed Pulumi, for the selected layers in `root`. Raises UserError when it is missing, too old or new."""

    def __init__(self, selection: Selection, root: Path = ROOT) -> None:
        self.selection = selection
        self.root = root
        # Pulumi's uv toolchain finds uv and Python in the first folder of PATH.
        path = os.pathsep.join([str(root / ".venv" / "bin"), os.environ.get("PATH", os.defpath)])
        self._environment = {**os.environ, "PATH": path, "UV_LOCKED": "1"}
        self._binary = find_or_kept(path)
        # What a person can type: the engine of `make engine` is not on PATH.
        self._name = "pulumi" if shutil.which("pulumi", path=path) == str(self._binary) else str(self._binary)

    def require_language_host(self) -> None:
        """Raise a UserError where programs in Python cannot be run; `destroy` does not need to run them."""
        require_language_host(self._binary, self._environment["PATH"])

    def _words(self, layer: str, verb: Sequence[str]) -> list[str]:
        """What follows `pulumi`."""
        return ["-C", layer, *verb, "--stack", self.selection.name]

    def shown(self, layer: str, verb: str) -> str:
        """The command as a person would type it."""
        return f"{self._name} {' '.join(self._words(layer, verb.split()))}"

    def run(self, layer: str, verb: str, options: Sequence[str]) -> int:
        """Run it on this terminal; returns its exit code, see `run_attached`."""
        command = [self._binary, *self._words(layer, [verb]), *options]
        return run_attached(command, folder=self.root, environment=self._environment)

    def query(self, layer: str, *verb: str) -> str | None:
        """What it prints, or None without such a stack. Raises UserError, with the last line printed, when it fails."""
        command = [self._binary, *self._words(layer, verb), "--non-interactive"]
        done = output_of(command, folder=self.root, environment=self._environment)
        if done.returncode == 0:
            return done.stdout
        if done.returncode == NO_SUCH_STACK:
            return None
        error = self.error(layer, " ".join(verb), done.returncode)
        raise UserError(f"{error.problem} ({last_line(done.stderr)})", error.fix)

    def run_quietly(self, layer: str, verb: str, options: Sequence[str]) -> tuple[int, str]:
        """Run it without a terminal; returns its exit code and all that it printed, without colours."""
        command = [self._binary, *self._words(layer, [verb]), *options, "--non-interactive", "--color", "never"]
        done = output_of(command, folder=self.root, environment=self._environment, merged=True)
        return done.returncode, done.stdout

    def error(self, layer: str, verb: str, code: int) -> UserError:
        """What an exit code means, and the command that fixes it; the other codes Pulumi has explained itself."""
        if code == NO_SUCH_STACK:
            name = self.selection.name
            return UserError(
                f"{layer} has no stack `{name}`",
                f"run `{self.shown(layer, 'stack init')}`, or correct STACK or PULUMI_ORG",
            )
        if code == NOT_LOGGED_IN:
            return UserError("Pulumi is not logged in", f"run `{self._name} login`, or set PULUMI_ACCESS_TOKEN")
        return UserError(f"`{self.shown(layer, verb)}` failed with exit code {code}")
