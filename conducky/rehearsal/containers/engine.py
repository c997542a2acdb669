"""The engine: whether one answers, and the commands that build, run, stop and remove.

Docker's and Podman's commands are the same but for those that `_WORDS` tells apart.
"""

import os
import re
import resource
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from conducky.errors import UserError
from conducky.images.docker import answer_of, docker_version, why

Runtime = Literal["auto", "host", "containers"]
EngineName = Literal["docker", "podman"]

_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 10.0
# Open files as Fargate gives a task; processes as many as a computer allows that is a container itself.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_FILES, _PROCESSES = 65535, 4096
_BUILD: Final[dict[EngineName, tuple[str, ...]]] = {
    "docker": ("buildx", "build", "--load", "--progress=plain"),
    "podman": ("build", "--layers", "--format", "docker"),
}
_GATEWAY: Final[dict[EngineName, str]] = {
    "docker": "{{range .IPAM.Config}}{{.Gateway}}{{end}}",
    "podman": "{{range .Subnets}}{{.Gateway}}{{end}}",
}
# Where Podman looks for what `--init` starts, besides PATH: helper_binaries_dir of containers.conf(5).
INIT_FOLDERS: Final = ("/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman")
_INIT: Final = "catatonit"
_NO_BASE_IMAGE: Final = re.compile(
    r"initializing source docker://|failed to resolve source metadata|pinging container registry|pull access denied|"
    r"reading manifest|short-name|unable to copy from source docker://|error pulling image|image not known"
)
_FULL_DISK: Final = re.compile(r"no space left on device", re.IGNORECASE)


class BaseImageError(UserError):
    """An image that a Dockerfile begins with cannot be fetched."""


@dataclass(frozen=True)
class ContainerEngine:
    """An engine that answers. `rootless` is Podman without root, whose containers have a network of their own kind."""

    name: EngineName
    rootless: bool = False

    def build_command(  # keyword-only; what `docker build` takes
        self,
        context: Path,
        dockerfile: Path,
        tag: str,
        *,
        build_args: Mapping[str, str],
        target: str = "",
        label: str = "",
    ) -> list[str]:
        """The command that builds an image for this computer's own processor."""
        arguments = [word for key, value in sorted(build_args.items()) for word in ("--build-arg", f"{key}={value}")]
        stage = ["--target", target] if target else []
        labels = ["--label", label] if label else []
        words = [
            self.name,
            *_BUILD[self.name],
            "--file",
            str(dockerfile),
            "--tag",
            tag,
            *ulimits(self.name),
            *stage,
            *labels,
        ]
        return [*words, *arguments, str(context)]

    def build_failure(self, output: str, dockerfile: str, log: Path) -> UserError:
        """Why a build failed, by what it printed."""
        lines = [line for line in output.splitlines() if line.strip()]
        why = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "it printed nothing")
        if _FULL_DISK.search(output):
            return UserError(f"{dockerfile} cannot be built: the disk is full", f"run `{self.name} system prune`")
        if _NO_BASE_IMAGE.search(output):
            cause = next(line for line in lines if _NO_BASE_IMAGE.search(line))
            return BaseImageError(
                f"{self.name} cannot fetch an image that {dockerfile} begins with ({cause.strip()[:300]})",
                "check the network and the registry, or run `make rehearse ARGS='--runtime host'`",
            )
        return UserError(f"{dockerfile} cannot be built: {why.strip()[:300]}", f"see the whole log in {log}")

    def ask(self, *words: str) -> str:
        """What a short command prints. Raises UserError when it failed, or the engine does not answer any more."""
        done = answer_of(self.name, *words, seconds=_SECONDS)
        if done.returncode != 0:
            raise UserError(f"`{self.name} {' '.join(words[:2])}` failed ({why(done)})", f"check `{self.name} info`")
        return done.stdout.strip()

    def tell(self, *words: str) -> bool:
        """Whether a short command succeeded."""
        return answer_of(self.name, *words, seconds=_SECONDS).returncode == 0

    def has_image(self, tag: str) -> bool:
        """Whether an image of this name was built before."""
        return self.tell("image", "inspect", "--format", "{{.Id}}", tag)

    def create_network(self, name: str, label: str) -> str:
        """Create a network; the address at which its containers find this computer."""
        self.ask("network", "create", "--label", label, name)
        return self.ask("network", "inspect", "--format", _GATEWAY[self.name], name)


def find_engine(runtime: Runtime) -> ContainerEngine | None:
    """The first engine that answers; None for the host. Raises UserError when one is insisted on, and none answers."""
    if runtime == "host":
        return None
    reasons: list[str] = []
    for name, check in (("docker", _docker), ("podman", _podman)):
        if shutil.which(name) is None:
            reasons.append(f"{name} is not installed")
            continue
        found = check()
        if isinstance(found, ContainerEngine):
            return found
        reasons.append(found)
    if runtime == "containers":
        raise UserError(
            f"no container engine answers ({'; '.join(reasons)})",
            "start Docker, or install Podman with `make container-engine`, or leave `--runtime containers` out",
        )
    return None


def _docker() -> ContainerEngine | str:
    try:
        docker_version(_ANSWER_SECONDS)
    except UserError as error:
        return error.problem
    return ContainerEngine("docker")


def _podman() -> ContainerEngine | str:
    done = answer_of("podman", "info", "--format", "{{.Host.Security.Rootless}}", seconds=_ANSWER_SECONDS)
    if done.returncode != 0:
        return f"podman is not ready ({why(done)})"
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), *INIT_FOLDERS])
    if sys.platform == "linux" and shutil.which(_INIT, path=folders) is None:
        return f"podman has no {_INIT}, which starts each container's processes"
    return ContainerEngine("podman", rootless=done.stdout.strip() == "true" and sys.platform == "linux")


def ulimits(engine: EngineName) -> list[str]:
    """The options that give Podman's container Fargate's limits, or this computer's where those are lower.

    Podman would ask for limits of its own, which are refused where this process has lower ones. Docker's daemon has its
    own.
    """
    if engine == "docker":
        return []
    limits: list[str] = []
    for name, kind, wanted in (
        ("nofile", resource.RLIMIT_NOFILE, _FILES),
        ("nproc", resource.RLIMIT_NPROC, _PROCESSES),
    ):
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        limits += ["--ulimit", f"{name}={value}:{value}"]
    return limits


def client_environment() -> dict[str, str]:
    """What the engine's own command needs of this process's environment."""
    names = ("PATH", "HOME", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")
    prefixes = ("DOCKER_", "CONTAINER", "BUILDX_", "BUILDAH_", "STORAGE_")
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}
