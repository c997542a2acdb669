"""What an application's own files say: its package.json, Prisma's schema, the variables and the routes of its code."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from conducky.adoption.tree import Tree, as_map
from conducky.adoption.words import FILES, TEXT


@dataclass
class Source:
    """The facts of an application's folder.

    `variables` are those that the code reads: where, and whether there is a default each time. `health` and `listens`
    are a path and a port, each with the file that has it. `prisma` is the version that package.json asks for.
    """

    tree: Tree
    folder: Path
    wanted: Mapping[str, object] = field(default_factory=dict[str, object])
    development: Mapping[str, object] = field(default_factory=dict[str, object])
    scripts: Mapping[str, object] = field(default_factory=dict[str, object])
    variables: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    routes: set[str] = field(default_factory=set[str])
    health: tuple[str, Path] | None = None
    listens: tuple[int, str] | None = None
    schema: Path | None = None

    @property
    def packages(self) -> set[str]:
        """What package.json names."""
        return {*self.wanted, *self.development}

    @property
    def prisma(self) -> str:
        """The major version of Prisma; empty where none is named."""
        asked = self.wanted.get("prisma") or self.development.get("prisma") or self.wanted.get("@prisma/client")
        found = re.search(r"\d+", str(asked))
        return found[0] if found else ""

    @property
    def has_migrations(self) -> bool:
        """Whether there are migrations beside Prisma's schema."""
        beside = self.schema.parent if self.schema else None
        return any(file.name == "migration.sql" and beside in file.parents for file in self.tree.files)

    def starting(self, what: str, words: str) -> str | None:
        """Where starting the container does `what` (`migrates`, `builds`): its command, or a script that it names."""
        found = {"the container's command": words}
        for name in [f"{before}{name}" for name in TEXT["scripts"].findall(words) for before in ("", "pre")]:
            found[f"the script `{name}` of package.json"] = str(self.scripts.get(name, ""))
        for file in self.tree.named("*.sh", "*entrypoint*"):
            if re.search(rf"(^|[\s/]){re.escape(file.name)}\b", " ".join(found.values())):
                found[str(file)] = self.tree.text(file)
        return next((at for at, text in found.items() if TEXT[what].search(text)), None)


def source_of(tree: Tree, folder: Path) -> Source:
    """The facts of the application in a folder of the tree."""
    manifest = folder / "package.json"
    package = tree.mapping(manifest) if manifest in tree.files else {}
    wanted, development, scripts = (as_map(package.get(key)) for key in ("dependencies", "devDependencies", "scripts"))
    source = Source(tree, folder, wanted, development, scripts)
    for file in tree.named(*FILES["code"], below=folder):
        if not re.search(FILES["tests"], file.as_posix()):
            _read(source, file, tree.text(file))
    return source


def _read(source: Source, file: Path, text: str) -> None:
    keys = [*TEXT["key"].finditer(text)] if TEXT["environment"].search(text) else []
    parts = [text[start:end] for start, end in pairwise([*(key.start() for key in keys), len(text)])]
    found = [(key.start(), key[1], bool(TEXT["optional"].search(part))) for key, part in zip(keys, parts, strict=True)]
    reads = [(match, match.groupdict()["default"]) for match in TEXT["read"].finditer(text)]
    found += [(match.start(), next(each for each in match.groups() if each), bool(default)) for match, default in reads]
    for match in TEXT["taken_apart"].finditer(text):
        names = (re.match(r"\s*([A-Za-z_]\w*)", part) for part in match[1].split(","))
        found += [(match.start(), name[1], "=" in name.string) for name in names if name]
    for start, name, default in sorted(found):
        first, before = source.variables.get(name, (f"{file}:{text.count(chr(10), 0, start) + 1}", True))
        source.variables[name] = (first, before and default)
    if file.suffix == ".prisma":
        source.schema = source.schema or file
        return
    page, route = TEXT["health_file"].search(file.as_posix()), TEXT["health_route"].search(text)
    if page or route:
        path = f"/{re.sub(r'[(][^)]*[)]/', '', page[1])}" if page else str(route and route[1])
        source.health = source.health or (posixpath.normpath(path), file)
    for verb, path, more in TEXT["route"].findall(text):
        source.routes.add(f"{path}/*" if verb in ("use", "route") or more else path)
    source.routes.update(f"/{prefix}/*" for prefix in TEXT["global_prefix"].findall(text))
    if port := TEXT["listen"].search(text):
        source.listens = source.listens or (int(port[1]), str(file))
