"""What an application's own files say: its package.json, Prisma's schema, the variables and the routes of its code."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from conducky.adoption.nest import Nest
from conducky.adoption.routers import Routers
from conducky.adoption.tree import Tree, as_map, place
from conducky.adoption.words import FILES, TEXT

_LONGEST_NAME = 128  # of a variable


@dataclass
class Source:
    """The facts of an application's folder, and of the `folders` of local packages that it uses, of which it is one.

    `variables` are those that the code reads: where, and whether there is a default each time. `health` and `listens`
    are a path and a port, each with the file that has it. `keeps` is where the code keeps files on the disk, `prisma`
    the version that package.json asks for.
    """

    tree: Tree
    folder: Path
    folders: Sequence[Path]
    routers: Routers
    wanted: Mapping[str, object] = field(default_factory=dict[str, object])
    development: Mapping[str, object] = field(default_factory=dict[str, object])
    scripts: Mapping[str, object] = field(default_factory=dict[str, object])
    shared: dict[str, object] = field(default_factory=dict[str, object])
    variables: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    routes: set[str] = field(default_factory=set[str])
    health: tuple[str, Path] | None = None
    listens: tuple[int, str] | None = None
    schema: Path | None = None
    keeps: str = ""
    notes: list[str] = field(default_factory=list[str])
    nest: Nest = field(default_factory=Nest)

    @property
    def packages(self) -> set[str]:
        """What its own package.json names."""
        return {*self.wanted, *self.development}

    @property
    def has_code(self) -> bool:
        """Whether there is any of a kind that is read."""
        return any(any(self.tree.named(*FILES["code"], below=each)) for each in self.folders)

    @property
    def prisma(self) -> str:
        """The major version of Prisma; empty where none is named."""
        all_of_them = {**self.shared, **self.development, **self.wanted}
        asked = all_of_them.get("prisma") or all_of_them.get("@prisma/client")
        found = re.search(r"\d+", str(asked))
        return found[0] if found else ""

    @property
    def has_migrations(self) -> bool:
        """Whether there are Prisma's migrations."""
        found = (any(self.tree.named("migration.sql", below=each)) for each in self.folders)
        return bool(self.schema) and any(found)


@cache
def source_of(tree: Tree, folder: Path) -> Source:
    """The facts of the application in a folder of the tree, with the packages of its workspace that it depends on."""
    packages = tree.packages
    places = {str(package.get("name")): each for each, package in packages.items()}
    folders = [folder]
    for each in folders:  # which grows by what each of them depends on
        wanted = as_map(packages.get(each, {}).get("dependencies"))
        local = [places[name] for name in wanted if name in places]
        folders += [place for place in local if not any(place.is_relative_to(known) for known in folders)]
    own, *shared = (packages.get(each, {}) for each in folders)
    wanted, development, scripts = (as_map(own.get(key)) for key in ("dependencies", "devDependencies", "scripts"))
    source = Source(tree, folder, folders, Routers(tree), wanted, development, scripts)
    if missing := sorted(name for name, asked in wanted.items() if _is_local(asked) and name not in places):
        source.notes.append(
            f"{folder} depends on {', '.join(missing)} of its workspace, which is not among the files here: adopt the "
            "workspace's folder"
        )
    for package in shared:
        source.shared |= {**as_map(package.get("devDependencies")), **as_map(package.get("dependencies"))}
    for each in folders:
        for file in tree.named(*FILES["code"], below=each):
            if not re.search(FILES["tests"], file.relative_to(each).as_posix()):
                _read(source, file, _without_comments(tree.text(file)))
    source.health = source.routers.health() or source.health or source.nest.health()
    source.routes |= source.routers.routes() | source.nest.routes()
    return source


def _is_local(asked: object) -> bool:
    """Whether package.json asks for a package beside it."""
    return str(asked).startswith(("workspace:", "link:../", "file:../", "portal:../"))


def _without_comments(text: str) -> str:
    """The same code with its lines, without what is in a comment; what looks like one and has no end is code."""

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0]) if found["comment"] or found["closed"] else found[0]

    return TEXT["comment"].sub(blank, text)


def _read(source: Source, file: Path, text: str) -> None:
    keys = [*TEXT["key"].finditer(text)] if TEXT["environment"].search(text) else []
    parts = [text[start:end] for start, end in pairwise([*(key.start() for key in keys), len(text)])]
    found = [(key.start(), key[1], bool(TEXT["optional"].search(part))) for key, part in zip(keys, parts, strict=True)]
    reads = [(match, match["default"] or match["fallback"]) for match in TEXT["read"].finditer(text)]
    found += [(match.start(), next(each for each in match.groups() if each), bool(default)) for match, default in reads]
    for match in TEXT["taken_apart"].finditer(text):
        names = (re.match(r"\s*([A-Za-z_]\w*)", part) for part in match[1].split(","))
        found += [(match.start(), name[1], "=" in name.string) for name in names if name]
    is_config = TEXT["read_by_build"].search(file.as_posix()) is not None  # Of which most asks how to build
    for start, name, default in sorted(each for each in found if len(each[1]) <= _LONGEST_NAME):
        first, before = source.variables.get(name, (place(file, text, start), True))
        source.variables[name] = (first, before and (default or is_config))
    if file.suffix == ".prisma":
        if source.schema is None or TEXT["datasource"].search(text):
            source.schema = file
        if (provider := TEXT["datasource"].search(text)) and provider[1] not in ("postgresql", "postgres"):
            source.notes.append(f"{file} is for {provider[1]}, and the deployment's database is Postgres")
        return
    page, route = TEXT["health_file"].search(file.as_posix()), TEXT["health_route"].search(text)
    if page or route:
        path = f"/{re.sub(r'[(][^)]*[)]/', '', page[1])}" if page else str(route and route[1])
        source.health = source.health or (posixpath.normpath(path), file)
    source.routers.read(file, text)
    source.routes.update(f"{prefix}/*" for prefix in TEXT["registered"].findall(text))
    source.nest.read(file, text)
    kept = (each for each in TEXT["keeps_files"].finditer(text) if "tmp" not in each[0].lower())
    if not source.keeps and (first := next(kept, None)):
        source.keeps = place(file, text, first.start())
    if port := TEXT["listen"].search(text):
        source.listens = source.listens or (int(port[1]), str(file))
