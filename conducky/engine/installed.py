"""The installed Pulumi: real deployments need all of it, not just the engine that is enough for the rehearsal."""

import os
import shutil
from pathlib import Path

from conducky.cache import cache_folder
from conducky.engine import MINIMUM_VERSION
from conducky.engine.version import FIRST_TOO_NEW, engine_version, serves
from conducky.errors import UserError

_LANGUAGE_HOST = "pulumi-language-python"
_INSTALL = f"install Pulumi {MINIMUM_VERSION} or newer (pulumi.com/docs/install) and run this again"


def find_pulumi(path: str) -> Path:
    """The `pulumi` on this PATH, else the one that `make engine` has.

    Raises:
        UserError: when there is neither, or the one on PATH is too old or too new and there is no other.
    """
    found = shutil.which("pulumi", path=path)
    binary = Path(found).absolute() if found else None
    version = engine_version(binary) if binary else None
    if binary and serves(version):
        return binary
    kept = cache_folder() / "engine" / str(MINIMUM_VERSION) / "bin" / "pulumi"
    if serves(engine_version(kept)):
        return kept
    if binary is None:
        raise UserError("there is no `pulumi` on PATH, and `make engine` has none", f"run `make engine`, or {_INSTALL}")
    raise UserError(
        f"{binary} is {version or 'not working'}, and the programs need {MINIMUM_VERSION} or newer, below "
        f"{FIRST_TOO_NEW}",
        f"run `make engine`, or {_INSTALL}",
    )


def require_language_host(binary: Path, path: str) -> None:
    """Check that this `pulumi` can run programs in Python: an engine built from its Go module alone cannot.

    Raises:
        UserError: when it has no language host, neither on this PATH nor beside itself, which is where Pulumi looks.
    """
    beside = binary.resolve().with_name(_LANGUAGE_HOST)
    if shutil.which(_LANGUAGE_HOST, path=path) is None and not os.access(beside, os.X_OK):
        raise UserError(f"{binary} has no `{_LANGUAGE_HOST}` beside it or on PATH, so it cannot run Python", _INSTALL)
