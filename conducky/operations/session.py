"""Sessions through AWS's session-manager-plugin, on this terminal."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from conducky.errors import UserError
from conducky.operations.target import Target
from conducky.signals import Interrupted, handled
from conducky.subprocesses import output_of
from conducky.terminal import is_interactive, output_is_a_terminal

PLUGIN: Final = "session-manager-plugin"
# From this version on the plugin takes the session's token from a variable, where `ps` does not show it.
# https://github.com/aws/session-manager-plugin/blob/mainline/RELEASENOTES.md
_TOKEN_IN_VARIABLE: Final = (1, 2, 497)
_VARIABLE: Final = "AWS_SSM_START_SESSION_RESPONSE"
_INSTALL: Final = (
    "install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
_GRACE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Session:
    """A session that AWS has opened. `token` is a secret for as long as nobody has used it."""

    id: str
    url: str = field(repr=False)
    token: str = field(repr=False)


def require_plugin() -> None:
    """Check that the plugin is here, and new enough to be given a token in secret. Raises UserError when it is not."""
    if shutil.which(PLUGIN) is None:
        raise UserError(f"AWS's `{PLUGIN}`, which carries the session, is not installed", _INSTALL)
    done = output_of([PLUGIN, "--version"])
    version = tuple(int(part) for part in re.findall(r"\d+", done.stdout)[:3])
    if version < _TOKEN_IN_VARIABLE:
        wanted = ".".join(map(str, _TOKEN_IN_VARIABLE))
        raise UserError(f"`{PLUGIN}` is {done.stdout.strip() or 'broken'}, and must be {wanted} or newer", _INSTALL)


def require_terminal(instead: str, why: str = "this needs a terminal") -> None:
    """Raise UserError unless a person is at a terminal; `instead` says what else to run, `why` what it is for."""
    if not (is_interactive() and output_is_a_terminal()):
        raise UserError(f"{why}, and input or output is not one (or this is CI)", instead)


def plugin_command(target: Target, request: Mapping[str, object]) -> list[str]:
    """The plugin's arguments, as AWS's command line gives them. They hold no secret: the token is in a variable."""
    endpoint = f"https://ssm.{target.region}.amazonaws.com"
    return [PLUGIN, _VARIABLE, target.region, "StartSession", "", json.dumps(request), endpoint]


def plugin_environment(session: Session) -> dict[str, str]:
    """Our environment, with the session and its token."""
    opened = {"SessionId": session.id, "StreamUrl": session.url, "TokenValue": session.token}
    return {**os.environ, _VARIABLE: json.dumps(opened)}


def run_on_terminal(
    command: Sequence[str], environment: Mapping[str, str], folder: str | None = None, user: int | None = None
) -> int:
    """Run a command that has this terminal to itself; returns its exit code, or 128 + n if signal n ended it.

    What Ctrl-C and Ctrl-Z do is up to the command: they do not end us. If we are ended, or the terminal is closed, the
    command ends too. It runs in `folder`, and as `user` where we are root. Raises UserError when there is no such
    command.
    """
    groups = None if user is None else ()
    with _signals_are_the_commands():  # Before it starts, so that no key meets us in between
        try:
            opened = subprocess.Popen(
                command, env=dict(environment), cwd=folder, user=user, group=user, extra_groups=groups
            )
        except OSError as error:
            raise UserError(f"{command[0]} cannot be started ({error.strerror})", "check its name") from None
        with opened as process:
            try:
                code = process.wait()
            finally:
                end_process(process)
    return 128 - code if code < 0 else code


def end_process(process: "subprocess.Popen[Any]") -> None:
    """End a process: at once where it obeys, else after some seconds."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _signals_are_the_commands() -> AbstractContextManager[None]:
    """Leave what keys send to the command, and let a closed terminal unwind us, so that the command ends too."""

    def ignore(_number: int, _frame: FrameType | None) -> None:
        """Not SIG_IGN, which the command would inherit."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    return handled({signal.SIGINT: ignore, signal.SIGQUIT: ignore, signal.SIGTSTP: ignore, signal.SIGHUP: end})
