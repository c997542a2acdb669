"""What a file of another tool says about one service."""

import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conducky.adoption.tree import as_list, as_map

_ELSEWHERE: Final = (
    "sidecars",
    "storage",
    "publish",
    "subscribe",
    "entrypoint",
    "env_file",
    "taskdef_overrides",
)


@dataclass
class Declared:
    """One service of such a file. A variable whose value is not there in plain text is None; `published` are ports.

    `beside` are settings of services by the end of their key, such as `Cpu`; `paths` are patterns of the load balancer;
    `volumes` are folders of the container that outlive it.
    """

    name: str
    file: Path
    dockerfile: Path | None = None
    context: Path | None = None
    target: str = ""
    command: tuple[str, ...] = ()
    image: str = ""
    role: str = ""
    port: int | None = None
    published: tuple[int, ...] = ()
    health: str = ""
    paths: tuple[str, ...] = ()
    build_args: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    variables: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    secrets: tuple[str, ...] = ()
    beside: Mapping[str, int] = field(default_factory=dict[str, int])
    architecture: str = ""
    volumes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_copilot(self) -> bool:
        """Whether it is deployed by Copilot, which keeps secrets apart, so that no plain value is one."""
        return self.file.name == "manifest.yml"


def command_words(command: object) -> tuple[str, ...]:
    """The words of a command that is a text or a list; none of a text that has a quote without an end."""
    try:
        return tuple(shlex.split(command) if isinstance(command, str) else map(str, as_list(command)))
    except ValueError:
        return ()


def unread(file: Path, service: Mapping[str, object], *more: str) -> list[str]:
    """A note for each key that means something and is not read."""
    return [f"{file}: `{key}` was not read" for key in (*_ELSEWHERE, *more) if service.get(key)]


def joined(folder: Path, path: object) -> Path:
    """A path of a file, from the folder that it is relative to, without `..` in it."""
    return Path(posixpath.normpath(posixpath.join(folder.as_posix(), str(path))))


def environment(value: object) -> dict[str, str | None]:
    """Names and values, of a map or of a list of `NAME=value`; one that is taken from elsewhere (`${NAME}`) is None."""
    pairs = {name: text if sign else None for name, sign, text in (str(each).partition("=") for each in as_list(value))}
    pairs |= {name: each if isinstance(each, str) else None for name, each in as_map(value).items()}
    return {name: text if text is not None and "${" not in text else None for name, text in pairs.items()}
