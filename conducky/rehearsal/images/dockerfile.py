"""A Dockerfile as stages with every variable expanded, ready to be built."""

import contextlib
import copy
import dataclasses
import posixpath
import re
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path

from e2b_dockerfile_utils import DockerfileInstruction, DockerfileSyntaxError, ShellLex, parse_dockerfile_ast

from conducky.errors import UserError
from conducky.rehearsal.images.stage import NEEDS_ENGINE, Copy, MakeFolder, Mount, Run, Stage, display_name

# The search path of the official Node images, for `ENV PATH=…:$PATH`
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MODE = re.compile(r"[0-7]{3,4}")
_PORTS = re.compile(r"([0-9]{1,5})(-[0-9]{1,5})?(/\w+)?")
_REMOTE = re.compile(r"[a-z]+://|git@")
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz)$")
# What only a container's own health check, its volumes and its description are made of
_WITHOUT_EFFECT = ("HEALTHCHECK", "LABEL", "MAINTAINER", "VOLUME")


def parse_dockerfile(
    dockerfile: Path,
    build_args: Mapping[str, str],
    platform: str = "linux/amd64",
    target: str = "",
    *,
    to_build: bool = True,
) -> list[Stage]:
    """The stages of `dockerfile` up to the target; the last one is the image, for the platform.

    Line ends may be Windows's. Where it is not `to_build`, instructions that cannot be rehearsed are left out. Raises
    UserError when the rehearsal cannot do something as Docker would; the message names file and line.
    """
    try:
        text = dockerfile.read_text(encoding="utf-8-sig")
        syntax = parse_dockerfile_ast(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = f"{display_name(dockerfile)}:{line}: a character is not UTF-8"
        raise UserError(problem, "save the file as UTF-8") from None
    except DockerfileSyntaxError as error:
        problem = f"{display_name(dockerfile)}:{error.line}: {str(error).partition(': ')[2]}"
        raise UserError(problem, "correct it") from None
    reader = _Reader(display_name(dockerfile), build_args, platform, syntax.escape_token)
    for instruction in syntax.instructions:
        with contextlib.nullcontext() if to_build else contextlib.suppress(UserError):
            reader.read(instruction)
    if not reader.stages:
        raise UserError(f"{display_name(dockerfile)} has no FROM", "begin it with `FROM node:24-bookworm-slim`")
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if lines[-1].rstrip().endswith("\\"):
        raise UserError(f"{display_name(dockerfile)} ends inside an instruction", "remove the last `\\`")
    return reader.stages[: _number_of(target, reader.stages, display_name(dockerfile)) + 1]


def _number_of(target: str, stages: list[Stage], name: str) -> int:
    """The index of the stage that is wanted, by its name or number; the last one where none is named."""
    found = [n for n, stage in enumerate(stages) if target.lower() in (stage.name, str(n))] if target else [-1]
    if not found:
        names = ", ".join(stage.name for stage in stages if stage.name) or "none with a name"
        raise UserError(
            f"{name} has no stage {target} (there are {names})", "correct `target` in the settings of services"
        )
    return found[0] % len(stages)


class _Reader:
    """Reads one instruction after another, and collects the stages."""

    def __init__(self, name: str, build_args: Mapping[str, str], platform: str, escape: str) -> None:
        self.name = name
        self.build_args = build_args
        self.globals = _platform_arguments(platform)
        self.escape = escape
        self.stages: list[Stage] = []
        self.line = 0
        self.command_set = False

    def read(self, given: DockerfileInstruction) -> None:
        self.line = given.start_line
        if given.name in _WITHOUT_EFFECT:
            return
        if given.name == "ONBUILD":
            raise self.error("ONBUILD cannot be rehearsed", NEEDS_ENGINE)
        if given.heredocs and not _is_script(given):
            raise self.error("this heredoc (`<<`) cannot be rehearsed", NEEDS_ENGINE)
        if not self.stages and given.name not in ("FROM", "ARG"):
            raise self.error(f"{given.name} comes before the first FROM", "move it below")
        getattr(self, f"_{given.name.lower()}")(given)

    def error(self, problem: str, fix: str) -> UserError:
        return UserError(f"{self.name}:{self.line}: {problem}", fix)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    def expand(self, text: str, variables: Mapping[str, str] | None = None) -> str:
        """A word as BuildKit reads it: quotes and backslashes removed, variables of every form expanded."""
        if variables is None:
            variables = self.globals
            if self.stages:
                variables = {"PATH": IMAGE_PATH, **self.stage.arguments, **self.stage.environment}
        try:
            return ShellLex(self.escape, env=variables, skip_unset_env=False).process_word(text)
        except ValueError as error:
            raise self.error(str(error), "correct it, or set the variable with ARG or ENV above") from None

    def words(self, given: DockerfileInstruction) -> list[str]:
        return [self.expand(word) for word in given.args]

    def flags(self, given: DockerfileInstruction, allowed: tuple[str, ...]) -> dict[str, str]:
        found = {name: value for name, _, value in (flag.removeprefix("--").partition("=") for flag in given.flags)}
        for name in found:
            if name not in allowed:
                raise self.error(f"the option --{name} cannot be rehearsed", NEEDS_ENGINE)
        return found

    def _from(self, given: DockerfileInstruction) -> None:
        self.flags(given, ("platform",))
        words = [self.expand(word, self.globals) for word in given.args]
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):  # noqa: PLR2004  # image AS name
            raise self.error(f"`{given.original.strip()}` does not name an image", "write `FROM <image> [AS <name>]`")
        base = self._stage_number(words[0])
        stage = Stage(self.line, words[2].lower() if len(words) > 1 else "", words[0] if base is None else base)
        if base is not None:  # all else that an image remembers is its parent's
            parent = copy.deepcopy(self.stages[base])
            stage = dataclasses.replace(parent, line=stage.line, name=stage.name, base=base, steps=[])
        self.command_set = False
        self.stages.append(stage)

    def _stage_number(self, name: str) -> int | None:
        if name.isdigit():
            return int(name) if int(name) < len(self.stages) else None
        return next((i for i, stage in enumerate(self.stages) if stage.name and stage.name == name.lower()), None)

    def _arg(self, given: DockerfileInstruction) -> None:
        for word in self.words(given):
            key, has_default, default = word.partition("=")
            scope = self.stage.arguments if self.stages else self.globals
            if key in self.build_args:
                scope[key] = self.build_args[key]
            elif has_default:
                scope[key] = default
            elif self.stages and key in self.globals:
                scope[key] = self.globals[key]

    def _env(self, given: DockerfileInstruction) -> None:
        words = self.words(given)  # name, value and what is between them
        self.stage.environment.update(zip(words[::3], words[1::3], strict=True))

    def _workdir(self, given: DockerfileInstruction) -> None:
        self.stage.workdir = posixpath.normpath(posixpath.join(self.stage.workdir, *self.words(given)))
        self.stage.steps.append(MakeFolder(self.line, self.stage.workdir, self.stage.user))

    def _copy(self, given: DockerfileInstruction) -> None:
        flags, words = self.flags(given, ("from", "chown", "chmod", "link")), self.words(given)
        if len(words) < 2:  # noqa: PLR2004  # a source and a destination
            raise self.error("COPY needs a source and a destination", "write `COPY <source> <destination>`")
        stage = self._source_stage(self.expand(flags.get("from", "")))
        if "chmod" in flags and not _MODE.fullmatch(flags["chmod"]):
            raise self.error("--chmod with anything but an octal mode cannot be rehearsed", NEEDS_ENGINE)
        destination = posixpath.join(self.stage.workdir, words[-1])
        is_folder = destination.endswith(("/", "/.")) or len(words) > 2  # noqa: PLR2004  # several sources
        destination = posixpath.normpath(destination) + ("/" if is_folder else "")
        mode = int(flags["chmod"], 8) if "chmod" in flags else None
        owner = self.expand(flags.get("chown", "")).partition(":")[0]
        self.stage.steps.append(Copy(self.line, tuple(words[:-1]), destination, stage, mode, owner))

    def _add(self, given: DockerfileInstruction) -> None:
        """As COPY, for files of the context, which is all that most Dockerfiles use it for."""
        self.flags(given, ("chown", "chmod", "link"))
        for source in self.words(given)[:-1]:
            if _REMOTE.match(source) or _ARCHIVE.search(source):
                raise self.error(f"ADD of {source}, which is downloaded or unpacked, cannot be rehearsed", NEEDS_ENGINE)
        self._copy(given)

    def _run(self, given: DockerfileInstruction) -> None:
        stage = self.stage
        caches: list[str] = []
        mounts: list[Mount] = []
        for flag in given.flags:
            name, _, setting = flag.partition("=")
            mount = {key.lower(): text for key, _, text in (part.partition("=") for part in setting.split(","))}
            kind = mount.get("type", "bind")
            if name != "--mount" or kind not in ("bind", "cache"):
                raise self.error(f"`RUN {flag}` cannot be rehearsed", NEEDS_ENGINE)
            target = self.expand(mount.get("target") or mount.get("dst") or mount.get("destination") or "")
            path = posixpath.normpath(posixpath.join(stage.workdir, target))
            if kind == "cache":
                caches.append(path)
            elif not target or path == "/":
                raise self.error(f"`RUN {flag}` does not say where", "add `target=` and a path below `/`")
            else:
                mounts.append(self._bind(mount, path))
        script = shlex.join(given.args) if given.json else "".join(given.args)
        for document in given.heredocs:
            script = re.sub(r"^\t+", "", document.content, flags=re.MULTILINE) if document.chomp else document.content
        shell = ("/bin/sh", "-c") if given.json else stage.shell
        variables = {**stage.arguments, **stage.environment}
        stage.steps.append(
            Run(self.line, script, stage.workdir, variables, shell, stage.user, tuple(caches), tuple(mounts))
        )

    def _bind(self, mount: Mapping[str, str], path: str) -> Mount:
        source = self.expand(mount.get("source") or mount.get("src") or "/")
        copied = Copy(self.line, (source,), path, self._source_stage(mount.get("from", "")), None, "", "RUN --mount")
        writable = any(mount.get(name, "false") in ("", "true", "1") for name in ("rw", "readwrite"))
        return Mount(copied, writable)

    def _source_stage(self, name: str) -> int | None:
        """The stage that `from` names; None for the context."""
        stage = self._stage_number(name) if name else None
        if name and stage is None:
            raise self.error(f"no stage above is named {name}, and other images cannot be copied from", NEEDS_ENGINE)
        return stage

    def _shell(self, given: DockerfileInstruction) -> None:
        if not (given.json and given.args):
            raise self.error("SHELL takes a JSON list", 'write for example `SHELL ["/bin/bash", "-c"]`')
        self.stage.shell = tuple(given.args)

    def _stopsignal(self, given: DockerfileInstruction) -> None:
        name = "".join(self.words(given)).upper()
        number = name.isdigit() and int(name) in set(signal.Signals)
        if not number and name.removeprefix("SIG") not in {known.name.removeprefix("SIG") for known in signal.Signals}:
            raise self.error(f"STOPSIGNAL {name} is not a signal", "write for example `STOPSIGNAL SIGTERM`")
        self.stage.stop_signal = signal.Signals(int(name)).name if number else f"SIG{name.removeprefix('SIG')}"

    def _user(self, given: DockerfileInstruction) -> None:
        self.stage.user = "".join(self.words(given))

    def _expose(self, given: DockerfileInstruction) -> None:
        for port in " ".join(self.words(given)).split():
            ports = _PORTS.fullmatch(port)
            if not ports:
                raise self.error(f"EXPOSE {port} is not a port", "write for example `EXPOSE 3000`")
            self.stage.exposed += (int(ports[1]),)  # the first of a range

    def _entrypoint(self, given: DockerfileInstruction) -> None:
        self.stage.entrypoint = self._command(given)
        # As in Docker, a new entry point forgets the inherited command
        self.stage.command = self.stage.command if self.command_set else ()

    def _cmd(self, given: DockerfileInstruction) -> None:
        self.stage.command = self._command(given)
        self.command_set = True

    def _command(self, given: DockerfileInstruction) -> tuple[str, ...]:
        """The words of a command in either form; the shell form becomes a call of the shell."""
        return tuple(given.args) if given.json else (*self.stage.shell, "".join(given.args))


def _is_script(given: DockerfileInstruction) -> bool:
    """Whether an instruction is a RUN whose heredoc is all that the shell is to run."""
    alone = given.name == "RUN" and re.fullmatch(r"<<-?[\"']?[\w.-]+[\"']?", "".join(given.args).strip())
    return bool(alone) and not given.heredocs[0].content.startswith("#!")


def _platform_arguments(platform: str) -> dict[str, str]:
    """What BuildKit sets: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope."""
    system, _, rest = platform.partition("/")
    processor, _, variant = rest.partition("/")
    values = {"PLATFORM": platform, "OS": system, "ARCH": processor, "VARIANT": variant}
    return {f"{side}{name}": value for side in ("TARGET", "BUILD") for name, value in values.items()}
