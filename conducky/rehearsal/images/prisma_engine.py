"""Prisma's schema engine for tasks and builds of the rehearsal.

Prisma's CLI needs a native engine from a download host of its own. The same engine is published on npm as WebAssembly;
`tools/prisma-engine` puts it behind the protocol that the CLI speaks. On AWS the image holds the native engine.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

from conducky.cache import cache_folder, filled_once, npm_environment
from conducky.catalog.property_bag import Properties, bag
from conducky.errors import UserError
from conducky.images.packages import read_object
from conducky.images.prisma import package_folders
from conducky.rehearsal.images.node import require_node
from conducky.subprocesses import last_line, output_of

_FILES = ("package.json", "package-lock.json", "schema-engine.mjs")


def prisma_version(folder: Path) -> str | None:
    """The version of Prisma's CLI in an application's folder: the installed one, else the locked one; None for none.

    In a workspace, it is installed and locked in a folder above that of the package that asks for it.
    """
    package = read_object(folder / "package.json")
    wanted = (bag(package, kind).get("prisma") for kind in ("dependencies", "devDependencies"))
    asked = next((str(each) for each in wanted if each), None)
    for each in (folder, *(folder.parents if asked else ())):
        if manifest := read_object(each / "node_modules" / "prisma" / "package.json"):
            return str(manifest.get("version"))
        locked = read_object(each / "package-lock.json").get("packages")
        if isinstance(locked, dict) and "node_modules/prisma" in locked:
            return str(cast("dict[str, Properties]", locked)["node_modules/prisma"].get("version"))
    return asked.lstrip("^~=v ") if asked else None


def engine_version(root: Path) -> str:
    """The version of Prisma whose schema engine the rehearsal has."""
    dependencies = bag(read_object(root / "tools" / "prisma-engine" / "package.json"), "dependencies")
    return str(dependencies.get("@prisma/schema-engine-wasm", "")).partition("-")[0]


def engine_for(folder: Path, root: Path, progress: Callable[[str], None]) -> Path | None:
    """The engine for an application's folder; None without Prisma of this version. Raises what `prisma_engine` does.

    In a workspace, one of the packages has Prisma: `apps/api`.
    """
    version = next(filter(None, map(prisma_version, (folder, *package_folders(folder)))), None)
    if version is None:
        return None
    ours = engine_version(root)
    if version.split(".")[:2] != ours.split(".")[:2]:
        progress(f"Prisma {version} uses its own schema engine: the rehearsal has the one of {ours} only")
        return None
    return prisma_engine(root, progress)


def prisma_engine(root: Path, progress: Callable[[str], None]) -> Path:
    """The engine's executable, installed into the cache once. Raises UserError when there is no npm, or it fails."""
    source = root / "tools" / "prisma-engine"
    version = hashlib.sha256(b"".join((source / name).read_bytes() for name in _FILES)).hexdigest()[:16]

    def install(folder: Path) -> None:
        progress("fetching Prisma's schema engine")
        require_node()
        for name in _FILES:
            shutil.copy(source / name, folder / name)
        command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = output_of(command, folder=folder, environment=npm_environment())
        if done.returncode:
            printed = "\n".join(line for line in done.stderr.splitlines() if "complete log" not in line)
            raise UserError(
                f"npm could not install tools/prisma-engine ({last_line(printed, 'npm printed nothing')})",
                "check the connection to the npm registry and run `make rehearse` again",
            )

    folder = cache_folder() / "prisma-engine" / version
    engine = folder / "schema-engine.mjs"
    filled_once(folder, install, is_filled=engine.is_file)
    return engine
