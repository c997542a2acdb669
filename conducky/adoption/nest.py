"""The routes of NestJS, which are in decorators: `@Get(":id")` in a class with `@Controller("users")`."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from conducky.adoption.words import TEXT, is_health


@dataclass
class Nest:
    """What the files that were read say.

    `handlers` are paths with their file and whether they answer a GET, without `prefix`, which all paths have except
    those in `excluded`, unless nothing tells which these are (None). If `is_hidden`, paths begin with what no decorator
    has, such as a version.
    """

    handlers: list[tuple[str, Path, bool]] = field(default_factory=list[tuple[str, Path, bool]])
    prefix: str = ""
    excluded: list[str] | None = field(default_factory=list[str])
    is_hidden: bool = False

    def read(self, file: Path, text: str) -> None:
        """Add what one file says."""
        self.is_hidden = self.is_hidden or bool(TEXT["hidden"].search(text))
        if found := TEXT["global_prefix"].search(text):
            constant = found["constant"] and re.search(
                rf"\b{found['constant']}(?:\s*:\s*string)?\s*=\s*[\"'`]([\w/-]+)[\"'`]", text
            )
            prefix = constant[1] if constant else found["prefix"]
            self.prefix, self.is_hidden = prefix or "", self.is_hidden or prefix is None
            options = TEXT["exclude"].match(text, found.end())
            self.excluded = _quoted(options["paths"] or "") if options else None
        controllers = [*TEXT["controller"].finditer(text)]
        ends = [*(each.start() for each in controllers), len(text)]
        for controller, (start, end) in zip(controllers, pairwise(ends), strict=True):
            for handler in TEXT["handler"].finditer(text, start, end):
                answers = handler["verb"] in ("Get", "All")
                self.handlers += [
                    (_joined(first, second), file, answers)
                    for first in _paths_in(controller)
                    for second in _paths_in(handler)
                ]

    def health(self) -> tuple[str, Path] | None:
        """The first path that is named as a health check, with its file."""
        paths = () if self.prefix and self.excluded is None else self._paths()
        return next(((path, file) for path, file, answers in paths if answers and is_health(path)), None)

    def routes(self) -> set[str]:
        """The paths as patterns of a listener rule, but those of health checks."""
        found = {f"/{self.prefix.strip('/').partition('/')[0]}/*"} if self.prefix else set[str]()
        for path, _, _ in self._paths():
            first, _, more = path[1:].partition("/")
            if first and not first.startswith((":", "*")) and not is_health(path):
                found.add(f"/{first}/*" if more else path)
        return found

    def _paths(self) -> Iterator[tuple[str, Path, bool]]:
        for path, file, answers in () if self.is_hidden else self.handlers:
            is_excluded = any(_matches(each, path) for each in self.excluded or ())
            yield path if is_excluded else _joined(self.prefix, path), file, answers


def _joined(*parts: str | None) -> str:
    return posixpath.normpath("/" + "/".join(part.strip("/") for part in parts if part and part.strip("/")))


def _quoted(text: str) -> list[str]:
    return re.findall(r"[\"'`](/?[\w/:.(){}*-]+)[\"'`]", text)


def _paths_in(decorator: re.Match[str]) -> list[str]:
    """The paths of a decorator: one, each of a list, or "" where it has none; nothing where they are not in it."""
    if decorator["list"] is not None:
        return _quoted(decorator["list"])
    return [] if decorator["other"] is not None else [decorator["path"] or ""]


def _matches(excluded: str, path: str) -> bool:
    """Whether a path is excluded, also by a pattern such as `health/(.*)` or `health/*rest`."""
    fixed, pattern, _ = re.split(r"([({*:].*|$)", f"/{excluded.strip('/')}", maxsplit=1)
    return path.startswith(fixed) if pattern else path == fixed
