"""The steps of a Dockerfile carried out in folders.

Each stage is a folder in place of the image's `/`. COPY copies into it, RUN runs with its WORKDIR folder as the current
one, as the user of the run folder. This is not a sandbox: only containers isolate.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from conducky.errors import UserError
from conducky.images.context import context_files
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.node import corepack_package, node_for
from conducky.rehearsal.images.npm_cache import keep_npm_cache, npm_cache
from conducky.rehearsal.images.owners import Owners
from conducky.rehearsal.images.run_step import HostRun, host_environment
from conducky.rehearsal.images.stage import (
    NEEDS_ENGINE,
    Copy,
    MakeFolder,
    Run,
    Stage,
    display_name,
    needed_stages,
)
from conducky.rehearsal.images.store import BuiltImage, path_below
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import give
from conducky.rehearsal.processes.watchdog import remove_folder
from conducky.subprocesses import without_colours

_NOISE = re.compile(r"npm (error|ERR!|notice|warn|WARN)|> |at ")
_CAUSE = re.compile(r"(\w*Error|error|fatal)\b.*:|throw ")
# What an official Node image has that a build may look for or write into
_FOLDERS = ("tmp", "root", "home/node", "usr/local/bin", "usr/local/lib/node_modules", "usr/local/share")


class Builder:
    """One build in the folder `work`, which its caller removes afterwards."""

    def __init__(
        self,
        folder: RunFolder,
        context: Path,
        dockerfile: Path,
        *,
        work: Path,
        log: Path,
        progress: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.folder, self.context, self.work = folder, context, work
        self.log, self.progress, self.stop = log, progress, stop
        self.name = display_name(dockerfile)
        self.copier = ImageCopy(self.name, context, context_files(context, dockerfile), self.check_stop)
        self.owners: dict[int, Owners] = {}
        self.stages: list[Stage] = []
        self.uses_left: dict[int, int] = {}
        self.variables: dict[str, str] = {}
        self.overrides: dict[str, str] = {}

    def build(self, stages: list[Stage], overrides: Mapping[str, str]) -> None:
        """Build every stage that the last one needs. `overrides` are variables for every RUN, before all others."""
        self.stages, self.overrides = stages, dict(overrides)
        needed = needed_stages(stages)
        bases = [stages[number].base for number in needed]
        copied = [s.stage for n in needed for s in stages[n].steps if isinstance(s, Copy)]
        self.uses_left = {number: bases.count(number) + copied.count(number) for number in needed}
        scratch, cache = self.work / "tmp", npm_cache(self.folder)
        scratch.mkdir(exist_ok=True)
        give(scratch, self.folder.user)
        self.variables = {
            **host_environment(),
            "PATH": f"{node_for(self.folder)}:{host_environment().get('PATH', '')}",
            "TMPDIR": str(scratch),
            "npm_config_cache": str(cache),
        }
        try:
            for number in needed:
                self._begin(number)
                for step in stages[number].steps:
                    self.check_stop()
                    self._carry_out(number, step)
        finally:
            keep_npm_cache(cache)

    def image(self) -> BuiltImage:
        """What the last stage became, where it is."""
        stage, owners = self.stages[-1], self.owners[len(self.stages) - 1]
        self._bring_corepack(self._root(len(self.stages) - 1), " ".join((*stage.entrypoint, *stage.command)))
        return BuiltImage(
            root=self._root(len(self.stages) - 1),
            workdir=stage.workdir,
            environment=stage.environment,
            entrypoint=stage.entrypoint,
            command=stage.command,
            user=stage.user,
            exposed=stage.exposed,
            stop_signal=stage.stop_signal,
            users=owners.users,
            owned=owners.by_id(),
        )

    def check_stop(self) -> None:
        """Raise when the build is to end.

        Raises:
            UserError: it is.
        """
        if self.stop.is_set():
            raise UserError("stopped")

    def _root(self, number: int) -> Path:
        return self.work / f"stage{number}"

    def _last_use(self, number: int) -> bool:
        self.uses_left[number] -= 1
        return self.uses_left[number] == 0

    def _begin(self, number: int) -> None:
        stage, root = self.stages[number], self._root(number)
        if isinstance(stage.base, int):
            self.owners[number] = self.owners[stage.base].copy()
            # If nothing else needs the parent it is taken over, which costs nothing. Otherwise a copy, because tools
            # rewrite files in place and a hard link would change the other stage too
            if self._last_use(stage.base):
                self._root(stage.base).rename(root)
            else:
                self.copier.copy_tree(self._root(stage.base), root, link=False)
            return
        if not is_official_node(stage.base):
            raise UserError(f"{self.name}:{stage.line}: the rehearsal has no image {stage.base}", NEEDS_ENGINE)
        self.owners[number] = Owners()
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True)

    def _carry_out(self, number: int, step: MakeFolder | Copy | Run) -> None:
        root, owners = self._root(number), self.owners[number]
        if isinstance(step, MakeFolder):
            folder = path_below(root, step.path)
            if not folder.is_dir():
                folder.mkdir(parents=True)
                owners.give(root, [folder], step.owner)
        elif isinstance(step, Copy):
            base = self.context if step.stage is None else self._root(step.stage)
            link = step.stage is not None and self._last_use(step.stage)
            owners.give(root, self.copier.copy(step, base, root, link=link), step.owner)
        else:
            self._run(number, step)

    def _run(self, number: int, step: Run) -> None:
        root, owners = self._root(number), self.owners[number]
        where = f"{self.name}:{step.line}"
        title = f"{where}: `{step.script if len(step.script) <= 80 else step.script[:77] + '…'}`"  # noqa: PLR2004  # a line
        run = HostRun(step, root, where, self.variables, self.overrides)
        owners.users |= run.ruled.users
        reasons: dict[str, str] = {}
        for name, reason in run.ruled.skipped:
            reasons.setdefault(reason, name)
        skipped = ", ".join(f"`{name}` is skipped ({reason})" for reason, name in reasons.items())
        self.progress(f"{title}: {skipped}" if skipped else title)
        if run.ruled.runs:
            self._bring_corepack(root, step.script)
            self._start(step, root, run, title)
        for change in run.ruled.owners:
            owners.change(root, step.workdir, change)

    def _start(self, step: Run, root: Path, run: HostRun, title: str) -> None:
        folder = path_below(root, step.workdir)
        folder.mkdir(parents=True, exist_ok=True)
        new = [path for path in (path_below(root, cache) for cache in step.caches) if not path.exists()]
        give(root, self.folder.user)
        time.sleep(0.01)  # File clocks are coarse: what was given just now must not look changed by the command
        marker = self.work / "begin"
        marker.touch()
        since = marker.stat().st_ctime_ns
        with self.log.open("ab") as log:
            log.write(f"\n--- {run.where} RUN {step.script}\n".encode())
            start = log.tell()
        status = self._wait(
            self.folder.start(
                f"build-{self.work.name}",
                run.command,
                env=run.variables,
                cwd=folder,
                run_as=self.folder.user,
                log=self.log,
            )
        )
        if status != 0:
            reason = _last_lines(self.log, start)
            raise UserError(f"{title} failed (exit {status}): {reason}", f"see the whole log in {self.log}")
        for cache in new:
            remove_folder(cache)
        self.owners_of(root).give_newer(root, since, step.owner)

    def owners_of(self, root: Path) -> Owners:
        """The owners in the stage whose folder is `root`."""
        return next(owners for number, owners in self.owners.items() if self._root(number) == root)

    def _wait(self, process: ManagedProcess) -> int:
        """A command's exit code, or the end of it when the build is stopped. No process of it is left in any case."""
        try:
            while True:
                self.check_stop()
                try:
                    return process.wait(0.1)
                except TimeoutError:
                    continue
        finally:
            process.stop(0)

    def _bring_corepack(self, root: Path, script: str) -> None:
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


def is_official_node(image: str) -> bool:
    """Whether a reference names the official Node.js image, from Docker Hub or a mirror of it."""
    *registry, name = image.partition("@")[0].split("/")
    if name.partition(":")[0] != "node":
        return False
    return not registry or registry[-1] == "library" or (len(registry) == 1 and bool(re.search(r"[.:]", registry[0])))


def _last_lines(log: Path, start: int) -> str:
    """What a command printed that says why it failed: from its first error on, without npm's notices and frames."""
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in without_colours(text).splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.match(line)] or lines
    first = next((number for number, line in enumerate(telling) if _CAUSE.search(line)), None)
    chosen = telling[-4:] if first is None or first >= len(telling) - 4 else [telling[first], *telling[-3:]]
    return " | ".join(line[:300] for line in chosen) or "it printed nothing"
