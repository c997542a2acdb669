"""An engine, wherever it comes from: PATH, the cache, the official release, Go."""

import shutil
from collections.abc import Callable
from pathlib import Path

from conducky.cache import USE_ANOTHER_FOLDER, cache_folder, filled_once
from conducky.engine.attempt import Attempt, AttemptFailedError, Report
from conducky.engine.go import MINIMUM_GO, build_engine
from conducky.engine.installed import find_pulumi
from conducky.engine.release import install_release
from conducky.engine.version import MINIMUM_VERSION, engine_version, serves
from conducky.errors import UserError
from conducky.terminal import Wait

ATTEMPTS: tuple[Callable[[Attempt], None], ...] = (install_release, build_engine)


def ensure_engine(report: Report, wait: Wait | None = None) -> Path:
    """The path of a `pulumi` that runs the programs, fetched or built first if there is none.

    `report` gets one line for each step; how far a long one is, `wait` hears each second, or else `report` each minute.
    Safe to call from several processes at once. Interrupted or failed, it leaves neither a process nor a half-built
    engine. Raises UserError when every attempt failed; the message names them.
    """
    try:
        return find_pulumi()
    except UserError as error:
        if found := shutil.which("pulumi"):
            report(f"{Path(found).absolute()} is not used: {error.problem}")
    kept = cache_folder() / "engine" / str(MINIMUM_VERSION)
    engine = kept / "bin" / "pulumi"

    def fill(tree: Path) -> None:
        if engine.exists():
            report(f"The engine in {kept} does not work: getting it again")
        _get_engine(Attempt(tree, tree.with_suffix(".scratch"), kept.with_name(f"{kept.name}.log"), report, wait))

    try:
        filled_once(
            kept,
            fill,
            is_filled=lambda: serves(engine_version(engine)),
            waiting=lambda: report("Another process is getting the engine: waiting for it"),
        )
    except OSError as error:
        problem = f"the engine cannot be kept in {kept.parent} ({error.strerror or error})"
        raise UserError(problem, USE_ANOTHER_FOLDER) from error
    return engine


def _get_engine(attempt: Attempt) -> None:
    attempt.log.unlink(missing_ok=True)
    failures: list[str] = []
    try:
        for get in ATTEMPTS:
            attempt.clear()
            try:
                get(attempt)
                _require_working(attempt.tree / "bin" / "pulumi", get.__name__)
            except AttemptFailedError as error:
                failures.append(str(error))
                attempt.report(f"That did not work: {error}")
            else:
                return
    finally:
        shutil.rmtree(attempt.scratch, ignore_errors=True)
    raise UserError(
        f"cannot find or install Pulumi: there is no pulumi {MINIMUM_VERSION} or newer on PATH, {', '.join(failures)}",
        f"install Pulumi (pulumi.com/docs/install) or Go {MINIMUM_GO} or newer (go.dev/dl), then run `make engine`",
    )


def _require_working(binary: Path, source: str) -> None:
    if not serves(engine_version(binary)):
        raise AttemptFailedError(f"{source} got a pulumi that does not run here")
