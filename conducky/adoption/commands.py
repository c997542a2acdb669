"""What runs when a container starts, or while its image is built: a command, and the scripts and files it names."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conducky.adoption.source import Source
from conducky.adoption.tree import Tree, as_map
from conducky.adoption.words import COMMANDS, TEXT

_COMMENT: Final = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_BETWEEN: Final = re.compile(r"&&|\|\||[;|\n\"'`]")
_MOST: Final = 100  # texts, of scripts that call each other


@dataclass(frozen=True)
class Commands:
    """A text of commands, and where a person finds it; `file` where its lines have numbers there."""

    where: str
    text: str
    file: Path | None = None

    def at(self, position: int) -> str:
        """Where a place of the text is."""
        return f"{self.file}:{self.text.count(chr(10), 0, position) + 1}" if self.file else self.where


def all_commands(first: Sequence[Commands], source: Source, context: Path) -> list[Commands]:
    """The texts, and each that they lead to: scripts of package.json, and files of the context."""
    found = [*first]
    for each in found:  # which grows by what each of them calls
        known = {one.where for one in found}
        more = (one for one in _called_by(each.text, source, context) if one.where not in known)
        found += [*{one.where: one for one in more}.values()][: _MOST - len(found)]
    return found


def _called_by(text: str, source: Source, context: Path) -> Iterator[Commands]:
    tree = source.tree
    for command in _BETWEEN.split(text):
        names, packages = _scripts_in(command)
        for name in names:
            for each in (f"pre{name}", name):
                yield from _script(each, packages, source, context)
    for word in dict.fromkeys(re.findall(r"[^\s\"'`,;()\[\]]+", text)):
        *folders, name = [part for part in word.split("/") if part not in (".", "")] or [""]
        for file in (each for each in tree.by_name.get(name, []) if each.is_relative_to(context)):
            if file.suffix not in COMMANDS["programs"]:
                if _is_script(file, tree):
                    yield Commands(str(file), _COMMENT.sub("", tree.text(file)), file)
            elif not folders or file.parent.name == folders[-1] or word.startswith("/"):
                starts = TEXT["starts_program"].finditer(tree.text(file))
                yield Commands(str(file), "\n".join(each[0] for each in starts))


def _is_script(file: Path, tree: Tree) -> bool:
    """Whether a file is one of a shell."""
    return file.suffix in (".sh", ".bash") or (file.suffix == "" and tree.text(file).startswith("#!"))


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
