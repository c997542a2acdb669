"""A container image built locally without Docker: the Dockerfile's own steps, in folders.

Each stage is a folder in place of the image's `/`. COPY copies into it, RUN runs with its WORKDIR folder as the current
one. This is not a sandbox: a RUN that would visibly change your computer itself is refused before it starts.
"""

import contextlib
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import Timeout

from conducky.errors import UserError
from conducky.images.context import context_files
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.dockerfile import (
    Copy,
    MakeFolder,
    Run,
    Stage,
    display_name,
    needed_stages,
    parse_dockerfile,
)
from conducky.rehearsal.images.run_step import HostRun, host_environment, prepares_system
from conducky.rehearsal.images.store import (
    BUILDING,
    BuiltImage,
    image_folder,
    image_lock,
    load_image,
    path_below,
    prune_images,
)
from conducky.subprocesses import without_colours

_NOISE = re.compile(r"npm (error|ERR!|notice|warn|WARN)|> ")


def build_image(  # noqa: PLR0913  # all keyword-only, each a different thing a build depends on
    context: Path,
    dockerfile: Path,
    *,
    build_args: Mapping[str, str],
    environment: Mapping[str, str],
    cache: Path,
    digest: str,
    log: Path,
    progress: Callable[[str], None],
    stop: threading.Event | None = None,
) -> BuiltImage:
    """Build the image of `context`, or take it from `cache` when `digest` is already there.

    Two calls for one digest, also from two processes, build it once. Old images are removed afterwards.

    Args:
        context: The build's folder.
        dockerfile: Its Dockerfile.
        build_args: Values for ARG.
        environment: Variables for every RUN, before the Dockerfile's own; they do not become part of the image.
        cache: Folder of finished images, one subfolder each.
        digest: Names the image; it must cover everything the build depends on.
        log: File that the commands' output is appended to.
        progress: Called with one line for each command.
        stop: When set, the running command and its children are killed and nothing of the build is kept.

    Raises:
        UserError: the Dockerfile cannot be rehearsed, a command failed, or the build was stopped.
    """
    stop = stop or threading.Event()
    cache.mkdir(parents=True, exist_ok=True)
    finished = image_folder(cache, digest)
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
            work = finished.with_suffix(BUILDING)
            shutil.rmtree(work, ignore_errors=True)
            log.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix="conducky-"))  # Short: tools create sockets in it
            try:
                build = _Build(context, dockerfile, build_args, work, log, progress, stop)
                build.variables = {**host_environment(), "TMPDIR": str(scratch)}
                build.overrides = dict(environment)
                build.keep(build.run(), finished)
            except OSError as error:
                raise UserError(
                    f"{display_name(dockerfile)} cannot be built in {cache} ({error})",
                    "free disk space or correct the folder's permissions",
                ) from error
            finally:
                shutil.rmtree(work, ignore_errors=True)
                shutil.rmtree(scratch, ignore_errors=True)
            image = load_image(cache, digest)
    finally:
        if not finished.exists():
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
    if image is None:
        raise UserError(f"the image in {cache} cannot be read back", "free disk space and run the command again")
    prune_images(cache)
    return image


class _Build:
    """One build in the folder `work`, which its caller removes afterwards."""

    def __init__(
        self,
        context: Path,
        dockerfile: Path,
        build_args: Mapping[str, str],
        work: Path,
        log: Path,
        progress: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.context = context
        self.name = display_name(dockerfile)
        self.copier = ImageCopy(self.name, context, context_files(context, dockerfile), self._check_stop)
        self.stages = parse_dockerfile(dockerfile, build_args)
        self.work, self.log, self.progress, self.stop = work, log, progress, stop
        self.variables: dict[str, str] = {}
        self.overrides: dict[str, str] = {}
        needed = needed_stages(self.stages)
        bases = [self.stages[number].base for number in needed]
        copied = [s.stage for n in needed for s in self.stages[n].steps if isinstance(s, Copy)]
        self.uses_left = {number: bases.count(number) + copied.count(number) for number in needed}

    def run(self) -> Stage:
        """Build every stage that the last one needs; the last one."""
        for number in self.uses_left:
            self._begin(number)
            for step in self.stages[number].steps:
                self._check_stop()
                if isinstance(step, MakeFolder):
                    self._inside(number, step.path).mkdir(parents=True, exist_ok=True)
                elif isinstance(step, Copy):
                    self._copy(number, step)
                else:
                    self._run(number, step)
        return self.stages[-1]

    def keep(self, stage: Stage, folder: Path) -> None:
        """Turn the last stage into the finished image `folder`, in one step."""
        image = self.work / "image"
        image.mkdir()
        self._root(len(self.stages) - 1).rename(image / "root")
        description = BuiltImage(
            root=folder / "root",
            workdir=stage.workdir,
            environment=stage.environment,
            entrypoint=stage.entrypoint,
            command=stage.command,
            user=stage.user,
            exposed=stage.exposed,
        )
        (image / "image.json").write_text(description.model_dump_json(indent=2))
        self._check_stop()
        shutil.rmtree(folder, ignore_errors=True)  # Only ever a damaged one: the caller found none to load
        image.rename(folder)

    def _root(self, number: int) -> Path:
        return self.work / f"stage{number}"

    def _inside(self, number: int, path: str) -> Path:
        return path_below(self._root(number), path)

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise UserError("stopped")

    def _last_use(self, number: int) -> bool:
        self.uses_left[number] -= 1
        return self.uses_left[number] == 0

    def _begin(self, number: int) -> None:
        stage = self.stages[number]
        if isinstance(stage.base, int):
            # If nothing else needs the parent it is taken over, which costs nothing. Otherwise a copy, because tools
            # rewrite files in place and a hard link would change the other stage too
            if self._last_use(stage.base):
                self._root(stage.base).rename(self._root(number))
            else:
                self.copier.copy_tree(self._root(stage.base), self._root(number), link=False)
            return
        if stage.base.partition("@")[0].rpartition("/")[2].partition(":")[0] != "node":
            raise UserError(
                f"{self.name}:{stage.line}: the rehearsal has no image {stage.base}", "use an official `node:` image"
            )
        for folder in ("tmp", "home/node"):
            self._inside(number, folder).mkdir(parents=True)

    def _copy(self, number: int, step: Copy) -> None:
        base = self.context if step.stage is None else self._root(step.stage)
        link = step.stage is not None and self._last_use(step.stage)
        self.copier.copy(step, base, self._root(number), link=link)

    def _run(self, number: int, step: Run) -> None:
        where = f"{self.name}:{step.line}"
        title = f"{where}: `{step.script if len(step.script) <= 80 else step.script[:77] + '…'}`"  # noqa: PLR2004  # a line
        if prepares_system(step.script):
            self.progress(f"{title} is skipped (it prepares the image's operating system)")
            return
        host = HostRun(step, self._root(number), where, self.variables, self.overrides)
        self.progress(title)
        folder = self._inside(number, step.workdir)
        folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"\n--- {where} RUN {step.script}\n".encode())
            log.flush()
            start = log.tell()
            status = host.carry_out(folder, log, self._check_stop)
        if status != 0:
            raise UserError(
                f"{title} failed (exit {status}): {_last_lines(self.log, start)}", f"see the whole log in {self.log}"
            )


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in without_colours(text).splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.match(line)] or lines
    return " | ".join(line[:300] for line in telling[-4:]) or "it printed nothing"
