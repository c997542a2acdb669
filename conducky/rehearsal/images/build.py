"""A container image built locally without Docker: built once, and kept under its digest."""

import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import Timeout

from conducky.errors import UserError
from conducky.rehearsal.images.builder import Builder, ContextChangedError
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.kept_states import prune_steps
from conducky.rehearsal.images.stage import display_name
from conducky.rehearsal.images.store import (
    BUILDING,
    BuiltImage,
    image_folder,
    image_lock,
    load_image,
    newest_root,
    prune_images,
)
from conducky.rehearsal.processes.build_log import build_log
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import give
from conducky.rehearsal.processes.watchdog import remove_folder


def build_image(  # noqa: PLR0913  # all keyword-only, each a different thing a build depends on
    context: Path,
    dockerfile: Path,
    *,
    folder: RunFolder,
    build_args: Mapping[str, str],
    environment: Mapping[str, str],
    cache: Path,
    digest: str,
    log: Path,
    progress: Callable[[str], None],
    stop: threading.Event | None = None,
    platform: str = "linux/amd64",
    target: str = "",
    unchanged: Callable[[], bool] = lambda: True,
) -> BuiltImage:
    """Build the image of `context`, or take it from `cache` when `digest` is already there.

    Two calls for one digest, also from two processes, build it once. Old images are removed afterwards.

    Args:
        context: The build's folder.
        dockerfile: Its Dockerfile.
        folder: Where it is built; no process and no file of the build outlives it.
        build_args: Values for ARG.
        environment: Variables for every RUN, before the Dockerfile's own; they do not become part of the image.
        cache: Folder of finished images, one subfolder each.
        digest: Names the image; it must cover everything the build depends on.
        log: File that has the commands' output afterwards.
        progress: Called with one line for each command.
        stop: When set, the running command and its children are killed and nothing of the build is kept.
        platform: What the image is for, as BuildKit's own arguments say it.
        target: The stage that becomes the image; the last one by default.
        unchanged: Whether `digest` still names what is in the context, asked before the image is kept.

    Raises:
        ContextChangedError: it does not.
        UserError: the Dockerfile cannot be rehearsed, a command failed, or the build was stopped.
    """
    stop = stop or threading.Event()
    cache.mkdir(parents=True, exist_ok=True)
    finished, steps = image_folder(cache, digest), cache.with_name("steps")
    lock = image_lock(cache, digest)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        progress("waiting for another rehearsal that builds the same image")
        with contextlib.suppress(Timeout):
            lock.acquire(poll_interval=0.2, cancel_check=stop.is_set)
    if not lock.is_locked:
        raise UserError("stopped")
    try:
        image = load_image(cache, digest)
        if image is None:
            work = folder.own_folder("builds", secrets.token_hex(4))  # Short: tools create sockets in it
            try:
                with build_log(folder, log) as own:
                    builder = Builder(
                        folder,
                        context,
                        dockerfile,
                        stages=parse_dockerfile(dockerfile, build_args, platform, target),
                        overrides=environment,
                        kept=steps,
                        before=newest_root(cache, display_name(dockerfile)),
                        work=work,
                        logs=(own, log),
                        progress=progress,
                        stop=stop,
                    )
                    builder.build()
                if not unchanged():
                    raise ContextChangedError
                _keep(builder.image(), work, finished, builder.check_stop)
            except OSError as error:
                if not unchanged():  # Editors save by files that are there for a moment
                    raise ContextChangedError from None
                raise UserError(
                    f"{display_name(dockerfile)} cannot be built in {cache} ({error})",
                    "free disk space or correct the folder's permissions",
                ) from error
            finally:
                remove_folder(work)
                shutil.rmtree(finished.with_suffix(BUILDING), ignore_errors=True)
            image = load_image(cache, digest)
    finally:
        if not finished.exists():
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
    if image is None:
        raise UserError(f"the image in {cache} cannot be read back", "free disk space and run the command again")
    prune_images(cache)
    prune_steps(steps)
    return image


def _keep(image: BuiltImage, work: Path, finished: Path, check_stop: Callable[[], None]) -> None:
    """Turn what was built into the finished image, in one step. Nobody can write its files from then on."""
    for name, folders, files in os.walk(image.root):
        for entry in (*folders, *files):
            path = Path(name, entry)
            if path.is_symlink():
                _make_relative(path, image.root)
            else:
                path.chmod(0o755 if path.is_dir() else path.stat().st_mode & ~0o222)
    give(image.root, 0 if os.geteuid() == 0 else None)
    kept = work / "image"
    kept.mkdir()
    image.root.rename(kept / "root")
    (kept / "image.json").write_text(image.model_copy(update={"root": finished / "root"}).model_dump_json(indent=2))
    check_stop()
    moving = finished.with_suffix(BUILDING)
    for folder in (moving, finished):  # Only ever what a killed build left, or a damaged image: none could be loaded
        shutil.rmtree(folder, ignore_errors=True)
    shutil.move(kept, moving)
    moving.rename(finished)


def _make_relative(link: Path, root: Path) -> None:
    """Let a link to a path in the folder of the build lead to the same file wherever the image is."""
    target = link.readlink()
    if target.is_absolute() and target.is_relative_to(root):
        link.unlink()
        link.symlink_to(os.path.relpath(target, link.parent))
