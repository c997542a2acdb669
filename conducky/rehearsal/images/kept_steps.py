"""Where a later build continues: after which steps of a stage its folder is kept, as Docker keeps its layers.

What they left is found by a key over everything that can decide it: the base image, Node.js and this computer, each
step with its variables, what each COPY copies byte by byte, the states of other stages that it copies from, and this
code.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conducky.images.context import file_fields, hash_fields
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.stage import Copy, Run, Stage, Step, copies_of

WORTH_SECONDS = 0.5  # What took less is done again


@dataclass(frozen=True)
class Point:
    """A stage after some of its steps: its `key`, and the files of the context that had a part in it."""

    key: str
    files: frozenset[str]


def points_of(
    stages: list[Stage], needed: Iterable[int], copier: ImageCopy, node: str, variables: Mapping[str, str]
) -> dict[int, list[Point]]:
    """Each stage before its first step and after each; `variables` are those of every RUN, `node` is the release.

    Raises:
        UserError: a COPY names what the context has not.
    """
    start = hash_of(code_digest(), node, *platform.libc_ver(), json.dumps(dict(sorted(variables.items()))))
    found: dict[int, list[Point]] = {}
    for number in needed:
        base = stages[number].base
        points = [found[base][-1] if isinstance(base, int) else Point(hash_of(start, base), frozenset())]
        for step in stages[number].steps:
            points.append(point_after(points[-1], step, found, copier))
        found[number] = points
    return found


def point_after(before: Point, step: Step, stages: Mapping[int, list[Point]], copier: ImageCopy) -> Point:
    """A stage after one more step; `stages` are those that it may copy from."""
    said = json.dumps(asdict(step, dict_factory=_independent_of_place), sort_keys=True)
    parts, files = [before.key, type(step).__name__, said], before.files
    for each in copies_of(step):
        if each.stage is not None:
            source = stages[each.stage][-1]
            parts.append(source.key)
            files |= source.files
            continue
        for name, copied in copier.sources(each, copier.context):
            parts += [name, hash_fields(file_fields(copier.context, copied))]
            files |= {*copied}
    return Point(hash_of(*parts), files)


def _independent_of_place(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Without where a step is in the Dockerfile, and after how many other stages."""
    return {name: value for name, value in fields if name not in ("line", "stage")}


def is_worth_keeping(stage: Stage, done: int, points: list[Point], all_files: frozenset[str]) -> bool:
    """Whether a stage is to be kept after `done` steps: what changes every day comes later.

    That is, the last was a command, a quarter or more of the image's files have no part in it, and the next step is not
    one that only they or the same files decide.
    """
    following = next((step for step in stage.steps[done:] if isinstance(step, Copy | Run)), None)
    last = stage.steps[done - 1]
    if not isinstance(last, Run) or (isinstance(following, Run) and following.environment == last.environment):
        return False
    return 4 * len(all_files - points[done].files) >= len(all_files) > 0


def stable(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables whose paths, which differ from rehearsal to rehearsal, are replaced by what is there."""
    found = {name: Path(value) for name, value in variables.items() if value.startswith("/")}
    contents = {
        name: f"{path.parent.name}/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for name, path in found.items()
        if path.is_file()
    }
    return {**variables, **contents}


@cache
def code_digest() -> str:
    """A hash of the code that carries out steps: another version of it may do so differently."""
    return hash_of(*(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py"))))


def hash_of(*parts: str) -> str:
    """A key of these parts, in this order."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
