"""A container image built on this machine without Docker: the Dockerfile's own steps, in folders.

Each stage is a folder that stands for the image's `/`. COPY copies into it, RUN runs with its WORKDIR folder as the
current one. This is no sandbox: what a RUN would visibly do to the machine itself is refused before it starts.
"""

import contextlib
import fnmatch
import os
import posixpath
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from conducky.build_context import context_files
from conducky.errors import UserError
from conducky.rehearsal.dockerfile import (
    Copy,
    MakeFolder,
    Run,
    Stage,
    display_name,
    needed_stages,
    parse_dockerfile,
)

KEEP_IMAGES = 12
KEEP_SECONDS = 24 * 60 * 60.0
_PREPARES_SYSTEM = ("apt-get", "apk", "update-ca-certificates")
_HOST_VARIABLES = re.compile(
    r"PATH|HOME|TMPDIR|LANG|CI|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|npm_config_\w+|NPM_CONFIG_\w+|\w+_proxy|\w+_PROXY"
)
# tools act on these by themselves, so an in-image path in them must not reach the same path of this machine
_PATH_VARIABLES = re.compile(r"HOME|TMPDIR|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|npm_config_\w+|NPM_CONFIG_\w+")
_CHANGES_MACHINE = re.compile(
    r"(?:^|[;&|(]|\bthen\b|\bdo\b)\s*(?:\w+=\S*\s+)*"
    r"((?:apt-get|apt|apk|update-ca-certificates|corepack|useradd|groupadd|adduser|addgroup|usermod|chown|chgrp|sudo)\b"
    r"|npm\s+cache\b|npm\b[^;&|]*\s(?:-g|--global)(?![\w-]))"
)
_HOME = re.compile(r"(?:^|[\s=:'\"])~(?:/|\s|$)|\$\{?HOME\b")
_CLIMBING = re.compile(r"[\w./@-]*\.\.(?:/[\w./@-]*)?(?![\w.])")
_ABSOLUTE = re.compile(r"(?<![\w.$~@%*?+#/})\]-])(?<!:(?=//))/[^\s'\"`;&|<>()$,:]*")
_HARMLESS = ("/dev/null", "/dev/stdout", "/dev/stderr")
_UNUSUAL = re.compile(r"[^\w./@+-]")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NOISE = re.compile(r"npm (error|ERR!|notice|warn|WARN)|> ")


class BuiltImage(BaseModel):
    """A finished image: its files under `root`, and what its Dockerfile says about running them.

    Paths in `workdir`, `environment`, `entrypoint` and `command` are the image's own; `path` finds one on this machine.
    """

    model_config = ConfigDict(frozen=True)

    root: Path
    workdir: str
    environment: dict[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    exposed: tuple[int, ...]

    def path(self, absolute_in_image: str) -> Path:
        """Say where an absolute path of the image is on this machine; it never leaves `root`."""
        if not absolute_in_image.startswith("/"):
            raise ValueError(f"{absolute_in_image} is not an absolute path")
        return self.root / posixpath.normpath(absolute_in_image).lstrip("/")


def load_image(cache: Path, digest: str) -> BuiltImage | None:
    """Give the finished image `digest` of the folder `cache`, or None when there is none or it is damaged."""
    folder = cache / _folder_name(digest)
    try:
        image = BuiltImage.model_validate_json((folder / "image.json").read_bytes())
        image = image.model_copy(update={"root": folder / "root"})
        if not image.path(image.workdir).is_dir():
            return None
        os.utime(folder)
    except (OSError, ValidationError):
        return None
    return image


def build_image(  # noqa: PLR0913 # all keyword-only, each a different thing a build depends on
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
    """Build the image of `context` on this machine, or take it from `cache` when `digest` is already there.

    Two calls for one digest, also from two processes, build it once. Old images are removed afterwards.

    Args:
        context: The build's folder.
        dockerfile: Its Dockerfile.
        build_args: Values for ARG.
        environment: Variables for every RUN, winning over the Dockerfile's; they do not become part of the image.
        cache: Folder of finished images, one subfolder each.
        digest: Names the image; it must cover everything the build depends on.
        log: File that the commands' output is appended to.
        progress: Called with one line for each command.
        stop: When set, the running command and its children are killed and nothing of the build is kept.

    Raises:
        UserError: For a Dockerfile that cannot be rehearsed, a command that failed, or "stopped".
    """
    stop = stop or threading.Event()
    cache.mkdir(parents=True, exist_ok=True)
    lock = _lock(cache, digest)
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
            work = cache / f"{_folder_name(digest)}.building"
            shutil.rmtree(work, ignore_errors=True)
            log.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix="conducky-"))  # short: tools make sockets in it
            try:
                build = _Build(context, dockerfile, build_args, work, log, progress, stop)
                build.variables = {**_host_environment(), "TMPDIR": str(scratch)}
                build.overrides = dict(environment)
                build.keep(build.run(), cache / _folder_name(digest))
            except OSError as error:
                raise UserError(
                    f"{display_name(dockerfile)} cannot be built in {cache} ({error}): free space or mend permissions"
                ) from error
            finally:
                shutil.rmtree(work, ignore_errors=True)
                shutil.rmtree(scratch, ignore_errors=True)
            image = load_image(cache, digest)
    finally:
        if not (cache / _folder_name(digest)).exists():
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
    if image is None:
        raise UserError(f"the image in {cache} cannot be read back: make room on the disk and run the command again")
    prune_images(cache)
    return image


