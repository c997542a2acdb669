"""What runs when a container starts, or while its image is built: a command, and the scripts and files it names."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from conducky.adoption.shell import Script
from conducky.adoption.source import Source
from conducky.adoption.tree import Tree, as_map
from conducky.adoption.words import COMMANDS, TEXT

_COMMENT: Final = re.compile(r"(?m)(?:^|(?<=\s))#(?!!).*$")
_BETWEEN: Final = re.compile(r"&&|\|\||[;|\n\"'`]")
_SHELLS: Final = (".sh", ".bash")
_MOST: Final = 100  # texts, of scripts that call each other


@dataclass(eq=False)
class Commands:
    """A text of commands, and where a person finds it; `file` where its lines have numbers there.

    One that is not `is_shell` has commands somewhere in it, as code does that starts other programs. `calls` are the
    places of those that it leads to.
    """

    where: str
    text: str
    file: Path | None = None
    is_shell: bool = True
    calls: frozenset[str] = frozenset()

    @cached_property
    def script(self) -> Script:
        """What a shell makes of it."""
        return Script(self.text if self.is_shell else "")

    @cached_property
    def run(self) -> str:
        """The text without what it only prints, line by line."""
        return TEXT["printed"].sub(lambda found: "\n" * found[0].count("\n"), self.text) if self.is_shell else self.text

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first place of a pattern in what it runs."""
        return pattern.search(self.run)

    def at(self, found: re.Match[str]) -> str:
        """Where a place of what it runs is."""
        return self.at_line(found.string.count("\n", 0, found.start()) + 1)

    def at_line(self, line: int) -> str:
        """Where a line is, from 1."""
        return f"{self.file}:{line}" if self.file else self.where


def all_commands(first: Sequence[Commands], source: Source, context: Path) -> list[Commands]:
    """The texts, and each that they lead to: scripts of package.json, and files of the context."""
    found = [*first]
    for each in found:  # which grows by what each of them calls
        called = {one.where: one for one in called_by(each.text, source, context)}
        each.calls = frozenset(called)
        known = {one.where for one in found}
        found += [one for where, one in called.items() if where not in known][: _MOST - len(found)]
    return found


def called_by(text: str, source: Source, context: Path) -> Iterator[Commands]:
    """The scripts of package.json and the files that a text names."""
    tree = source.tree
    for command in _BETWEEN.split(text):
        names, packages = _scripts_in(command)
        for name in names:
            for each in (f"pre{name}", name):
                yield from _script(each, packages, source, context)
    for word in dict.fromkeys(re.findall(r"[^\s\"'`,;()\[\]]+", text)):
        *folders, name = [part for part in word.split("/") if part not in (".", "")] or [""]
        for file in (each for each in tree.by_name.get(name, []) if each.is_relative_to(context)):
            if file.suffix in COMMANDS["programs"]:
                if not folders or file.parent.name == folders[-1] or word.startswith("/"):
                    starts = TEXT["starts_program"].finditer(tree.text(file))
                    yield Commands(str(file), "\n".join(each[0] for each in starts), is_shell=False)
            elif file.suffix in ("", *_SHELLS):
                content = tree.text(file)
                if file.suffix or content.startswith("#!"):
                    yield Commands(str(file), _COMMENT.sub("", content), file, _is_of_shell(file, content))


def _is_of_shell(file: Path, text: str) -> bool:
    """Whether a shell reads a script, and not Node.js."""
    return file.suffix in _SHELLS or bool(re.match(r"#!.*\b(?:ba|da|a|k|z)?sh\b", text))


def _scripts_in(command: str) -> tuple[list[str], list[str]]:
    """The scripts of package.json that a command calls, and the packages that it chooses for them."""
    words = re.findall(r"[^\s\[\],()]+", command)
    callers = [number for number, word in enumerate(words) if posixpath.basename(word) in COMMANDS["callers"]]
    if not callers:
        return [], []
    names: list[str] = []
    packages: list[str] = []
    caller, after = posixpath.basename(words[callers[-1]]), iter(words[callers[-1] + 1 :])
    is_run = False
    for word in after:
        flag, sign, value = word.partition("=")
        if flag in COMMANDS["chooses"]:
            packages.append(value if sign else next(after, ""))
        elif word == "--":
            break
        elif word in ("run", "run-script", "--run"):
            is_run = True
        elif not word.startswith("-"):
            names.append(word)
    named = names[0] if names else "install" if caller == "yarn" else ""
    if caller not in COMMANDS["managers"]:
        return names, packages
    if named in COMMANDS["installs"] and not is_run:
        return [*COMMANDS["install_scripts"]], packages
    needs_run = caller == "node" or (caller == "npm" and named not in COMMANDS["npm_scripts"])
    return ([named] if is_run or not needs_run else []), packages


def _script(name: str, packages: list[str], source: Source, context: Path) -> Iterator[Commands]:
    """The script of this name: of each package that is chosen, or the first that has one."""
    known = source.tree.packages
    chosen = [folder for folder in known if any(_is_chosen(folder, each, source.tree) for each in packages)]
    for folder in chosen or [source.folder, context, *source.folders]:
        script = as_map(known.get(folder, {}).get("scripts")).get(name)
        if isinstance(script, str):
            yield Commands(f"the script `{name}` of {folder / 'package.json'}", script)
            if not chosen:
                return


def _is_chosen(folder: Path, package: str, tree: Tree) -> bool:
    """Whether a choice such as `@shop/api...` or `./apps/api` is of the package in a folder."""
    named = package.strip("{}^.").removeprefix("/").rstrip("/")
    is_path = folder == Path(named) or folder.as_posix().endswith(f"/{named}")
    return bool(named) and (is_path or tree.packages[folder].get("name") == named)
