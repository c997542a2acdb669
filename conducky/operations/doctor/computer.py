"""What a deployment needs on this computer."""

import platform
import re
import shutil
from collections.abc import Iterator
from typing import Final

from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError
from conducky.images.docker import answer_of, docker_version
from conducky.operations.doctor.finding import Finding, ok, warning, wrong
from conducky.operations.session import PLUGIN, require_plugin
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings

_ARCHITECTURES: Final = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
_HERE: Final = {"aarch64": "linux/arm64", "arm64": "linux/arm64", "x86_64": "linux/amd64", "AMD64": "linux/amd64"}
# What is wanted for one command each.
_OPTIONAL: Final = {
    "gh": ("`conducky setup github` and `credentials --github`", "install it from cli.github.com"),
    "aws": ("`aws configure`, which stores the deployer's key", "install the AWS CLI, or use variables instead"),
}


def pulumi(selection: Selection) -> Iterator[Finding]:
    """Pulumi, in a version that runs the programs, with what runs Python."""
    PulumiCli(selection).require_language_host()
    yield ok("Pulumi, with what runs programs in Python")


def docker(stack: str) -> Iterator[Finding]:
    """Docker with buildx, able to build for the processor that the tasks have."""
    try:
        version = docker_version()
    except UserError as error:
        yield wrong(f"no image can be built here: {error.problem}", error.fix)
        return
    yield ok(f"Docker {version} with buildx")
    architecture = settings_of(ServicesSettings, stack).architecture
    wanted = _ARCHITECTURES[architecture]
    if wanted == _HERE.get(platform.machine()):
        return
    inspected = answer_of("docker", "buildx", "inspect")
    platforms = re.findall(r"linux/\w+", inspected.stdout)
    if inspected.returncode == 0 and wanted not in platforms:
        name = wanted.removeprefix("linux/")
        yield wrong(
            f"Docker cannot build for {wanted}, which the setting `architecture: {architecture}` of services asks for",
            f"run `docker run --privileged --rm tonistiigi/binfmt --install {name}`, or set `architecture` to "
            "this computer's",
        )
    else:
        yield ok(f"Docker builds for {wanted} by emulation, which is slow")


def optional_tools() -> Iterator[Finding]:
    """What single commands need."""
    try:
        require_plugin()
        yield ok(f"{PLUGIN}, for `conducky exec`")
    except UserError as error:
        yield warning(f"{error.problem}: `conducky exec` needs it", error.fix)
    for name, (needed_by, fix) in _OPTIONAL.items():
        if shutil.which(name):
            yield ok(f"{name}, for {needed_by}")
        else:
            yield warning(f"there is no `{name}`, which is for {needed_by}", fix)