def prune_images(cache: Path, keep: int = KEEP_IMAGES, younger_than: float = KEEP_SECONDS) -> None:
    """Remove what crashed builds left, and all images but the `keep` last used.

    An image used within `younger_than` seconds, or being built, stays.
    """
    folders = [path for path in cache.iterdir() if path.is_dir()]
    finished = sorted((path for path in folders if path.suffix != ".building"), key=_age)
    old = [path for path in finished[keep:] if _age(path) > younger_than]
    for folder in [*old, *(path for path in folders if path.suffix == ".building")]:
        lock = _lock(cache, folder.name.removesuffix(".building"))
        with contextlib.suppress(Timeout, OSError), lock.acquire(blocking=False):
            doomed = folder.with_suffix(".building")
            if folder != doomed:
                folder.rename(doomed)  # at once, so that a half-removed image is never loaded
            shutil.rmtree(doomed, ignore_errors=True)
            Path(lock.lock_file).unlink(missing_ok=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _folder_name(digest: str) -> str:
    return re.sub(r"[^\w-]", "-", digest)


def _lock(cache: Path, digest: str) -> FileLock:
    return FileLock(cache / f"{_folder_name(digest)}.lock", thread_local=False)


def _host_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if _HOST_VARIABLES.fullmatch(key)}


