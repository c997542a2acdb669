"""An image that a person's source can build: what starts it, and all that this and its build run."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from e2b_dockerfile_utils import DockerfileInstruction, parse_dockerfile_ast

from conducky.adoption.commands import Commands, all_commands, called_by
from conducky.adoption.declared import Declared
from conducky.adoption.shell import variables_read
from conducky.adoption.source import Source
from conducky.adoption.tree import Tree
from conducky.adoption.words import TEXT
from conducky.errors import printable
from conducky.rehearsal.images.stage import ROOT_USERS, Run, Stage, Step, built_on, needed_stages


@dataclass(frozen=True)
class Candidate:
    """A Dockerfile, with what declares it, its context and the source that it runs.

    The last of its `stages` is what it builds, and `target` the name of that, empty for the last of all. `context_why`
    and `role_why` are reasons; the role is empty where nothing tells it.
    """

    tree: Tree
    dockerfile: Path
    target: str
    stages: Sequence[Stage]
    declared: tuple[Declared, ...]
    context: Path
    context_why: str
    source: Source
    role: str
    role_why: str

    @property
    def path(self) -> Path:
        """Its Dockerfile, as an absolute path."""
        return self.tree.root / self.dockerfile

    @property
    def stage(self) -> Stage:
        """What it builds."""
        return self.stages[-1]

    @property
    def is_root(self) -> bool:
        """Whether the image starts as root, as far as that can be seen: its base may have a user of its own."""
        return self.stage.user.partition(":")[0] in ROOT_USERS and not self.has_own_user

    @property
    def has_own_user(self) -> bool:
        """Whether it is built on one of the images that are known for a user other than root."""
        return not self.stage.user and bool(TEXT["own_user"].match(self.base))

    @property
    def start(self) -> tuple[str, ...]:
        """What starts it: the image's entry point, and the command that is deployed today, or the image's."""
        deployed = next((use.command for use in self.declared if use.command), self.stage.command)
        return (*self.stage.entrypoint, *deployed)

    @property
    def start_line(self) -> str:
        """Where what starts it is written: the last of its words."""
        deployed = next((str(use.file) for use in self.declared if use.command), "")
        return deployed or self.line("CMD" if self._last("CMD") else "ENTRYPOINT")

    @cached_property
    def at_start(self) -> list[Commands]:
        """All that starting the container runs."""
        names = {posixpath.basename(word) for word in self.start}
        first = [Commands(self.start_line, _as_script(self.start)), *self._written(names - {""})]
        return all_commands(first, self.source, self.context)

    @cached_property
    def in_build(self) -> list[Commands]:
        """All that building the image runs."""
        stages = [self.stages[number] for number in needed_stages([*self.stages])]
        runs = [step for stage in stages for step in stage.steps if isinstance(step, Run)]
        lines = self.tree.text(self.dockerfile).split("\n")
        first = [
            Commands(f"RUN in {self.dockerfile}:{step.line}", TEXT["printed"].sub("", step.script))
            for step in runs
            if not TEXT["writes_file"].search(next(iter(lines[step.line - 1 : step.line]), ""))
        ]
        return all_commands(first, self.source, self.context)

    def starting(self, what: str) -> str | None:
        """Where starting the container does `what` (`migrates`, `builds`)."""
        return next((where for where, _ in self._at_start(what)), None)

    @property
    def started_port(self) -> list[tuple[int, str]]:
        """The port that a command at the start gives to the server, which then ignores PORT, and where that is."""
        return [(int(match[1] or match[2]), where) for where, match in self._at_start("start_port")][:1]

    def _at_start(self, what: str) -> Iterator[tuple[str, re.Match[str]]]:
        """Where a pattern is found in what the start runs, the first time in each text."""
        for each in self.at_start:
            if match := each.find(TEXT[what]):
                yield each.at(match), match

    def runs_migrations(self, command: str) -> bool:
        """Whether a command of the start runs migrations, itself or by what it calls."""
        called = called_by(command, self.source, self.context)
        return bool(TEXT["migrates"].search(command)) or any(each.where in self._migrating for each in called)

    @cached_property
    def _migrating(self) -> frozenset[str]:
        """Where the texts of the start are of which `runs_migrations` is true."""
        found = {each.where for each in self.at_start if each.find(TEXT["migrates"])}
        while more := {each.where for each in self.at_start if each.calls & found} - found:
            found |= more
        return frozenset(found)

    @property
    def started_variables(self) -> dict[str, tuple[str, bool]]:
        """The variables that scripts of the start read: where, and whether they can do without."""
        found: dict[str, tuple[str, bool]] = {}
        for each in self.at_start:
            for read in variables_read(each.script):
                first, before = found.get(read.name, (each.at_line(read.line), True))
                found[read.name] = (first, before and read.is_optional)
        return found

    @property
    def build_args(self) -> dict[str, str]:
        """The build arguments whose values are declared."""
        given = [*reversed(self.declared)]
        return {name: value for use in given for name, value in use.build_args.items() if value is not None}

    @property
    def image_stages(self) -> list[Stage]:
        """What it builds, and the stages that this is built on, of which all files are in the image."""
        return [self.stages[number] for number in built_on(self.stages, len(self.stages) - 1)]

    @property
    def image_steps(self) -> list[Step]:
        """The steps of these stages."""
        return [step for stage in self.image_stages for step in stage.steps]

    def _written(self, names: set[str]) -> Iterator[Commands]:
        """Files of these names that the Dockerfile writes itself."""
        for each in self._instructions:
            line = " ".join(each.args)
            words = re.findall(r">+\s*([^\s;&|>]+)", line) if each.name == "RUN" else each.args[-1:]
            if (each.name == "RUN" or each.heredocs) and names & {posixpath.basename(word) for word in words}:
                documents = "\n".join(document.content for document in each.heredocs)
                where = f"{each.name} in {self.dockerfile}:{each.start_line}"
                yield Commands(where, documents or line.replace("\\n", "\n"), is_shell=bool(documents))

    @property
    def base(self) -> str:
        """The image that it is built on in the end, also through other stages."""
        return str(self.image_stages[-1].base)

    def line(self, name: str) -> str:
        """The line of the last instruction of this name that the image has, to show where something was found."""
        found = self._last(name)
        return f"{name} in {self.dockerfile}:{found.start_line if found else 1}"

    def instruction(self, name: str) -> str:
        """The words of the last instruction of this name that the image has; empty where there is none."""
        found = self._last(name)
        return " ".join(found.args) if found else ""

    def _last(self, name: str) -> DockerfileInstruction | None:
        return next((each for each in reversed(self._instructions) if each.name == name), None)

    @cached_property
    def instructions(self) -> list[DockerfileInstruction]:
        """All of its Dockerfile."""
        return parse_dockerfile_ast(self.tree.text(self.dockerfile)).instructions

    @cached_property
    def _instructions(self) -> list[DockerfileInstruction]:
        """Those of the stage, and of the stages that it is built on."""
        stages = self.image_stages
        found: list[DockerfileInstruction] = []
        is_own = False
        for each in self.instructions:
            if each.name == "FROM":
                is_own = any(each.start_line == stage.line for stage in stages)
            if is_own:
                found.append(each)
        return found

    def shown(self) -> str:
        """Its Dockerfile as a person can name it from the folder that they are in."""
        here = Path.cwd()
        return printable(str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path))

    def pasted(self) -> str:
        """The same for a command."""
        return shlex.quote(self.shown())


def _as_script(start: Sequence[str]) -> str:
    """What a shell reads of a command that calls it with `-c`; of any other, all of its words."""
    options = next((number for number, word in enumerate(start) if number and not word.startswith("-")), 0)
    flags = "".join(start[1:options])
    if options and posixpath.basename(start[0]) in ("sh", "bash", "ash", "dash") and "c" in flags:
        ends = "#!/bin/sh -e\n" if "e" in flags else ""
        return ends + " ".join(start[options:])
    return " ".join(start)
