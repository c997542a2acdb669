"""The Docker that builds the applications' images for AWS."""

import shutil
import subprocess
from typing import Final

from conducky.errors import UserError
from conducky.subprocesses import last_line, output_of

INSTALL: Final = "install Docker from docs.docker.com/get-started/get-docker, or Podman, then run this again"
_ANSWER_SECONDS: Final = 30.0


def docker_version(seconds: float = _ANSWER_SECONDS) -> str:
    """The version of a Docker that can build. Raises UserError when it is not installed, or cannot."""
    if shutil.which("docker") is None:
        raise UserError("docker is not installed", INSTALL)
    done = answer_of("docker", "version", "--format", "{{.Server.Version}}", seconds=seconds)
    # The command can be installed without the daemon or the plug-in.
    if done.returncode != 0:
        raise UserError(
            f"docker does not reach its daemon ({why(done)})",
            "start Docker's daemon, or let this user use it, then run this again",
        )
    if answer_of("docker", "buildx", "version").returncode != 0:
        raise UserError(
            "docker has no buildx, which `RUN --mount` needs",
            "install the package docker-buildx-plugin (Debian, Ubuntu: docker-buildx)",
        )
    return done.stdout.strip()


def answer_of(*command: str, seconds: float = _ANSWER_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run a short command; one that cannot start, or does not end in time, counts as one that failed."""
    try:
        return output_of(command, seconds=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer in {seconds:.0f} s")
    except OSError as error:
        return subprocess.CompletedProcess(command, 124, "", str(error))


def why(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of a command that failed, without its full stop."""
    return last_line(done.stderr or done.stdout, f"exit code {done.returncode}").rstrip(".")
