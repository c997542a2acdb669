"""The steps of a Dockerfile carried out in folders.

Each stage is a folder in place of the image's `/`. COPY copies into it, RUN runs with its WORKDIR folder as the current
one, as the user of the run folder. This is not a sandbox: only containers isolate.
"""

import copy
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from conducky.errors import UserError
from conducky.images.context import context_files
from conducky.rehearsal.images import kept_steps
from conducky.rehearsal.images.bind_mount import mounted
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.kept_states import KeptSteps
from conducky.rehearsal.images.kept_steps import Point, is_worth_keeping, point_after, points_of, stable
from conducky.rehearsal.images.node import node_for, node_release
from conducky.rehearsal.images.npm_cache import NpmCache
from conducky.rehearsal.images.official_image import FOLDERS, bring_corepack, is_official_node
from conducky.rehearsal.images.output import telling_lines
from conducky.rehearsal.images.owners import Owners, changed_by
from conducky.rehearsal.images.run_step import HostRun, host_environment
from conducky.rehearsal.images.stage import (
    NEEDS_ENGINE,
    Copy,
    MakeFolder,
    Run,
    Stage,
    Step,
    copies_of,
    display_name,
    needed_stages,
    used_stages,
)
from conducky.rehearsal.images.store import BuiltImage, path_below
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import give


class ContextChangedError(Exception):
    """A file of the context was changed while an image was built of it."""


