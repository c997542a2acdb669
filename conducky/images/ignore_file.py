"""`.dockerignore`, read as BuildKit reads it."""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from conducky.errors import UserError
from conducky.images.patterns import regular_expression

_WILD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True)
class _Rule:
    """One line: the pattern, whether it lets files in again (`!`), and what it begins with before any wildcard."""

    expression: re.Pattern[str]
    lets_in: bool
    literal: str


@dataclass(frozen=True)
class IgnoreFile:
    """The rules, in order; the last one that fits a file, or a folder above it, decides."""

    rules: tuple[_Rule, ...]

    @classmethod
    def read(cls, file: Path) -> Self:
        """The rules in a file; none if there is no such file.

        Raises:
            UserError: a line is not a pattern.
        """
        if not file.is_file():
            return cls(())
        rules: list[_Rule] = []
        for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
            pattern = line.strip()
            if line.startswith("#") or not pattern:
                continue
            lets_in = pattern.startswith("!")
            pattern = posixpath.normpath(pattern.removeprefix("!").strip() or ".")
            pattern = pattern.lstrip("/") if len(pattern) > 1 else pattern
            try:
                if lets_in and pattern == ".":
                    raise ValueError("`!` stands alone")  # noqa: TRY301  # reported as the other mistakes
                rules.append(_Rule(regular_expression(pattern, stars=True), lets_in, _WILD.split(pattern)[0]))
            except ValueError as error:
                raise UserError(f"{file}:{number}: {error}", "correct the line or remove it") from None
        return cls(tuple(rules))

    def hides(self, path: str) -> bool:
        """Whether a file or folder, relative to the context, is left out."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        hidden = False
        for rule in self.rules:
            if rule.lets_in == hidden and any(rule.expression.fullmatch(name) for name in above):
                hidden = not rule.lets_in
        return hidden

    def hides_all(self, folder: str) -> bool:
        """Whether a folder is left out and no rule can let in again what is below it, so that nobody need look."""
        below = f"{folder}/"
        return self.hides(folder) and not any(
            rule.lets_in and (rule.literal.startswith(below) or below.startswith(rule.literal)) for rule in self.rules
        )
