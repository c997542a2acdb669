"""The official Node.js image, which every image of the rehearsal begins with."""

import re
import shutil
from pathlib import Path

from conducky.rehearsal.images.node import corepack_package

# What it has that a build may look for or write into
FOLDERS = ("tmp", "root", "home/node", "usr/local/bin", "usr/local/lib/node_modules", "usr/local/share")


def is_official_node(image: str) -> bool:
    """Whether a reference names the official Node.js image, from Docker Hub or a mirror of it."""
    *registry, name = image.partition("@")[0].split("/")
    if name.partition(":")[0] != "node":
        return False
    return not registry or registry[-1] == "library" or (len(registry) == 1 and bool(re.search(r"[.:]", registry[0])))


def bring_corepack(root: Path, script: str) -> None:
    """Put corepack, and Yarn by it, where the official images have them, if the script names one."""
    if not re.search(r"\b(corepack|yarn)\b", script):
        return
    copy = root / "usr/local/lib/node_modules/corepack"
    if not copy.exists():
        shutil.copytree(corepack_package(), copy, symlinks=True)
    for name in ("corepack", "yarn", "yarnpkg"):
        link = root / "usr/local/bin" / name
        if not link.is_symlink() and not link.exists():
            link.symlink_to(f"../lib/node_modules/corepack/dist/{name}.js")