class Builder:
    """One build in the folder `work`, which its caller removes afterwards; `logs` are what it writes and what stays.

    `kept` is the folder from and into which it takes what steps leave. `overrides` are variables for every RUN, before
    all others. `before` has the files of the image that was built of this Dockerfile before.
    """

    def __init__(  # noqa: PLR0913  # all keyword-only, each a different thing a build depends on
        self,
        folder: RunFolder,
        context: Path,
        dockerfile: Path,
        *,
        stages: list[Stage],
        overrides: Mapping[str, str],
        kept: Path,
        before: Path | None,
        work: Path,
        logs: tuple[Path, Path],
        progress: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.folder, self.context, self.work = folder, context, work
        self.stages, self.overrides, self.before = stages, dict(overrides), before
        (self.log, self.kept_log), self.progress, self.stop = logs, progress, stop
        self.name = display_name(dockerfile)
        files = context_files(context, dockerfile)
        self.copier = ImageCopy(self.name, context, files, self.check_stop, self._copy_folder)
        self.owners: dict[int, Owners] = {}
        self.uses_left: dict[int, int] = {}
        self.npm = NpmCache(folder)
        self.kept = KeptSteps(kept, self._copy_folder, folder.user)
        scratch = work / "tmp"
        scratch.mkdir(exist_ok=True)
        give(scratch, folder.user)
        own = host_environment()
        self.variables = {
            **own,
            "PATH": f"{node_for(folder)}:{own.get('PATH', '')}",
            "TMPDIR": str(scratch),
            "npm_config_cache": str(self.npm.path),
        }
        self.seconds: dict[int, float] = {}  # What a stage took since it was kept

    def build(self) -> None:
        """Build every stage that the last one needs.

        Raises:
            ContextChangedError: a file of the context was changed meanwhile.
        """
        needed, stages = needed_stages(self.stages), self.stages
        seen = {name: value for name, value in host_environment().items() if name != "PATH"} | stable(self.overrides)
        points = points_of(stages, needed, self.copier, node_release(), seen)
        done = self._restore(needed, points)
        bases = [stages[number].base for number, steps in done.items() if not steps]
        copied = [used for number, steps in done.items() for used in used_stages(stages[number].steps[steps:])]
        self.uses_left = {number: bases.count(number) + copied.count(number) for number in done}
        everything = points[needed[-1]][-1].files
        try:
            for number, steps in done.items():
                self._carry_out_all(number, steps, points, everything)
        finally:
            self.kept.give_back()
            self.npm.keep()

    def _restore(self, needed: list[int], points: Mapping[int, list[Point]]) -> dict[int, int]:
        """The stages to build, in order, each with how many of its steps were done before and are there again."""
        done: dict[int, int] = {}
        wanted = {needed[-1]}
        for number in reversed(needed):
            if number not in wanted:
                continue
            stage, steps = self.stages[number], len(points[number]) - 1
            while steps and not self.kept.has(points[number][steps]):
                steps -= 1
            if steps:
                self.check_stop()
                # Only what others copy from; the image, and what it begins with, become another's files
                lend = number != needed[-1] and all(self.stages[each].base != number for each in needed)
                owners = self.kept.restore(points[number][steps], self._root(number), lend=lend)
                if owners is None:  # Gone or damaged: there may be one of fewer steps
                    return self._restore(needed, points)
                self.owners[number] = owners
                line = stage.steps[steps - 1].line
                self.progress(f"{self.name}:{stage.line}-{line}: as built before")
            elif isinstance(stage.base, int):
                wanted.add(stage.base)
            wanted |= {*used_stages(stage.steps[steps:])}
            done[number] = steps
        return dict(sorted(done.items()))

    def _carry_out_all(
        self, number: int, done: int, all_points: Mapping[int, list[Point]], everything: frozenset[str]
    ) -> None:
        stage, points = self.stages[number], all_points[number]
        if not done:
            self._begin(number)
        for index, step in enumerate(stage.steps[done:], done + 1):
            self.check_stop()
            self._carry_out(number, step, self._copier(number, stage.steps[index:]))
            from_context = any(each.stage is None for each in copies_of(step))
            if from_context and point_after(points[index - 1], step, all_points, self.copier) != points[index]:
                raise ContextChangedError  # A file was saved since it was hashed
            worth = self.seconds.get(number, 0.0) > kept_steps.WORTH_SECONDS
            if worth and is_worth_keeping(stage, index, points, everything):
                self.kept.keep(points[index], self._root(number), self.owners[number])
                self.seconds[number] = 0.0
        self.kept.judge(self._root(number))

    def _copier(self, number: int, following: list[Step]) -> ImageCopy:
        """What carries out a COPY, by the steps that follow it in its stage."""
        if not self.before or number != len(self.stages) - 1 or any(isinstance(each, Run) for each in following):
            return self.copier
        return self.copier.sharing(self._root(number), self.before)

    def _copy_folder(self, source: Path, target: Path) -> None:
        """Copy a folder with modes, times and links, as fast as the system can."""
        with self.log.open("ab") as log:
            start = log.tell()
        command = ["cp", "-a", str(source), str(target)]
        copying = self.folder.start(
            f"copy-{self.work.name}", command, env=host_environment(), cwd=self.work, log=self.log
        )
        if copying.wait_unless(self.stop, grace=0):
            raise OSError(telling_lines(self.log, start))

    def image(self) -> BuiltImage:
        """What the last stage became, where it is."""
        stage, owners = self.stages[-1], self.owners[len(self.stages) - 1]
        bring_corepack(self._root(len(self.stages) - 1), " ".join((*stage.entrypoint, *stage.command)))
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
            dockerfile=self.name,
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
            self.owners[number] = copy.deepcopy(self.owners[stage.base])
            # If nothing else needs the parent it is taken over, which costs nothing. Otherwise a copy, because tools
            # rewrite files in place and a hard link would change the other stage too
            self.seconds[number] = self.seconds.get(stage.base, 0.0)
            if self._last_use(stage.base):
                self._root(stage.base).rename(root)
            else:
                self.copier.copy_tree(self._root(stage.base), root, link=False)
            return
        if not is_official_node(stage.base):
            raise UserError(f"{self.name}:{stage.line}: the rehearsal has no image {stage.base}", NEEDS_ENGINE)
        self.owners[number] = Owners()
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)

    def _carry_out(self, number: int, step: Step, copier: ImageCopy) -> None:
        root, owners = self._root(number), self.owners[number]
        if isinstance(step, MakeFolder):
            folder = path_below(root, step.path)
            if not folder.is_dir():
                folder.mkdir(parents=True)
                owners.give(root, [folder], step.owner)
        elif isinstance(step, Copy):
            base = self._base(step)
            link = step.stage is not None and self._last_use(step.stage) and not self.kept.is_lent(base)
            owners.give(root, copier.copy(step, base, root, link=link), step.owner)
        else:
            self._run(number, step)

    def _base(self, step: Copy) -> Path:
        return self.context if step.stage is None else self._root(step.stage)

    def _run(self, number: int, step: Run) -> None:
        root, owners = self._root(number), self.owners[number]
        where = f"{self.name}:{step.line}"
        line = "; ".join(step.script.strip().splitlines())
        title = f"{where}: `{line if len(line) <= 80 else line[:77] + '…'}`"  # noqa: PLR2004  # a line
        run = HostRun(step, root, where, self.variables, self.overrides)
        owners.users |= run.ruled.users
        reasons: dict[str, str] = {}
        for name, reason in run.ruled.skipped:
            reasons.setdefault(reason, name)
        skipped = ", ".join(f"`{name}` is skipped ({reason})" for reason, name in reasons.items())
        self.progress(f"{title}: {skipped}" if skipped else title)
        if run.ruled.runs:
            bring_corepack(root, step.script)
            self.npm.fill(step.script)
            self._start(number, step, run, title)
        for change in run.ruled.owners:
            owners.change(root, step.workdir, change)
        for used in used_stages([step]):
            self._last_use(used)

    def _start(self, number: int, step: Run, run: HostRun, title: str) -> None:
        root = self._root(number)
        folder = path_below(root, step.workdir)
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as mounts:
            for cache in step.caches:
                if not (path := path_below(root, cache)).exists():
                    mounts.enter_context(self.kept.cache(f"{self.name} {cache}", path))
            mounts.enter_context(mounted(step.mounts, self.copier, self._base, root, self.work))
            give(root, self.folder.user)
            time.sleep(0.01)  # File clocks are coarse: what was given just now must not look changed by the command
            marker = self.work / "begin"
            marker.touch()
            since = marker.stat().st_ctime_ns
            with self.log.open("ab") as log:
                log.write(f"\n--- {run.where} RUN {step.script}\n".encode())
                start = log.tell()
            begin = time.monotonic()
            process = self.folder.start(
                f"build-{self.work.name}",
                run.command,
                env=run.variables,
                cwd=folder,
                run_as=self.folder.user,
                log=self.log,
            )
            status = process.wait_unless(self.stop, grace=0)
            changed = changed_by(step.owner, root, since)  # before the mounts go, which changes the folders around them
        if status != 0:
            reason = telling_lines(self.log, start)
            raise UserError(f"{title} failed (exit {status}): {reason}", f"see the whole log in {self.kept_log}")
        self.seconds[number] = self.seconds.get(number, 0.0) + time.monotonic() - begin
        self.owners[number].give(root, filter(os.path.lexists, changed), step.owner)
