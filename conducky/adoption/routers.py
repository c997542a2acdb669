"""The routes of Express, Hono, Koa and Fastify: a handler's path comes after those that its router is mounted at."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from conducky.adoption.tree import Tree
from conducky.adoption.words import TEXT, is_health

_CODE = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".tsx", ".jsx")
_LONGEST = 2_000  # characters of one call
_MOST = 1_000  # calls of a file; what has more was not written by a person
# What a server is called where it is a parameter, as in Fastify's plugins.
_SERVERS = {"app", "server", "fastify", "instance"}


class _Handler(NamedTuple):
    file: Path
    router: str
    verb: str
    path: str


class _Mount(NamedTuple):
    """Where a router, or what a file exports (an empty name), is mounted."""

    file: Path
    router: str
    path: str


@dataclass
class Routers:
    """What the files that were read say. Paths begin with `/`."""

    tree: Tree
    _own: dict[tuple[Path, str], str] = field(default_factory=dict[tuple[Path, str], str])
    _mounts: dict[tuple[Path, str], _Mount] = field(default_factory=dict[tuple[Path, str], _Mount])
    _handlers: list[_Handler] = field(default_factory=list[_Handler])

    def read(self, file: Path, text: str) -> None:
        """Add what one file says."""
        for found in TEXT["router"].finditer(text):
            self._own[file, found["name"]] = found["prefix"] or found["base"] or ""
        for name, prefix in TEXT["router_prefix"].findall(text):
            self._own[file, name] = prefix
        imported = {name: target for name, target in self._imports(file, text) if target}
        for found in islice(TEXT["mount"].finditer(text), _MOST):
            self._mount(file, found["router"], _arguments(text, found.end()), imported)
        for found in TEXT["route"].finditer(text):
            router = found["router"] or self._only(file)
            if router in _SERVERS or (file, router) in self._own:
                self._handlers.append(_Handler(file, router, found["verb"], found["path"]))

    def _only(self, file: Path) -> str:
        """The router of a chain of calls: the only one of its file."""
        own = [name for where, name in self._own if where == file]
        return own[0] if len(own) == 1 else ""

    def _mount(self, file: Path, router: str, words: str, imported: Mapping[str, Path]) -> None:
        path = TEXT["mounted_at"].search(words)
        mount = _Mount(file, router, (path["first"] or path["prefix"]) if path else "")
        for spec in TEXT["required"].findall(words):
            if target := self._resolved(file, spec):
                self._mounts.setdefault((target, ""), mount)
        for name in re.findall(r"\b[A-Za-z_]\w*\b", TEXT["quoted"].sub("", words)):
            if name != router and (file, name) in self._own:
                self._mounts.setdefault((file, name), mount)
            elif name in imported and imported[name] != file:
                self._mounts.setdefault((imported[name], ""), mount)

    def _imports(self, file: Path, text: str) -> Iterator[tuple[str, Path | None]]:
        for found in TEXT["import"].finditer(text):
            target = self._resolved(file, found["from"] or found["required"])
            for name in re.findall(r"[A-Za-z_]\w*(?=\s*(?:[,}]|$))", found["names"] or found["constant"] or ""):
                yield name, target

    def _resolved(self, file: Path, spec: str) -> Path | None:
        """The file that an import names, if it is one of the application's own."""
        bare = re.sub(r"\.[cm]?[jt]sx?$", "", spec)
        if spec.startswith("."):
            wanted = posixpath.normpath((file.parent / bare).as_posix())
            tried = [Path(f"{wanted}{more}{end}") for more in ("", "/index") for end in _CODE]
            return next((each for each in tried if each in self.tree.known), None)
        if alias := re.match(r"[@~#]/(?:src/)?|src/", bare):
            tail = bare[alias.end() :]
            ends = [f"/{tail}{more}{end}" for more in ("", "/index") for end in _CODE]
            named = ((end, each) for end in ends for each in self.tree.by_name.get(posixpath.basename(end), ()))
            found = (each for end, each in named if each.as_posix().endswith(end))
            return min(found, key=self.tree.known.__getitem__, default=None)
        return None

    def _prefix(self, file: Path, router: str) -> str:
        """What comes before the paths of a router's handlers."""
        found, at, seen = "", (file, router), set[tuple[Path, str]]()
        while at not in seen:  # A circle is a mistake of theirs
            seen.add(at)
            found = f"{self._own.get(at, '')}{found}"
            mount = self._mounts.get(at) or self._mounts.get((at[0], ""))
            if mount is None:
                break
            found, at = f"{mount.path}{found}", (mount.file, mount.router)
        return found

    def _paths(self) -> Iterator[tuple[str, _Handler]]:
        for each in self._handlers:
            path = posixpath.normpath(f"/{self._prefix(each.file, each.router)}/{each.path}")
            yield "/" + path.lstrip("/"), each

    def health(self) -> tuple[str, Path] | None:
        """The first path that is named as a health check, with its file: of a handler, or else of a router."""
        named = [(path, each) for path, each in self._paths() if is_health(path)]
        answering = [(path, each.file) for path, each in named if each.verb in ("get", "all", "route")]
        return next(iter([*answering, *((path, each.file) for path, each in named if each.verb == "use")]), None)

    def routes(self) -> set[str]:
        """The paths as patterns of a listener rule, but those of health checks: each by its first part."""
        found: set[str] = set()
        for path, each in self._paths():
            if is_health(path):
                continue
            first, _, more = path[1:].partition("/")
            if re.fullmatch(r"[\w.-]+", first):
                found.add(f"/{first}/*" if more or each.verb in ("use", "route") else f"/{first}")
        return found


def _arguments(text: str, begin: int) -> str:
    """What is between the parentheses of a call."""
    depth = 1
    for at, each in enumerate(text[begin : begin + _LONGEST], begin):
        depth += (each == "(") - (each == ")")
        if not depth:
            return text[begin:at]
    return text[begin : begin + _LONGEST]
