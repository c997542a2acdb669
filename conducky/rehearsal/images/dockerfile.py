"""A Dockerfile as stages with every variable expanded, ready to be built."""

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, TypedDict, cast

from dockerfile_parse import DockerfileParser

from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile_syntax import command_words, exec_form, expand_words, split_options

# The search path of the official Node images, for `ENV PATH=…:$PATH`
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HEREDOC = re.compile(r"(?<!<)<<-?[\"']?[A-Za-z_]")
_MODE = re.compile(r"[0-7]{3,4}")


@dataclass(frozen=True)
class MakeFolder:
    """WORKDIR: the folder `path` exists from here on."""

    line: int
    path: str


@dataclass(frozen=True)
class Copy:
    """COPY: `sources` of the context, or of an earlier stage, to the absolute `destination`.

    A destination that ends in `/` is a folder. `mode` is the permission bits of --chmod.
    """

    line: int
    sources: tuple[str, ...]
    destination: str
    stage: int | None
    mode: int | None


@dataclass(frozen=True)
class Run:
    """RUN: a shell `script` in `workdir`, with the stage's ARG and ENV values."""

    line: int
    script: str
    workdir: str
    environment: Mapping[str, str]


Step = MakeFolder | Copy | Run


@dataclass
class Stage:
    """One FROM and what follows it. `base` is the number of an earlier stage, or the name of an image.

    What an image remembers (`workdir`, `environment`, `entrypoint`, …) is as at the stage's end.
    """

    line: int
    name: str
    base: int | str
    steps: list[Step] = field(default_factory=list[Step])
    workdir: str = "/"
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ("node",)  # The official Node images' own
    user: str = ""
    exposed: tuple[int, ...] = ()


class _Instruction(TypedDict):
    instruction: str
    startline: int
    content: str
    value: str


def display_name(dockerfile: Path) -> str:
    """A Dockerfile's name as people write it: `backend/Dockerfile`."""
    return f"{dockerfile.absolute().parent.name}/{dockerfile.name}"


def parse_dockerfile(dockerfile: Path, build_args: Mapping[str, str]) -> list[Stage]:
    """The stages of `dockerfile`; the last one is the image.

    Raises:
        UserError: the rehearsal cannot do something as Docker would; the message names file and line.
    """
    parser = DockerfileParser(fileobj=cast("IO[str]", BytesIO(dockerfile.read_bytes())), env_replace=False)
    structure = cast("list[_Instruction]", parser.structure)
    reader = _Reader(display_name(dockerfile), build_args)
    for item in structure:
        if item["instruction"] != "COMMENT":
            reader.read(item["startline"] + 1, item["instruction"], item["value"].strip())
    if not reader.stages:
        raise UserError(f"{display_name(dockerfile)} has no FROM", "begin it with `FROM node:24-bookworm-slim`")
    lines = [text for text in dockerfile.read_text().splitlines() if text.strip() and not text.strip().startswith("#")]
    if lines[-1].rstrip().endswith("\\"):
        raise UserError(f"{display_name(dockerfile)} ends inside an instruction", "remove the last `\\`")
    return reader.stages


def needed_stages(stages: list[Stage]) -> list[int]:
    """The stages, in order, that the last one is built from, itself included."""
    needed = {len(stages) - 1}
    for number in range(len(stages) - 1, -1, -1):
        if number in needed:
            stage = stages[number]
            needed.update(step.stage for step in stage.steps if isinstance(step, Copy) and step.stage is not None)
            if isinstance(stage.base, int):
                needed.add(stage.base)
    return sorted(needed)


