"""Node.js, which builds and runs the applications: the one that `make setup` brings, in the images' major version."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conducky.errors import UserError

MAJOR = 24  # of the Dockerfiles' base images
BROUGHT = Path(sys.prefix, "node", "bin")  # tools/setup links Node, npm and npx there


def require_node() -> Path:
    """The folder that holds `node` and `npm`: where `make setup` put them, else where PATH has them.

    Raises:
        UserError: when there is no Node.js or no npm, or it is of another major version than the images'.
    """
    path = f"{BROUGHT}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        raise UserError(f"there is no {'node' if node is None else 'npm'} on PATH", "run `make setup`")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.", answer)
    if found is None or int(found[1]) != MAJOR:
        raise UserError(
            f"{node} is Node.js {answer or '(broken)'}, and the images have version {MAJOR}", "run `make setup`"
        )
    return Path(node).parent


def use_node() -> None:
    """Put that folder first on PATH, for every command that this process starts.

    Raises:
        UserError: as `require_node`.
    """
    os.environ["PATH"] = f"{require_node()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
