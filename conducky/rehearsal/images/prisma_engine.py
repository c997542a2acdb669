"""Prisma's schema engine for tasks and builds of the rehearsal.

Prisma's CLI needs a native engine from a download host of its own. The same engine is published on npm as WebAssembly;
`tools/prisma-engine` puts it behind the protocol that the CLI speaks. On AWS the image holds the native engine.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from conducky.cache import cache_folder, filled_once
from conducky.errors import UserError
from conducky.rehearsal.images.node import require_node

_FILES = ("package.json", "package-lock.json", "schema-engine.mjs")


def uses_prisma(folder: Path) -> bool:
    """Whether the application in a folder runs Prisma."""
    manifest = folder / "package.json"
    if not manifest.is_file():
        return False
    dependencies: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8")).get("dependencies") or {}
    return "prisma" in dependencies


def prisma_engine(root: Path, progress: Callable[[str], None]) -> Path:
    """The engine's executable, installed into the cache the first time.

    Raises:
        UserError: there is no npm, or it could not install the engine.
    """
    source = root / "tools" / "prisma-engine"
    version = hashlib.sha256(b"".join((source / name).read_bytes() for name in _FILES)).hexdigest()[:16]

    def install(folder: Path) -> None:
        progress("fetching Prisma's schema engine")
        _install(source, folder)

    folder = cache_folder() / "prisma-engine" / version
    engine = folder / "schema-engine.mjs"
    filled_once(folder, install, is_filled=engine.is_file)
    return engine


def _install(source: Path, folder: Path) -> None:
    require_node()
    for name in _FILES:
        shutil.copy(source / name, folder / name)
    done = subprocess.run(
        ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip() and "complete log" not in line]
        reason = (lines or ["npm printed nothing"])[-1]
        raise UserError(
            f"npm could not install tools/prisma-engine ({reason})",
            "check the connection to the npm registry and run `make rehearse` again",
        )
