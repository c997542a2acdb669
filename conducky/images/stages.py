"""What the stages of a Dockerfile are built on, as far as it must be known before anything is built."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Architecture = Literal["arm64", "x86_64"]

_FROM: Final = re.compile(r"^\s*FROM\s+((?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_ARG: Final = re.compile(r"""^\s*ARG\s+(\w+)=["']?([^\s"']*)""", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_CONTINUED: Final = re.compile(r"\\[ \t]*\r?$")
# https://github.com/containerd/platforms/blob/main/database.go
_ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "x86-64": "x86_64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "arm64v8": "arm64",
}


@dataclass(frozen=True)
class Base:
    """What one FROM names: an image or an earlier stage, at a line, for a platform (empty where it names none)."""

    image: str
    platform: str
    line: int

    @property
    def architecture(self) -> Architecture | None:
        """The processor that it is always built for; None where it is the one that is asked for, or not known."""
        named = self.platform.lower().removeprefix("linux/").partition("/")[0]
        return _ARCHITECTURES.get(named or (self.image.partition("/")[0] if "/" in self.image else ""))

    @property
    def pinned(self) -> str:
        """The words that make it so."""
        return f"--platform={self.platform}" if self.platform else self.image


def stages_of(dockerfile: Path, build_args: Mapping[str, str] | None = None) -> dict[str, Base]:
    """What each stage of a Dockerfile is built on, by its name in lower case, or its number if it has none."""
    values: dict[str, str] = {}
    stages: dict[str, Base] = {}
    for line, text in _lines(dockerfile.read_text("utf-8-sig", errors="replace")):
        if not stages and (argument := _ARG.match(text)):
            values[argument[1]] = (build_args or {}).get(argument[1], _expanded(argument[2], values))
        elif found := _FROM.match(text):
            flags, image, alias = found.groups()
            platform = next((flag[11:] for flag in flags.split() if flag.lower().startswith("--platform=")), "")
            base = Base(_expanded(image, values), _expanded(platform, values), line)
            stages[(alias or str(len(stages))).lower()] = base
    return stages


def stage_name(stages: Mapping[str, Base], target: str = "") -> str | None:
    """The key of the stage with a name or a number, or of the last one; None where there is none."""
    names = [*stages]
    name = target.lower() or (names[-1] if names else "")
    if name not in stages and name in map(str, range(len(names))):
        return names[int(name)]
    return name if name in stages else None


def base_of(stages: Mapping[str, Base], target: str = "") -> Base | None:
    """What the stage `target`, or else the last one, is built on in the end; None where there is no stage."""
    name = stage_name(stages, target)
    base = stages.get(name) if name else None
    seen = {name}
    while base and (name := base.image.lower()) in stages and name not in seen:
        seen.add(name)
        base = stages[name]
    return base


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, with those that continue it joined to it."""
    start, before = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        start = start or number
        if _CONTINUED.search(line):
            before += _CONTINUED.sub(" ", line)
            continue
        yield start, before + line
        start, before = 0, ""
    if before:
        yield start, before


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with the variables that are known; the others stay, such as those that BuildKit sets."""
    return _VARIABLE.sub(lambda found: values.get(found[1]) or found[2] or found[0], text)
