"""An engine, wherever it comes from: PATH, the cache, the official release, Go."""

import contextlib
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

from filelock import FileLock, Timeout

from conducky.cache import cache_folder
from conducky.engine.attempt import Progress, WayFailedError, Workplace
from conducky.engine.go import MINIMUM_GO, build_engine
from conducky.engine.release import install_release
from conducky.engine.version import FIRST_TOO_NEW, MINIMUM_VERSION, engine_version, serves
from conducky.errors import UserError

WAYS: tuple[Callable[[Workplace], None], ...] = (install_release, build_engine)


def ensure_engine(progress: Progress) -> Path:
    """The path of a `pulumi` that runs the programs, got first where there is none.

    `progress` gets one line for each step, and one every ten seconds of a long one. Safe to call from several
    processes at once. Interrupted or failed, it leaves neither a process nor a half-made engine.

    Raises:
        UserError: every way failed; the sentence names them.
    """
    from_path = _engine_on_path(progress)
    if from_path is not None:
        return from_path
    home = cache_folder() / "engine"
    try:
        return _engine_in(home, progress)
    except OSError as error:
        raise UserError(
            f"The engine cannot be kept in {home} ({error.strerror or error}): "
            "`export CONDUCKY_CACHE=<a folder you may write in>` and try again."
        ) from error


def _engine_in(home: Path, progress: Progress) -> Path:
    home.mkdir(exist_ok=True)
    kept = home / str(MINIMUM_VERSION)
    engine = kept / "bin" / "pulumi"
    if serves(engine_version(engine)):
        return engine
    with _alone(home / "lock", progress):
        if serves(engine_version(engine)):  # made by the one that was waited for
            return engine
        if engine.exists():
            progress(f"The engine in {kept} does not work: getting it again")
        _get_engine(kept, progress)
    return engine


def _engine_on_path(progress: Progress) -> Path | None:
    found = shutil.which("pulumi")
    if found is None:
        return None
    binary = Path(found).absolute()
    version = engine_version(binary)
    if serves(version):
        return binary
    progress(
        f"{binary} is not used: it is {version or 'not working'}, "
        f"and the programs need {MINIMUM_VERSION} or newer, below {FIRST_TOO_NEW}"
    )
    return None


@contextlib.contextmanager
def _alone(lock_file: Path, progress: Progress) -> Generator[None]:
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress("Another process is getting the engine: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _get_engine(kept: Path, progress: Progress) -> None:
    """Try each way beside the final place, and rename what it made: a half-made engine is never in that place."""
    unfinished = kept.with_name(f"{kept.name}.unfinished")
    log = kept.with_name(f"{kept.name}.log")
    log.unlink(missing_ok=True)
    failures: list[str] = []
    try:
        for way in WAYS:
            shutil.rmtree(unfinished, ignore_errors=True)  # also what a killed process left
            place = Workplace(unfinished / "tree", unfinished / "scratch", log, progress)
            place.tree.mkdir(parents=True)
            place.scratch.mkdir()
            try:
                _go_one_way(way, place)
            except WayFailedError as error:
                failures.append(str(error))
                progress(f"Not this way: {error}")
                continue
            shutil.rmtree(kept, ignore_errors=True)
            place.tree.rename(kept)
            return
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    raise _no_way(failures)


def _go_one_way(way: Callable[[Workplace], None], place: Workplace) -> None:
    way(place)
    if not serves(engine_version(place.tree / "bin" / "pulumi")):
        raise WayFailedError(f"{way.__name__} made a pulumi that does not run here")


def _no_way(failures: list[str]) -> UserError:
    return UserError(
        f"There is no way to a Pulumi engine: no pulumi {MINIMUM_VERSION} or newer on PATH, {', '.join(failures)}: "
        f"install Pulumi (pulumi.com/docs/install) or Go {MINIMUM_GO} or newer (go.dev/dl), then run `make engine`."
    )
