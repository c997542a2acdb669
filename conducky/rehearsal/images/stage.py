"""What an image is built of: stages, and the steps of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NEEDS_ENGINE = "this needs a container engine: install Docker or Podman"
ROOT_USERS = ("", "0", "root")


@dataclass(frozen=True)
class MakeFolder:
    """WORKDIR: the folder `path` exists from here on, and is `owner`'s if it did not before."""

    line: int
    path: str
    owner: str = ""


@dataclass(frozen=True)
class Copy:
    """COPY: `sources` of the context, or of an earlier stage, to the absolute `destination`.

    A destination that ends in `/` is a folder. `mode` is the permission bits of --chmod, `owner` the user of --chown,
    `instruction` what asks for it, for messages.
    """

    line: int
    sources: tuple[str, ...]
    destination: str
    stage: int | None
    mode: int | None
    owner: str = ""
    instruction: str = "COPY"


@dataclass(frozen=True)
class Mount:
    """`--mount=type=bind`: what `copy` would bring is there while a command runs, read-only unless it is `writable`.

    Neither it nor what a command changes there becomes part of the image.
    """

    copy: Copy
    writable: bool = False


@dataclass(frozen=True)
class Run:
    """RUN: a `script` for `shell` in `workdir`, with the stage's ARG and ENV values, by the user `owner`.

    What it leaves in the folders `caches` (of `--mount=type=cache`) does not become part of the image.
    """

    line: int
    script: str
    workdir: str
    environment: Mapping[str, str]
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    owner: str = ""
    caches: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()


Step = MakeFolder | Copy | Run


def copies_of(step: Step) -> tuple[Copy, ...]:
    """What a step takes from the context and from other stages."""
    if isinstance(step, Run):
        return tuple(mount.copy for mount in step.mounts)
    return (step,) if isinstance(step, Copy) else ()


def used_stages(steps: list[Step]) -> list[int]:
    """The stages from which steps take something, once for each time."""
    return [copy.stage for step in steps for copy in copies_of(step) if copy.stage is not None]


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
    stop_signal: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")


def display_name(dockerfile: Path) -> str:
    """A Dockerfile's name as people write it: `backend/Dockerfile`."""
    return f"{dockerfile.absolute().parent.name}/{dockerfile.name}"


def needed_stages(stages: list[Stage]) -> list[int]:
    """The stages, in order, that the last one is built from, itself included."""
    needed = {len(stages) - 1}
    for number in range(len(stages) - 1, -1, -1):
        if number in needed:
            stage = stages[number]
            needed.update(used_stages(stage.steps))
            if isinstance(stage.base, int):
                needed.add(stage.base)
    return sorted(needed)


def built_on(stages: Sequence[Stage], number: int) -> list[int]:
    """A stage and those that it is built on, the nearest first."""
    found = [number]
    while isinstance(base := stages[found[-1]].base, int):
        found.append(base)
    return found
