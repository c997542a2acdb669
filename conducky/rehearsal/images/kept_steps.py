"""What the steps of a build left in a stage's folder, kept as Docker keeps its layers: a later build continues there.

A state is found by a key over everything that can decide it: the base image, Node.js and this computer, each step with
its variables, what each COPY copies byte by byte, the states of other stages that it copies from, and this code.
"""

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from filelock import Timeout

from conducky.images.context import file_fields, hash_fields
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.owners import Owners
from conducky.rehearsal.images.stage import Copy, Run, Stage, Step
from conducky.rehearsal.images.store import BUILDING, image_folder, image_lock
from conducky.rehearsal.processes.user import give

WORTH_SECONDS = 1.0  # What took less is done again
KEEP_STATES = 16
KEEP_BYTES = 6 * 1024**3
_STATE = "state.json"


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
    start = _hash(code_digest(), node, *platform.libc_ver(), json.dumps(dict(sorted(variables.items()))))
    found: dict[int, list[Point]] = {}
    for number in needed:
        base = stages[number].base
        points = [found[base][-1] if isinstance(base, int) else Point(_hash(start, base), frozenset())]
        for step in stages[number].steps:
            points.append(point_after(points[-1], step, found, copier))
        found[number] = points
    return found


def point_after(before: Point, step: Step, stages: Mapping[int, list[Point]], copier: ImageCopy) -> Point:
    """A stage after one more step; `stages` are those that it may copy from."""
    said = asdict(step) | {"line": 0, "stage": None}  # Where it is in the Dockerfile, and after how many others
    parts, files = [before.key, type(step).__name__, json.dumps(said, sort_keys=True)], before.files
    if isinstance(step, Copy) and step.stage is not None:
        source = stages[step.stage][-1]
        parts.append(source.key)
        files |= source.files
    elif isinstance(step, Copy):
        for name, copied in copier.sources(step, copier.context):
            parts += [name, hash_fields(file_fields(copier.context, copied))]
            files |= {*copied}
    return Point(_hash(*parts), files)


def is_worth_keeping(stage: Stage, done: int, points: list[Point], all_files: frozenset[str]) -> bool:
    """Whether a stage is to be kept after `done` steps: what changes every day comes later.

    That is, a quarter or more of the image's files have no part in it, and the next step is not one that only they or
    the same files decide.
    """
    following = next((step for step in stage.steps[done:] if isinstance(step, Copy | Run)), None)
    last = stage.steps[done - 1]
    if isinstance(following, Run) and isinstance(last, Run) and following.environment == last.environment:
        return False
    return 4 * len(all_files - points[done].files) >= len(all_files) > 0


@dataclass
class KeptSteps:
    """The kept states in `folder`, one subfolder each, within bounds of number and size. `copy` copies a whole tree."""

    folder: Path
    copy: Callable[[Path, Path], object]
    _gone: set[str] = field(default_factory=set[str])

    def has(self, point: Point) -> bool:
        """Whether the state is there."""
        return point.key not in self._gone and (image_folder(self.folder, point.key) / _STATE).is_file()

    def restore(self, point: Point, root: Path) -> Owners | None:
        """Copy a state into the new folder `root`; None, from then on as `has` says, where it is gone or damaged."""
        kept = image_folder(self.folder, point.key)
        try:
            with image_lock(self.folder, point.key):
                os.utime(kept)
                state = json.loads((kept / _STATE).read_text(encoding="utf-8"))
                self.copy(kept / "root", root)
                if _size(root) == state["bytes"]:
                    return Owners(state["users"], state["owned"])
        except (OSError, ValueError, KeyError):
            pass
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)
        self._gone.add(point.key)
        return None

    def keep(self, point: Point, root: Path, owners: Owners) -> None:
        """Keep the folder `root` as it is now. What cannot be written, for want of space say, is not kept."""
        self.folder.mkdir(exist_ok=True)
        finished = image_folder(self.folder, point.key)
        moving = finished.with_suffix(BUILDING)
        with suppress(OSError, Timeout), image_lock(self.folder, point.key).acquire(blocking=False):
            try:
                if not finished.exists():
                    shutil.rmtree(moving, ignore_errors=True)
                    moving.mkdir()
                    self.copy(root, moving / "root")
                    give(moving, 0 if os.geteuid() == 0 else None)  # No build's or task's user can change it
                    state = {"users": owners.users, "owned": owners.paths, "bytes": _size(moving / "root")}
                    (moving / _STATE).write_text(json.dumps(state), encoding="utf-8")
                    moving.rename(finished)
            finally:
                shutil.rmtree(moving, ignore_errors=True)


def prune_steps(folder: Path) -> None:
    """Remove what crashed builds left, and the states that were not used for longest, above the bounds."""
    room = KEEP_BYTES
    for count, state in enumerate(sorted(folder.glob("*/"), key=_used, reverse=True), 1):
        room -= _bytes(state)
        if state.suffix == BUILDING or room < 0 or count > KEEP_STATES:
            lock = image_lock(folder, state.name.removesuffix(BUILDING))
            with suppress(Timeout, OSError), lock.acquire(blocking=False):
                (state / _STATE).unlink(missing_ok=True)  # First, so that no half of it is found
                shutil.rmtree(state, ignore_errors=True)
                Path(lock.lock_file).unlink(missing_ok=True)


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
    return _hash(*(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py"))))


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _size(root: Path) -> int:
    """The bytes of all files below a folder."""
    files = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)  # noqa: PTH118  # many
    return sum(os.lstat(file).st_size for file in files)


def _bytes(state: Path) -> int:
    try:
        return int(json.loads((state / _STATE).read_text(encoding="utf-8"))["bytes"])
    except (OSError, ValueError, KeyError):
        return 0


def _used(state: Path) -> float:
    try:
        return state.stat().st_mtime
    except FileNotFoundError:
        return time.time()
