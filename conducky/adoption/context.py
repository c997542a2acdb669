"""The folder that a Dockerfile is built from, where nothing says so."""

import posixpath
import re
from pathlib import Path
from typing import Final

from conducky.adoption.source import source_of
from conducky.adoption.tree import Tree
from conducky.adoption.words import FILES, TEXT
from conducky.images.packages import LOCKS
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.stage import copies_of

_SCAFFOLD: Final = re.compile("|".join(FILES["scaffold"]), re.IGNORECASE)


def context_of(tree: Tree, file: Path) -> tuple[Path, str]:
    """The folder that a Dockerfile is built from, and why: one above that it names, or the nearest with all."""
    lines = [line for line in tree.text(file).splitlines() if not line.lstrip().startswith("#")]
    words = {word.removeprefix("./") for word in re.split(r"[\s\"'=,\[\]]+", "\n".join(lines))}
    stages = parse_dockerfile(tree.root / file, {}, to_build=False)
    steps = [copy for stage in stages for step in stage.steps for copy in copies_of(step) if copy.stage is None]
    copied = [each.lstrip("/").removeprefix("./") for step in steps for each in step.sources if not {*"*?[$"} & {*each}]
    paths = {*copied, *(word for word in words if "/" in word)}  # Another word may mean anything, such as a workspace
    above = [each for each in file.parent.parents if any(each.is_relative_to(folder) for folder in tree.folders)]
    for folder in reversed(above):  # for `apps/web/` tells more than `web/`
        below = f"{file.parent.relative_to(folder).as_posix()}/"
        within = f"/{below}" if below.count("/") > 1 else None  # As in `/app/apps/web/dist`; /api/ is often another one
        found = [each for each in paths if f"{each}/".startswith(below) or (within and within in f"{each}/")]
        if any(not (tree.root / file.parent / each.lstrip("/")).exists() for each in found):
            return folder, f"{file} names {below}, which is in it"
    if "." in map(posixpath.normpath, copied) and all(
        _SCAFFOLD.fullmatch(each.name) for each in tree.named("*", below=file.parent)
    ):
        for folder in above:
            if folder / "package.json" in tree.files:
                return folder, f"{file} copies all, and only a folder above has a source"
    having_all = [each for each in (file.parent, *above) if all((tree.root / each / one).exists() for one in copied)]
    workspace = next((each for each in above if _is_workspace(tree, each)), None)
    if workspace in having_all and (why := _needs_workspace(tree, file, workspace)):
        return workspace, why
    if copied and having_all:
        return having_all[0], f"it has all that {file} copies"
    return file.parent, "the Dockerfile is in it"


def _is_workspace(tree: Tree, folder: Path) -> bool:
    named = any(folder / each in tree.known for each in FILES["workspace"])
    return named or "workspaces" in tree.packages.get(folder, {})


def _needs_workspace(tree: Tree, file: Path, folder: Path) -> str:
    """Why a Dockerfile of a package is built from its workspace; empty where it is not."""
    text = tree.text(file)
    if chosen := TEXT["of_workspace"].search(text):
        return f"{file} has `{chosen[0].strip()}`, and {folder} is its workspace"
    others = source_of(tree, file.parent).folders[1:]
    if others and file.parent in tree.packages:
        return f"{file.parent} depends on {others[0]}"
    if TEXT["needs_lock"].search(text) and not any(file.parent / each in tree.known for each in LOCKS):
        lock = next((folder / each for each in sorted(LOCKS) if folder / each in tree.known), None)
        return f"{file} installs what {lock} names" if lock else ""
    return ""
