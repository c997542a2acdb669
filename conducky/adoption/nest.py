"""The routes of NestJS, which are in decorators: `@Get(":id")` in a class with `@Controller("users")`."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from conducky.adoption.words import TEXT


@dataclass
class Nest:
    """What the files that were read say.

    `handlers` are paths with their file and whether they answer a GET, without `prefix`, which all paths have except
    those in `excluded`. If `versioned`, paths begin with a version that no decorator has.
    """

    handlers: list[tuple[str, Path, bool]] = field(default_factory=list[tuple[str, Path, bool]])
    prefix: str = ""
    excluded: str = ""
    versioned: bool = False

    def read(self, file: Path, text: str) -> None:
        """Add what one file says."""
        if found := TEXT["global_prefix"].search(text):
            self.prefix, self.excluded = found[1], text[found.end() :].partition(")")[0]
        self.versioned = self.versioned or bool(TEXT["versioned"].search(text))
        controllers = [*TEXT["controller"].finditer(text)]
        ends = [*(each.start() for each in controllers), len(text)]
        for controller, (start, end) in zip(controllers, pairwise(ends), strict=True):
            for handler in TEXT["handler"].finditer(text, start, end):
                path = _joined(controller[1], handler["path"])
                self.handlers.append((path, file, handler["verb"] in ("Get", "All")))

    def health(self) -> tuple[str, Path] | None:
        """The first path that is named as a health check, with its file."""
        return next(((path, file) for path, file, answers in self._paths() if answers and _is_health(path)), None)

    def routes(self) -> set[str]:
        """The paths as patterns of a listener rule, but those of health checks."""
        found: set[str] = set()
        for path, _, _ in self._paths():
            first, _, more = path[1:].partition("/")
            if first and not first.startswith(":") and not _is_health(path):
                found.add(f"/{first}/*" if more else path)
        return found

    def _paths(self) -> Iterator[tuple[str, Path, bool]]:
        for path, file, answers in () if self.versioned else self.handlers:
            is_excluded = re.search(rf"[\"'`]/?{re.escape(path[1:])}[\"'`]", self.excluded)
            yield path if is_excluded else _joined(self.prefix, path), file, answers


def _joined(*parts: str | None) -> str:
    return posixpath.normpath("/" + "/".join(part.strip("/") for part in parts if part and part.strip("/")))


def _is_health(path: str) -> bool:
    return TEXT["health_route"].fullmatch(f"'{path}'") is not None
