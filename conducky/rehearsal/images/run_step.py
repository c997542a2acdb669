"""A RUN of a Dockerfile as a local command, or the reason why it must not run on your computer.

The checks read the script's text. They find what is visibly meant for an image's system, and are not a sandbox.
"""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile import Run
from conducky.rehearsal.images.store import path_below

_PREPARES_SYSTEM = ("apt-get", "apk", "update-ca-certificates")
_HOST_VARIABLES = re.compile(
    r"PATH|HOME|TMPDIR|LANG|CI|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|npm_config_\w+|NPM_CONFIG_\w+|\w+_proxy|\w+_PROXY"
)
# Tools act on these by themselves, so a path of the image in them must not reach the same path of your computer
_PATH_VARIABLES = re.compile(r"HOME|TMPDIR|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|npm_config_\w+|NPM_CONFIG_\w+")
_CHANGES_MACHINE = re.compile(
    r"(?:^|[;&|(]|\bthen\b|\bdo\b)\s*(?:\w+=\S*\s+)*"
    r"((?:apt-get|apt|apk|update-ca-certificates|corepack|useradd|groupadd|adduser|addgroup|usermod|chown|chgrp|sudo)\b"
    r"|npm\s+cache\b|npm\b[^;&|]*\s(?:-g|--global)(?![\w-]))"
)
_HOME = re.compile(r"(?:^|[\s=:'\"])~(?:/|\s|$)|\$\{?HOME\b")
_CLIMBING = re.compile(r"[\w./@-]*\.\.(?:/[\w./@-]*)?(?![\w.])")
_ABSOLUTE = re.compile(r"(?<![\w.$~@%*?+#/})\]-])(?<!:(?=//))/[^\s'\"`;&|<>()$,:]*")
_HARMLESS = ("/dev/null", "/dev/stdout", "/dev/stderr")
_BELOW_WORKDIR = "use a path below WORKDIR"
_UNUSUAL = re.compile(r"[^\w./@+-]")


def prepares_system(script: str) -> bool:
    """Whether a RUN begins by preparing the image's operating system, which is not needed locally."""
    words = [word for word in script.split() if not re.match(r"\w+=", word)]
    return bool(words) and words[0] in _PREPARES_SYSTEM


def host_environment() -> dict[str, str]:
    """Those of this process's own variables that a RUN may see."""
    return {key: value for key, value in os.environ.items() if _HOST_VARIABLES.fullmatch(key)}


class HostRun:
    """What a RUN becomes locally, where the image's `/` is the folder `root`: `script` and `variables`."""

    def __init__(
        self, step: Run, root: Path, where: str, host: Mapping[str, str], overrides: Mapping[str, str]
    ) -> None:
        self.root = root
        self.where = where
        self._refuse(step)
        self.variables = {**host, **step.environment, **overrides}
        for key, value in step.environment.items():
            if key in overrides or not value.startswith("/") or key == "PATH":
                continue
            if _PATH_VARIABLES.fullmatch(key):
                self.variables[key] = str(path_below(self.root, value))
            uses = [match.start() for match in re.finditer(rf"\$\{{?{re.escape(key)}\b", step.script)]
            if uses and not _PATH_VARIABLES.fullmatch(key):
                self.variables[key] = self._translated(value)
            # The shell would split such a path into words, and a command would reach other folders
            if _UNUSUAL.search(self.variables[key]) and not all(_is_quoted(step.script[:use]) for use in uses):
                raise UserError(f"{where}: the path in ${key} may contain blanks", f'write "${key}" with the quotes')
        if "PATH" in step.environment and "PATH" not in overrides:
            own = (path_below(self.root, entry) for entry in step.environment["PATH"].split(":") if entry)
            self.variables["PATH"] = ":".join([*(str(path) for path in own if path.is_dir()), host.get("PATH", "")])
        self.script = self._translated_script(step.script)

    def carry_out(self, folder: Path, log: BinaryIO, check_stop: Callable[[], None]) -> int:
        """Run the script in `folder`, with its output in `log`; its exit status.

        `check_stop` is called again and again; when it raises, the script ends. No process of it is left in any case.
        """
        process = subprocess.Popen(
            ["/bin/sh", "-c", self.script],
            cwd=folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                check_stop()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(0.1)
        finally:
            # The whole group, also after success: a command may leave children behind
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _refuse(self, step: Run) -> None:
        if match := _CHANGES_MACHINE.search(step.script):
            raise UserError(
                f"{self.where}: `{match[1]}` would change your computer instead of an image", "remove it from this RUN"
            )
        if _HOME.search(step.script):
            raise UserError(f"{self.where}: this RUN uses the home folder, which would be your own", _BELOW_WORKDIR)
        for match in _CLIMBING.finditer(step.script):
            if _leaves(match[0], step.workdir):
                raise UserError(f"{self.where}: {match[0]} leads out of the image's folder", _BELOW_WORKDIR)

    def _translated(self, path: str) -> str:
        top = path.strip("/").split("/")[0]
        if not top or not (self.root / top).is_dir():
            raise UserError(f"{self.where}: this RUN uses {path}, which would be your computer's own", _BELOW_WORKDIR)
        return str(path_below(self.root, path))

    def _translated_script(self, script: str) -> str:
        result, end = "", 0
        for match in _ABSOLUTE.finditer(script):
            if match[0] in _HARMLESS:
                continue
            path = self._translated(match[0])
            if _UNUSUAL.search(path) and _is_quoted(script[: match.start()]):
                raise UserError(
                    f"{self.where}: {match[0]} inside quotes cannot be rehearsed in {self.root.parent.parent}",
                    _BELOW_WORKDIR,
                )
            # Backslashes keep wildcards working, which quotes would not
            result += script[end : match.start()] + re.sub(r"([^\w./@+*?\[\]-])", r"\\\1", path)
            end = match.end()
        return result + script[end:]


def _is_quoted(before: str) -> bool:
    quote = ""
    for char in re.sub(r"\\.", "", before):
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
    return quote != ""


def _leaves(path: str, workdir: str) -> bool:
    depth = 0 if path.startswith("/") else len(workdir.strip("/").split("/"))
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False
