"""The installed Pulumi: real deployments need all of it, not just the engine that is enough for the rehearsal."""

import os
import shutil
from pathlib import Path

from conducky.cache import cache_folder
from conducky.engine.version import FIRST_TOO_NEW, MINIMUM_VERSION, engine_version, serves
from conducky.errors import UserError

_LANGUAGE_HOST = "pulumi-language-python"
_INSTALL = f"install Pulumi {MINIMUM_VERSION} or newer (pulumi.com/docs/install) and run this again"


def find_pulumi(path: str | None = None) -> Path:
    """The `pulumi` on this PATH, or on this process's. Raises UserError when there is none, or it is too old or new."""
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise UserError("there is no `pulumi` on PATH", _INSTALL)
    binary = Path(found).absolute()
    version = engine_version(binary)
    if not serves(version):
        raise UserError(
            f"{binary} is {version or 'not working'}, and the programs need {MINIMUM_VERSION} or newer, below "
            f"{FIRST_TOO_NEW}",
            _INSTALL,
        )
    return binary


def find_or_kept(path: str) -> Path:
    """The `pulumi` on this PATH, else that of `make engine`. Raises UserError when none is of a version that works."""
    try:
        return find_pulumi(path)
    except UserError as error:
        kept = cache_folder() / "engine" / str(MINIMUM_VERSION) / "bin" / "pulumi"
        if serves(engine_version(kept)):
            return kept
        raise UserError(error.problem, f"run `make engine`, or {_INSTALL}") from None


def require_language_host(binary: Path, path: str) -> None:
    """Raise UserError unless Python's language host is on this PATH or beside this `pulumi`, where Pulumi looks."""
    beside = binary.resolve().with_name(_LANGUAGE_HOST)
    if shutil.which(_LANGUAGE_HOST, path=path) is None and not os.access(beside, os.X_OK):
        raise UserError(f"{binary} has no `{_LANGUAGE_HOST}` beside it or on PATH, so it cannot run Python", _INSTALL)
