"""The files of a person's source: a bounded number of them, no links followed, none executed."""

import fnmatch
import json
import re
import shlex
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import yaml

from conducky.adoption.words import FILES
from conducky.errors import UserError, quoted

_MOST_FILES: Final = 20_000
_LINKS: Final = 5  # to name
_LARGEST: Final = 512 * 1024  # bytes; what is larger was not written by a person
_MOST_NODES: Final = 100_000  # of a YAML file with its aliases replaced
_TAGS: Final[dict[type, str]] = {yaml.ScalarNode: "str", yaml.SequenceNode: "seq", yaml.MappingNode: "map"}


class _Plain(yaml.SafeLoader):
    """YAML whose values are text, as a container gets them, or null; tags such as Compose's `!reset` are ignored."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # as yaml has it
        **{first: [("tag:yaml.org,2002:null", re.compile("^(~|null|Null|NULL|)$"))] for first in ("~", "n", "N", "")},
        "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        before = self._nodes
        is_alias = isinstance(cast("Any", self).peek_event(), yaml.AliasEvent)
        node = super().compose_node(parent, index)
        if is_alias:  # What has no size yet has itself in it
            self._nodes += self._sizes.get(id(node), _MOST_NODES)
        elif node is not None:
            self._nodes += 1
            self._sizes[id(node)] = self._nodes - before
            if not (isinstance(node, yaml.ScalarNode) and node.tag.endswith((":null", ":merge"))):
                node.tag = f"tag:yaml.org,2002:{_TAGS[type(node)]}"
        if self._nodes > _MOST_NODES:
            raise RecursionError
        return node


class Tree:
    """The files below some folders of a repository, relative to its root, the shallow ones first.

    `notes` are what could not be read, without any content.

    Raises:
        UserError: there is no such folder, or it is not in the repository.
    """

    def __init__(self, root: Path, paths: Sequence[Path]) -> None:
        self.root = root.resolve()
        self.folders = [self._folder(path) for path in paths]
        self.files: list[Path] = []
        self.notes: list[str] = []
        links: list[str] = []
        folders = deque(self.root / folder for folder in dict.fromkeys(self.folders))
        while folders and len(self.files) <= _MOST_FILES:
            try:
                entries = sorted(folders.popleft().iterdir())
            except OSError as error:
                self.notes.append(f"{error.filename} cannot be read ({error.strerror})")
                continue
            for entry in entries:
                if entry.is_symlink():  # It may lead anywhere, also to its own folder
                    links.append(str(entry.relative_to(self.root)))
                    continue
                if entry.is_file():
                    self.files.append(entry.relative_to(self.root))
                elif entry.is_dir() and entry.name not in FILES["skipped"] and not entry.name.startswith("."):
                    folders.append(entry)
        if links:
            more = f" and {len(links) - _LINKS} more" if len(links) > _LINKS else ""
            self.notes.append(f"links were not followed: {', '.join(links[:_LINKS])}{more}")
        if folders:
            self.notes.append(f"more than {_MOST_FILES} files: the deepest were not read; name a smaller folder")

    @cached_property
    def known(self) -> dict[Path, int]:
        """The files, to look one up, with their places in the order."""
        return {file: place for place, file in enumerate(self.files)}

    @cached_property
    def by_name(self) -> dict[str, list[Path]]:
        """The files by their names without folders."""
        found: dict[str, list[Path]] = {}
        for file in self.files:
            found.setdefault(file.name, []).append(file)
        return found

    @cached_property
    def packages(self) -> dict[Path, dict[str, object]]:
        """What each package.json says, by its folder."""
        return {file.parent: self.mapping(file) for file in self.named("package.json")}

    def _folder(self, path: Path) -> Path:
        if not path.is_dir():
            what = "is a file" if path.exists() else "does not exist"
            raise UserError(f"{quoted(path)} {what}", "name the folder that your application's source is in")
        folder = path.resolve()
        if not folder.is_relative_to(self.root):
            source, copied, name = (shlex.quote(str(each)) for each in (path, self.root / folder.name, folder.name))
            copy = f"`cp -R {source} {copied}`, then `conducky adopt {name}`"
            raise UserError(f"{quoted(path)} is outside of this repository, from which images are built", f"run {copy}")
        return folder.relative_to(self.root)

    def named(self, *patterns: str, below: Path = Path()) -> Iterator[Path]:
        """The files below a folder whose name matches one of the patterns."""
        wanted = re.compile("|".join(map(fnmatch.translate, patterns)))
        for file in self.files:
            if wanted.match(file.name) and file.is_relative_to(below):
                yield file

    def text(self, file: Path) -> str:
        """A file's text; empty where it cannot be read as such."""
        try:
            path = self.root / file
            return path.read_text(encoding="utf-8-sig", errors="replace") if path.stat().st_size <= _LARGEST else ""
        except OSError:
            return ""

    def mapping(self, file: Path) -> dict[str, object]:
        """A YAML or JSON file that holds a map; one that is broken is empty, and noted by its line only."""
        try:
            text = self.text(file)
            content: object = json.loads(text) if file.suffix == ".json" else yaml.load(text, _Plain)  # noqa: S506  # a safe loader
        except json.JSONDecodeError as error:
            problem = f"is not JSON (line {error.lineno})"
        except yaml.MarkedYAMLError as error:
            problem = f"is not YAML (line {error.problem_mark.line + 1 if error.problem_mark else 1})"
        except (yaml.YAMLError, ValueError, RecursionError):
            problem = "cannot be read"
        else:
            if isinstance(content, dict):
                return as_map(cast("dict[object, object]", content))
            problem = "does not hold a map"
        self.notes.append(f"{file} {problem}: it was left out")
        return {}


def place(file: Path, text: str, position: int) -> str:
    """Where a person finds a position of a file's text: the file and the line, from 1."""
    return f"{file}:{text.count(chr(10), 0, position) + 1}"


def as_map(value: object) -> dict[str, object]:
    """A map with text as keys; anything else is an empty one."""
    return (
        {str(key): each for key, each in cast("dict[object, object]", value).items()} if isinstance(value, dict) else {}
    )


def as_list(value: object) -> list[object]:
    """A list; anything else is an empty one."""
    return [*cast("list[object]", value)] if isinstance(value, list) else []


def as_number(value: object) -> int | None:
    """A whole number of at most nine digits, also as text."""
    return int(str(value)) if re.fullmatch("[0-9]{1,9}", str(value)) else None
