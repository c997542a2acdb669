"""What names and texts in a person's source mean: `words.toml`, with its patterns compiled."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

_WORDS: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
ROLES: Final[dict[str, dict[str, list[str]]]] = _WORDS["roles"]
FILES: Final[dict[str, Any]] = _WORDS["files"]
TEXT: Final[dict[str, re.Pattern[str]]] = {name: re.compile(each, re.VERBOSE) for name, each in _WORDS["text"].items()}
COMMANDS: Final[dict[str, list[str]]] = _WORDS["commands"]


def _problems(kind: str) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(each["text"], re.VERBOSE), each["problem"]) for each in _WORDS[kind]]


# What must not happen when a container starts, and while its image is built: a pattern, and why with what to do
STARTS: Final = _problems("start")
BUILDS: Final = _problems("build")
# What only root may do: programs, and what to do instead
ROOT_PROGRAMS: Final = [(frozenset[str](each["programs"]), str(each["fix"])) for each in _WORDS["root"]]
_VARIABLES = {name: re.compile(each, re.VERBOSE) for name, each in _WORDS["variables"].items()}


def is_(kind: str, text: str) -> bool:
    """Whether a variable's name, or its value, is of a kind of `[variables]`."""
    return _VARIABLES[kind].fullmatch(text) is not None


def is_health(path: str) -> bool:
    """Whether a whole path is named as a health check."""
    return TEXT["health_route"].fullmatch(f"'{path}'") is not None


def without_public(name: str) -> str:
    """A variable's name without the beginning that says that it is built into a page; the same name if it has none."""
    return _VARIABLES["public"].sub("", name, count=1)