class _Build:
    """One build in the folder `work`, which its caller removes."""

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
        self.files = context_files(context, dockerfile)
        self.stages = parse_dockerfile(dockerfile, build_args)
        self.work, self.log, self.progress, self.stop = work, log, progress, stop
        self.variables: dict[str, str] = {}
        self.overrides: dict[str, str] = {}
        needed = needed_stages(self.stages)
        bases = [self.stages[number].base for number in needed]
        copied = [s.stage for n in needed for s in self.stages[n].steps if isinstance(s, Copy)]
        self.uses_left = {number: bases.count(number) + copied.count(number) for number in needed}

    def run(self) -> Stage:
        """Build every stage the last one needs, and return the last."""
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
        """Make the last stage the finished image `folder`, in one step."""
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
        shutil.rmtree(folder, ignore_errors=True)  # only ever a damaged one: the caller found none to load
        image.rename(folder)

    def _root(self, number: int) -> Path:
        return self.work / f"stage{number}"

    def _inside(self, number: int, path: str) -> Path:
        return self._root(number) / posixpath.normpath(path).lstrip("/")

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise UserError("stopped")

    def _error(self, line: int, problem: str) -> UserError:
        return UserError(f"{self.name}:{line}: {problem}")

    def _last_use(self, number: int) -> bool:
        self.uses_left[number] -= 1
        return self.uses_left[number] == 0

    def _begin(self, number: int) -> None:
        stage = self.stages[number]
        if isinstance(stage.base, int):
            # nobody needs the parent any more: take it over, which costs nothing; else a copy of its own, because
            # tools rewrite files in place and a hard link would change the other stage too
            if self._last_use(stage.base):
                self._root(stage.base).rename(self._root(number))
            else:
                self._copy_tree(self._root(stage.base), self._root(number), link=False)
            return
        if stage.base.partition("@")[0].rpartition("/")[2].partition(":")[0] != "node":
            raise self._error(
                stage.line, f"the rehearsal has no image {stage.base}, build on an official `node:` image"
            )
        if shutil.which("node") is None:
            raise UserError("Node.js is not on the PATH: install Node 20 or newer from https://nodejs.org")
        for folder in ("tmp", "home/node"):
            self._inside(number, folder).mkdir(parents=True)

    def _copy(self, number: int, step: Copy) -> None:
        base = self.context if step.stage is None else self._root(step.stage)
        link = step.stage is not None and self._last_use(step.stage)
        target = self._inside(number, step.destination)
        if not target.resolve().is_relative_to(self._root(number).resolve()):
            raise self._error(step.line, f"{step.destination} is a link out of the image, COPY to another path")
        into_folder = step.destination.endswith("/") or target.is_dir()
        for pattern in step.sources:
            names = self._matches(base, pattern, in_context=step.stage is None)
            if not names:
                where = "in the build context (or .dockerignore leaves it out)" if step.stage is None else "there"
                raise self._error(step.line, f"COPY names {pattern}, but there is no such file {where}")
            for name in names:
                if (base / name).is_dir():
                    self._copy_tree(base / name, target, link=link, mode=step.mode, files=self._files_below(step, name))
                else:
                    source = (base / name).resolve()
                    if not source.is_relative_to(base.resolve()):
                        raise self._error(step.line, f"COPY names {name}, a link to outside, replace it by the file")
                    single = target / Path(name).name if into_folder or len(names) > 1 else target
                    self._copy_file(source, single, link=link, mode=step.mode)

    def _matches(self, base: Path, pattern: str, *, in_context: bool) -> list[str]:
        pattern = posixpath.normpath("/" + pattern.lstrip("/")).lstrip("/")
        if not pattern:
            return ["."]
        if (base / pattern).exists():
            found = [pattern]
        else:
            found = sorted(p.relative_to(base).as_posix() for p in _glob(base, pattern.split("/")))
        if not in_context:
            return found
        return [name for name in found if any(file == name or file.startswith(f"{name}/") for file in self.files)]

    def _files_below(self, step: Copy, name: str) -> list[str] | None:
        if step.stage is not None:
            return None
        prefix = "" if name == "." else f"{name}/"
        return [file.removeprefix(prefix) for file in self.files if file.startswith(prefix)]

    def _copy_tree(
        self, source: Path, target: Path, *, link: bool, mode: int | None = None, files: list[str] | None = None
    ) -> None:
        """Copy the content of a folder; only `files`, relative to it, when given."""
        target.mkdir(parents=True, exist_ok=True)
        if files is None:
            files = []
            for folder, folders, names in os.walk(source):
                here = Path(folder).relative_to(source)
                (target / here).mkdir(parents=True, exist_ok=True)
                links = [name for name in folders if (Path(folder) / name).is_symlink()]
                files += [str(here / name) for name in [*names, *links]]
        for name in files:
            self._check_stop()
            self._copy_file(source / name, target / name, link=link, mode=mode)

    def _copy_file(self, source: Path, target: Path, *, link: bool, mode: int | None) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        # replaced, never written into: it may be a hard link of a file that belongs to another stage
        target.unlink(missing_ok=True)
        linked = False
        if link and not source.is_symlink():
            with contextlib.suppress(OSError):  # a file system without hard links
                os.link(source, target)
                linked = True
        if not linked:
            shutil.copy2(source, target, follow_symlinks=False)
        if mode is not None and not target.is_symlink():
            target.chmod(mode)

    def _run(self, number: int, step: Run) -> None:
        words = [word for word in step.script.split() if not re.match(r"\w+=", word)]
        title = f"{self.name}:{step.line}: `{step.script if len(step.script) <= 80 else step.script[:77] + '…'}`"  # noqa: PLR2004 # a line
        if words and words[0] in _PREPARES_SYSTEM:
            self.progress(f"{title} is skipped (it prepares the image's operating system)")
            return
        host = _HostRun(step, self._root(number), f"{self.name}:{step.line}", self.variables, self.overrides)
        self.progress(title)
        folder = self._inside(number, step.workdir)
        folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"\n--- {self.name}:{step.line} RUN {step.script}\n".encode())
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                ["/bin/sh", "-c", host.script],
                cwd=folder,
                env=host.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status = self._wait(process)
        if status != 0:
            raise UserError(
                f"{title} failed (exit {status}): {_last_lines(self.log, start)}; the whole log is in {self.log}"
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        try:
            while True:
                self._check_stop()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(0.1)
        finally:
            # the whole group, also after success: a command may leave children behind
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class _HostRun:
    """What a RUN becomes on this machine, where the image's `/` is the folder `root`: `script` and `variables`."""

    def __init__(
        self, step: Run, root: Path, where: str, host: Mapping[str, str], overrides: Mapping[str, str]
    ) -> None:
        self.root = root
        self.where = where
        self._refuse(step)
        self.variables = {**host, **step.environment, **overrides}
        for key, value in step.environment.items():
            if key in overrides or not value.startswith("/") or key == "PATH":
                continue
            if _PATH_VARIABLES.fullmatch(key):
                self.variables[key] = str(self._inside(value))
            uses = [match.start() for match in re.finditer(rf"\$\{{?{re.escape(key)}\b", step.script)]
            if uses and not _PATH_VARIABLES.fullmatch(key):
                self.variables[key] = self._translated(value)
            # the shell would split such a path into words, and a command would get hold of other folders
            if _UNUSUAL.search(self.variables[key]) and not all(_is_quoted(step.script[:use]) for use in uses):
                raise UserError(f'{where}: write "${key}" with its quotes, as the path it stands for may have blanks')
        if "PATH" in step.environment and "PATH" not in overrides:
            own = (self._inside(entry) for entry in step.environment["PATH"].split(":") if entry)
            self.variables["PATH"] = ":".join([*(str(path) for path in own if path.is_dir()), host.get("PATH", "")])
        self.script = self._translated_script(step.script)

    def _refuse(self, step: Run) -> None:
        if match := _CHANGES_MACHINE.search(step.script):
            raise UserError(
                f"{self.where}: `{match[1]}` would change this machine and not an image, remove it from this RUN"
            )
        if _HOME.search(step.script):
            raise UserError(
                f"{self.where}: this RUN names the home folder, which here is your own, name a path below WORKDIR"
            )
        for match in _CLIMBING.finditer(step.script):
            if _leaves(match[0], step.workdir):
                raise UserError(f"{self.where}: {match[0]} leads out of the image's folder, name a path below WORKDIR")

    def _inside(self, path: str) -> Path:
        return self.root / posixpath.normpath(path).lstrip("/")

    def _translated(self, path: str) -> str:
        top = path.strip("/").split("/")[0]
        if not top or not (self.root / top).is_dir():
            raise UserError(
                f"{self.where}: this RUN names {path}, which would be your own machine's, name a path below WORKDIR"
            )
        return str(self._inside(path))

    def _translated_script(self, script: str) -> str:
        result, end = "", 0
        for match in _ABSOLUTE.finditer(script):
            if match[0] in _HARMLESS:
                continue
            path = self._translated(match[0])
            if _UNUSUAL.search(path) and _is_quoted(script[: match.start()]):
                raise UserError(
                    f"{self.where}: {match[0]} inside quotes cannot be rehearsed in {self.root.parent.parent}, "
                    f"name a path below WORKDIR"
                )
            # backslashes keep wildcards working, which quotes would not
            result += script[end : match.start()] + re.sub(r"([^\w./@+*?\[\]-])", r"\\\1", path)
            end = match.end()
        return result + script[end:]


def _is_quoted(before: str) -> bool:
    quote = ""
    for char in re.sub(r"\\.", "", before):
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
    return quote != ""


def _leaves(path: str, workdir: str) -> bool:
    depth = 0 if path.startswith("/") else len(workdir.strip("/").split("/"))
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _glob(folder: Path, parts: list[str]) -> Iterator[Path]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if fnmatch.fnmatchcase(entry.name, parts[0]):
            yield from _glob(entry, parts[1:]) if len(parts) > 1 else (entry,)


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in _COLOURS.sub("", text).splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.match(line)] or lines
    return " | ".join(line[:300] for line in telling[-4:]) or "it printed nothing"
