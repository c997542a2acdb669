"""Node.js, which builds and runs the applications."""

import re
import shutil
import subprocess
from pathlib import Path

from conducky.errors import UserError

OLDEST = (20, 19)  # what Prisma asks for


def require_node() -> Path:
    """The folder of this machine's `node`.

    Raises:
        UserError: there is no Node.js or no npm on PATH, or it is too old.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    wanted = f"install Node.js {OLDEST[0]}.{OLDEST[1]} or newer from nodejs.org or your package manager"
    if node is None or npm is None:
        raise UserError(f"{'node' if node is None else 'npm'} is not on this machine's PATH: {wanted}")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", answer)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise UserError(f"Node.js here is {answer or 'broken'} and too old: {wanted}")
    return Path(node).parent