class _Reader:
    """Reads one instruction after another, and collects the stages."""

    def __init__(self, name: str, build_args: Mapping[str, str]) -> None:
        self.name = name
        self.build_args = build_args
        self.globals: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.line = 0
        self.command_set = False

    def read(self, line: int, instruction: str, value: str) -> None:
        self.line = line
        if instruction in ("HEALTHCHECK", "LABEL"):
            return
        if instruction in ("RUN", "COPY") and _HEREDOC.search(value):
            raise self.error("a heredoc (`<<`) cannot be rehearsed", "write a script file and COPY it")
        method = getattr(self, f"_{instruction.lower()}", None)
        if not instruction.isalpha() or method is None or instruction not in _INSTRUCTIONS:
            raise self.error(f"{instruction} cannot be rehearsed", "write it as COPY, RUN, ENV or WORKDIR")
        if not self.stages and instruction not in ("FROM", "ARG"):
            raise self.error(f"{instruction} comes before the first FROM", "move it below")
        method(value)

    def error(self, problem: str, fix: str) -> UserError:
        return UserError(f"{self.name}:{self.line}: {problem}", fix)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    def words(self, text: str) -> list[str]:
        return expand_words(text, {"PATH": IMAGE_PATH, **self.stage.arguments, **self.stage.environment})

    def _flags(self, value: str, allowed: tuple[str, ...]) -> tuple[dict[str, str], str]:
        options, rest = split_options(value)
        for name, _ in options:
            if name not in allowed:
                raise self.error(f"the option --{name} cannot be rehearsed", "remove it")
        return dict(options), rest

    def _from(self, value: str) -> None:
        _, value = self._flags(value, ("platform",))
        words = expand_words(value, self.globals)
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):  # noqa: PLR2004  # image AS name
            raise self.error(f"`FROM {value}` does not name an image", "write `FROM <image> [AS <name>]`")
        base = self._stage_number(words[0])
        stage = Stage(self.line, words[2].lower() if len(words) > 1 else "", words[0] if base is None else base)
        if base is not None:
            parent = self.stages[base]
            stage.workdir, stage.user, stage.exposed = parent.workdir, parent.user, parent.exposed
            stage.entrypoint, stage.command = parent.entrypoint, parent.command
            stage.arguments, stage.environment = dict(parent.arguments), dict(parent.environment)
        self.command_set = False
        self.stages.append(stage)

    def _stage_number(self, name: str) -> int | None:
        if name.isdigit():
            return int(name) if int(name) < len(self.stages) else None
        return next((i for i, stage in enumerate(self.stages) if stage.name and stage.name == name.lower()), None)

    def _arg(self, value: str) -> None:
        for word in self.words(value) if self.stages else expand_words(value, self.globals):
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
        self.stage.steps.append(MakeFolder(self.line, self.stage.workdir))

    def _copy(self, value: str) -> None:
        flags, value = self._flags(value, ("from", "chown", "chmod", "link"))
        words = [" ".join(self.words(word)) for word in exec_form(value) or ()] or self.words(value)
        if len(words) < 2:  # noqa: PLR2004  # a source and a destination
            raise self.error("COPY needs a source and a destination", "write `COPY <source> <destination>`")
        stage = self._stage_number(flags["from"]) if "from" in flags else None
        if "from" in flags and stage is None:
            raise self.error(
                f"no stage above is named {flags['from']}", "copy from a stage; other images cannot be rehearsed"
            )
        if "chmod" in flags and not _MODE.fullmatch(flags["chmod"]):
            raise self.error("--chmod takes an octal mode in a rehearsal", "write for example `--chmod=755`")
        destination = posixpath.join(self.stage.workdir, words[-1])
        is_folder = destination.endswith(("/", "/.")) or len(words) > 2  # noqa: PLR2004  # several sources
        destination = posixpath.normpath(destination) + ("/" if is_folder else "")
        mode = int(flags["chmod"], 8) if "chmod" in flags else None
        self.stage.steps.append(Copy(self.line, tuple(words[:-1]), destination, stage, mode))

    def _run(self, value: str) -> None:
        options, value = split_options(value)
        for name, setting in options:
            if name != "mount" or "type=cache" not in setting.split(","):
                raise self.error(f"`RUN --{name}` cannot be rehearsed", "use only `--mount=type=cache`")
        stage = self.stage
        form = exec_form(value)
        script = " ".join(shlex.quote(word) for word in form) if form else value
        stage.steps.append(Run(self.line, script, stage.workdir, {**stage.arguments, **stage.environment}))

    def _user(self, value: str) -> None:
        self.stage.user = " ".join(self.words(value))

    def _expose(self, value: str) -> None:
        ports = [word.partition("/")[0] for word in self.words(value)]
        if not all(port.isdigit() for port in ports):
            raise self.error(f"EXPOSE {value} is not a port", "write for example `EXPOSE 3000`")
        self.stage.exposed += tuple(int(port) for port in ports)

    def _entrypoint(self, value: str) -> None:
        self.stage.entrypoint = command_words(value)
        # As in Docker, a new entry point forgets the inherited command
        self.stage.command = self.stage.command if self.command_set else ()

    def _cmd(self, value: str) -> None:
        self.stage.command = command_words(value)
        self.command_set = True


_INSTRUCTIONS = ("FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "ENTRYPOINT", "CMD")
