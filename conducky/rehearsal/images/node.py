"""Node.js, which builds and runs the applications: the one that `make setup` brings, in the images' major version."""

import contextlib
import json
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from conducky.cache import cache_folder, filled_once, npm_environment
from conducky.errors import UserError
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import is_open_to_all
from conducky.subprocesses import last_line, output_of

_COREPACK = "0.36.0"
MAJOR = 24  # of the Dockerfiles' base images
BROUGHT = Path(sys.prefix, "node", "bin")  # tools/setup links Node, npm and npx there


def require_node() -> Path:
    """The folder that holds `node` and `npm`: where `make setup` put them, else where PATH has them.

    Raises UserError when there is no Node.js or no npm, or it is of another major version than the images'.
    """
    path = f"{BROUGHT}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        raise UserError(f"there is no {'node' if node is None else 'npm'} on PATH", "run `make setup`")
    answer = output_of([node, "--version"]).stdout.strip()
    found = re.match(r"v(\d+)\.", answer)
    if found is None or int(found[1]) != MAJOR:
        raise UserError(
            f"{node} is Node.js {answer or '(broken)'}, and the images have version {MAJOR}", "run `make setup`"
        )
    return Path(node).parent


@cache
def node_release() -> str:
    """Node.js and npm as what they install depends on them: `v24.19.0 linux x64 11.6.2`.

    Raises:
        UserError: as `require_node`.
    """
    question = "console.log(process.version, process.platform, process.arch)"
    bins = require_node()
    answer = output_of([bins / "node", "--eval", question])
    answer.check_returncode()
    package: dict[str, str] = json.loads((bins / "npm").resolve().parents[1].joinpath("package.json").read_bytes())
    return f"{answer.stdout.strip()} {package['version']}"


def node_for(folder: RunFolder) -> Path:
    """The folder with `node`, `npm` and `npx` that the tasks' user can read. Raises what `require_node` does."""
    found = require_node()
    node, npm = ((found / name).resolve() for name in ("node", "npm"))
    if folder.user is None or all(map(is_open_to_all, (found / "node", node, npm))):
        return found
    bins = folder.path / "tools" / "bin"
    if not bins.exists():
        package = folder.within_reach(npm.parents[1])
        program = folder.within_reach(node.parent) / node.name
        for name in ("tools", "tools/bin"):
            folder.enterable(name)
        links = {"npx": package / "bin" / "npx-cli.js", "npm": package / "bin" / "npm-cli.js", "node": program}
        for name, target in links.items():
            with contextlib.suppress(FileExistsError):  # Another build was faster
                (bins / name).symlink_to(target)
    return bins


def corepack_package() -> Path:
    """The package `corepack`, which the official images have beside npm: this Node.js's, else npm's, kept in the cache.

    Raises:
        UserError: npm could not install it.
    """
    beside = require_node() / "npm"
    package = beside.resolve().parents[2] / "corepack"
    if (package / "dist").is_dir():
        return package

    def install(folder: Path) -> None:
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"corepack@{_COREPACK}"]
        done = output_of(command, environment=npm_environment())
        if done.returncode:
            raise UserError(
                f"npm could not install corepack ({last_line(done.stderr, 'no reason given')})",
                "check the connection to the npm registry and run `make rehearse` again",
            )

    return filled_once(cache_folder() / "corepack" / _COREPACK, install) / "node_modules" / "corepack"


def use_node() -> None:
    """Put that folder first on PATH, for every command that this process starts. Raises what `require_node` does."""
    os.environ["PATH"] = f"{require_node()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
