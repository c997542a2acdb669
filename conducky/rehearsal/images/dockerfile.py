"""A Dockerfile as stages with every variable expanded, ready to be built."""

import contextlib
import posixpath
import re
import shlex
import signal
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, TypedDict, cast

from dockerfile_parse import DockerfileParser

from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile_syntax import (
    command_words,
    exec_form,
    expand_words,
    is_heredoc,
    split_options,
)
from conducky.rehearsal.images.stage import NEEDS_ENGINE, Copy, MakeFolder, Run, Stage, display_name

# The search path of the official Node images, for `ENV PATH=…:$PATH`
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MODE = re.compile(r"[0-7]{3,4}")
_REMOTE = re.compile(r"[a-z]+://|git@")
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz)$")
# What only a container's own health check, its volumes and its description are made of
_WITHOUT_EFFECT = ("HEALTHCHECK", "LABEL", "MAINTAINER", "VOLUME")


class _Instruction(TypedDict):
    instruction: str
    startline: int
    content: str
    value: str


def parse_dockerfile(
    dockerfile: Path,
    build_args: Mapping[str, str],
    platform: str = "linux/amd64",
    target: str = "",
    *,
    to_build: bool = True,
) -> list[Stage]:
    """The stages of `dockerfile` up to the target; the last one is the image, for the platform.

    Line ends may be Windows's. Where it is not `to_build`, instructions that cannot be rehearsed are left out.

    Raises:
        UserError: the rehearsal cannot do something as Docker would; the message names file and line.
    """
    text = dockerfile.read_text(encoding="utf-8-sig")
    parser = DockerfileParser(fileobj=cast("IO[str]", BytesIO(text.encode())), env_replace=False)
    structure = cast("list[_Instruction]", parser.structure)
    reader = _Reader(display_name(dockerfile), build_args, platform)
    for item in structure:
        if item["instruction"] != "COMMENT":
            with contextlib.nullcontext() if to_build else contextlib.suppress(UserError):
                reader.read(item["startline"] + 1, item["instruction"], item["value"].strip())
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

    def __init__(self, name: str, build_args: Mapping[str, str], platform: str) -> None:
        self.name = name
        self.build_args = build_args
        self.globals = _platform_arguments(platform)
        self.stages: list[Stage] = []
        self.line = 0
        self.command_set = False

    def read(self, line: int, instruction: str, value: str) -> None:
        self.line = line
        if instruction not in _INSTRUCTIONS:
            if instruction in _WITHOUT_EFFECT:
                return
            if instruction == "ONBUILD":
                raise self.error("ONBUILD cannot be rehearsed", NEEDS_ENGINE)
            raise self.error(f"{instruction} is not an instruction of a Dockerfile", "correct it")
        if instruction in ("RUN", "COPY", "ADD") and is_heredoc(value):
            raise self.error("a heredoc (`<<`) cannot be rehearsed", NEEDS_ENGINE)
        if not self.stages and instruction not in ("FROM", "ARG"):
            raise self.error(f"{instruction} comes before the first FROM", "move it below")
        getattr(self, f"_{instruction.lower()}")(value)

    def error(self, problem: str, fix: str) -> UserError:
        return UserError(f"{self.name}:{self.line}: {problem}", fix)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    def words(self, text: str) -> list[str]:
        if not self.stages:
            return self._expanded(text, self.globals)
        return self._expanded(text, {"PATH": IMAGE_PATH, **self.stage.arguments, **self.stage.environment})

    def _expanded(self, text: str, variables: Mapping[str, str]) -> list[str]:
        try:
            return expand_words(text, variables)
        except ValueError as error:
            raise self.error(str(error), "correct it, or set the variable with ARG or ENV above") from None

    def _flags(self, value: str, allowed: tuple[str, ...]) -> tuple[dict[str, str], str]:
        options, rest = split_options(value)
        for name, _ in options:
            if name not in allowed:
                raise self.error(f"the option --{name} cannot be rehearsed", NEEDS_ENGINE)
        return dict(options), rest

    def _from(self, value: str) -> None:
        _, value = self._flags(value, ("platform",))
        words = self._expanded(value, self.globals)
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):  # noqa: PLR2004  # image AS name
            raise self.error(f"`FROM {value}` does not name an image", "write `FROM <image> [AS <name>]`")
        base = self._stage_number(words[0])
        stage = Stage(self.line, words[2].lower() if len(words) > 1 else "", words[0] if base is None else base)
        if base is not None:
            parent = self.stages[base]
            stage.workdir, stage.user, stage.exposed = parent.workdir, parent.user, parent.exposed
            stage.entrypoint, stage.command = parent.entrypoint, parent.command
            stage.stop_signal, stage.shell = parent.stop_signal, parent.shell
            stage.arguments, stage.environment = dict(parent.arguments), dict(parent.environment)
        self.command_set = False
        self.stages.append(stage)

    def _stage_number(self, name: str) -> int | None:
        if name.isdigit():
            return int(name) if int(name) < len(self.stages) else None
        return next((i for i, stage in enumerate(self.stages) if stage.name and stage.name == name.lower()), None)

    def _arg(self, value: str) -> None:
        for word in self.words(value):
            key, given, default = word.partition("=")
            scope = self.stage.arguments if self.stages else self.globals
            if key in self.build_args:
                scope[key] = self.build_args[key]
            elif given:
                scope[key] = default
            elif self.stages and key in self.globals:
                scope[key] = self.globals[key]

    def _env(self, value: str) -> None:
        key, _, rest = value.partition(" ")
        if "=" not in key:
            self.stage.environment[key] = " ".join(self.words(rest.strip()))
            return
        pairs = [word.partition("=") for word in self.words(value)]
        self.stage.environment.update({key: text for key, _, text in pairs})

    def _workdir(self, value: str) -> None:
        self.stage.workdir = posixpath.normpath(posixpath.join(self.stage.workdir, " ".join(self.words(value))))
        self.stage.steps.append(MakeFolder(self.line, self.stage.workdir, self.stage.user))

    def _copy(self, value: str) -> None:
        flags, value = self._flags(value, ("from", "chown", "chmod", "link"))
        words = [" ".join(self.words(word)) for word in exec_form(value) or ()] or self.words(value)
        if len(words) < 2:  # noqa: PLR2004  # a source and a destination
            raise self.error("COPY needs a source and a destination", "write `COPY <source> <destination>`")
        source = " ".join(self.words(flags.get("from", "")))
        stage = self._stage_number(source) if source else None
        if source and stage is None:
            raise self.error(f"no stage above is named {source}, and other images cannot be copied from", NEEDS_ENGINE)
        if "chmod" in flags and not _MODE.fullmatch(flags["chmod"]):
            raise self.error("--chmod with anything but an octal mode cannot be rehearsed", NEEDS_ENGINE)
        destination = posixpath.join(self.stage.workdir, words[-1])
        is_folder = destination.endswith(("/", "/.")) or len(words) > 2  # noqa: PLR2004  # several sources
        destination = posixpath.normpath(destination) + ("/" if is_folder else "")
        mode = int(flags["chmod"], 8) if "chmod" in flags else None
        owner = " ".join(self.words(flags.get("chown", ""))).partition(":")[0]
        self.stage.steps.append(Copy(self.line, tuple(words[:-1]), destination, stage, mode, owner))

    def _add(self, value: str) -> None:
        """As COPY, for files of the context, which is all that most Dockerfiles use it for."""
        _, rest = self._flags(value, ("chown", "chmod", "link"))
        for source in (exec_form(rest) or tuple(self.words(rest)))[:-1]:
            if _REMOTE.match(source) or _ARCHIVE.search(source):
                raise self.error(f"ADD of {source}, which is downloaded or unpacked, cannot be rehearsed", NEEDS_ENGINE)
        self._copy(value)

    def _run(self, value: str) -> None:
        options, value = split_options(value)
        caches: list[str] = []
        for name, setting in options:
            mount = {key: text for key, _, text in (part.partition("=") for part in setting.split(","))}
            if name != "mount" or mount.get("type") != "cache":
                raise self.error(f"`RUN --{name}{f'={setting}' if setting else ''}` cannot be rehearsed", NEEDS_ENGINE)
            target = mount.get("target") or mount.get("dst") or mount.get("destination") or ""
            caches.append(posixpath.join(self.stage.workdir, " ".join(self.words(target))))
        stage = self.stage
        form = exec_form(value)
        script = " ".join(shlex.quote(word) for word in form) if form else value
        shell = ("/bin/sh", "-c") if form else stage.shell
        variables = {**stage.arguments, **stage.environment}
        stage.steps.append(Run(self.line, script, stage.workdir, variables, shell, stage.user, tuple(caches)))

    def _shell(self, value: str) -> None:
        form = exec_form(value)
        if not form:
            raise self.error("SHELL takes a JSON list", 'write for example `SHELL ["/bin/bash", "-c"]`')
        self.stage.shell = form

    def _stopsignal(self, value: str) -> None:
        name = " ".join(self.words(value)).upper()
        number = name.isdigit() and int(name) in set(signal.Signals)
        if not number and name.removeprefix("SIG") not in {known.name.removeprefix("SIG") for known in signal.Signals}:
            raise self.error(f"STOPSIGNAL {value} is not a signal", "write for example `STOPSIGNAL SIGTERM`")
        self.stage.stop_signal = signal.Signals(int(name)).name if number else f"SIG{name.removeprefix('SIG')}"

    def _user(self, value: str) -> None:
        self.stage.user = " ".join(self.words(value))

    def _expose(self, value: str) -> None:
        ports = [word.partition("/")[0] for word in self.words(value)]
        if not all(port.isdigit() for port in ports):
            raise self.error(f"EXPOSE {value} is not a port", "write for example `EXPOSE 3000`")
        self.stage.exposed += tuple(int(port) for port in ports)

    def _entrypoint(self, value: str) -> None:
        self.stage.entrypoint = command_words(value, self.stage.shell)
        # As in Docker, a new entry point forgets the inherited command
        self.stage.command = self.stage.command if self.command_set else ()

    def _cmd(self, value: str) -> None:
        self.stage.command = command_words(value, self.stage.shell)
        self.command_set = True


def _platform_arguments(platform: str) -> dict[str, str]:
    """What BuildKit sets: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope."""
    system, _, rest = platform.partition("/")
    processor, _, variant = rest.partition("/")
    values = {"PLATFORM": platform, "OS": system, "ARCH": processor, "VARIANT": variant}
    return {f"{side}{name}": value for side in ("TARGET", "BUILD") for name, value in values.items()}


_INSTRUCTIONS = (
    *("FROM", "ARG", "ENV", "WORKDIR", "COPY", "ADD", "RUN", "USER"),
    *("EXPOSE", "ENTRYPOINT", "CMD", "SHELL", "STOPSIGNAL"),
)
