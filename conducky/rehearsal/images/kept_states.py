"""The folders of stages as steps left them: kept beside the images, and lent or copied to later builds."""

import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from conducky.rehearsal.images.kept_steps import Point, hash_of
from conducky.rehearsal.images.owners import Owners
from conducky.rehearsal.images.store import BUILDING, age, discard, image_folder, image_lock
from conducky.rehearsal.processes.user import give
from conducky.rehearsal.processes.watchdog import remove_folder

KEEP_STATES = 16
KEEP_BYTES = 6 * 1024**3
_STATE = "state.json"
_LENT_SECONDS = 30.0  # How long another build may work in a state before it is done again

Listing = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Used:
    """A state from which a stage continues, as it was then; `lent` is the lock on it where it was not copied."""

    point: Point
    owners: Owners
    files: Listing
    lent: FileLock | None = None


@dataclass
class KeptSteps:
    """The kept states in `folder`, one subfolder each, within bounds of number and size. `copy` copies a whole tree.

    A state that the steps after it were seen to leave alone is lent, which takes no time: the stage works in it, and
    `give_back` removes what was added. Any other is copied.
    """

    folder: Path
    copy: Callable[[Path, Path], object]
    user: int | None = None
    _gone: set[str] = field(default_factory=set[str])
    _used: dict[Path, _Used] = field(default_factory=dict[Path, _Used])

    def has(self, point: Point) -> bool:
        """Whether the state is there."""
        return point.key not in self._gone and (image_folder(self.folder, point.key) / _STATE).is_file()

    def is_lent(self, root: Path) -> bool:
        """Whether files of this folder must not be shared, because it will be given back."""
        return root in self._used and self._used[root].lent is not None

    def restore(self, point: Point, root: Path, *, lend: bool) -> Owners | None:
        """Bring a state to the folder `root`; None, from then on as `has` says, where it is gone, damaged or in use."""
        if root in self._used and self._used[root].point == point:
            return self._used[root].owners
        kept, lock = image_folder(self.folder, point.key), image_lock(self.folder, point.key)
        self._gone.add(point.key)
        try:
            lock.acquire(timeout=_LENT_SECONDS)
        except (Timeout, OSError):
            return None
        lent = False
        try:
            os.utime(kept)
            state = json.loads((kept / _STATE).read_text(encoding="utf-8"))
            with suppress(OSError):  # Another file system
                if lend and state.get("lend"):
                    (kept / "root").rename(root)
                    lent = True
            if not lent:
                self.copy(kept / "root", root)
            owners, files = Owners(state["users"], state["owned"]), self._listed(root)
            if _bytes_of(files) == state["bytes"]:
                self._gone.discard(point.key)
                self._used[root] = _Used(point, owners, files, lock if lent else None)
                return owners
        except (OSError, ValueError, KeyError):
            pass
        finally:
            if not self.is_lent(root):
                lock.release()
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)
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
                    self._finish(moving, owners)
                    moving.rename(finished)
                    if not self.is_lent(root):
                        self._used[root] = _Used(point, owners, self._listed(root))
            finally:
                shutil.rmtree(moving, ignore_errors=True)

    def judge(self, root: Path) -> None:
        """The steps of a stage are done: note whether they left the state alone that they began with."""
        used = self._used.get(root)
        if used and not used.lent:
            del self._used[root]
            same, lock = used.files.items() <= _listing(root).items(), image_lock(self.folder, used.point.key)
            with suppress(OSError, ValueError, Timeout), lock.acquire(blocking=False):
                file = image_folder(self.folder, used.point.key) / _STATE
                file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"lend": same}), encoding="utf-8")

    def give_back(self) -> None:
        """Return what is lent, without what was added to it; a state that was changed is not kept."""
        for root, used in self._used.items():
            if not used.lent:
                continue
            kept, now = image_folder(self.folder, used.point.key), _listing(root)
            with suppress(OSError):
                if used.files.items() <= now.items():
                    for added in {*now} - {*used.files}:
                        path = root / added
                        is_folder = path.is_dir() and not path.is_symlink()
                        remove_folder(path) if is_folder else path.unlink(missing_ok=True)
                    root.rename(kept / "root")
                    give(kept, 0 if os.geteuid() == 0 else None)
            if not (kept / "root").exists():
                shutil.rmtree(kept, ignore_errors=True)
            used.lent.release()
        self._used.clear()

    @contextmanager
    def cache(self, name: str, path: Path) -> Generator[None]:
        """Lend the new folder `path` for a RUN what RUNs before left in the cache mount `name`, if no other uses it."""
        key = hash_of("cache", name)
        kept, lock = image_folder(self.folder, key), image_lock(self.folder, key)
        self.folder.mkdir(exist_ok=True)
        with suppress(Timeout):
            lock.acquire(blocking=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if lock.is_locked and (kept / "root").is_dir():
                shutil.move(kept / "root", path)
            path.mkdir(exist_ok=True)
            yield
        finally:
            with suppress(OSError):
                if lock.is_locked and path.is_dir() and any(path.iterdir()):
                    shutil.rmtree(kept, ignore_errors=True)
                    kept.mkdir()
                    shutil.move(path, kept / "root")
                    self._finish(kept, Owners())
            remove_folder(path)
            lock.release()

    def _finish(self, kept: Path, owners: Owners) -> None:
        give(kept, 0 if os.geteuid() == 0 else None)  # No build's or task's user can change it
        state = {"users": owners.users, "owned": owners.paths, "bytes": _bytes_of(_listing(kept / "root"))}
        (kept / _STATE).write_text(json.dumps(state), encoding="utf-8")

    def _listed(self, root: Path) -> Listing:
        """The files of a stage, of its build's user from now on: nobody but a step changes them after this."""
        give(root, self.user)
        time.sleep(0.01)  # File clocks are coarse
        return _listing(root)


def prune_steps(folder: Path) -> None:
    """Remove what crashed builds left, and the states that were not used for longest, above the bounds."""
    room = KEEP_BYTES
    for count, state in enumerate(sorted(folder.glob("*/"), key=age), 1):
        room -= _bytes(state)
        if state.suffix == BUILDING or room < 0 or count > KEEP_STATES:
            discard(folder, state)


def _listing(root: Path) -> Listing:
    """Everything below a folder: of a file what changes with it, of a folder its mode."""
    found: Listing = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = os.path.join(folder, name)  # noqa: PTH118  # thousands
            seen = os.lstat(path)
            is_file = not stat.S_ISDIR(seen.st_mode)
            size = (seen.st_size, seen.st_ino, seen.st_ctime_ns) if is_file else ()
            found[os.path.relpath(path, root)] = (seen.st_mode, *size)
    return found


def _bytes_of(files: Listing) -> int:
    """The bytes of all files, links among them."""
    return sum(size for _, size, *_ in (each for each in files.values() if len(each) > 1))


def _bytes(state: Path) -> int:
    try:
        return int(json.loads((state / _STATE).read_text(encoding="utf-8"))["bytes"])
    except (OSError, ValueError, KeyError):
        return 0
