"""`conducky adopt`: shows what was found in a person's source, and writes the settings after asking."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from conducky.adoption.candidates import candidates, choose
from conducky.adoption.guess import KINDS, Guess, guess
from conducky.adoption.tree import Tree
from conducky.errors import UserError, printable
from conducky.repository import ROOT, stack_config, stack_file
from conducky.settings.offline import load_settings
from conducky.settings.services import ServicesSettings
from conducky.terminal import ask, is_interactive, say

_PREFIX = "conducky-services:"
_QUOTED = ("variables", "buildArgs")


@dataclass(frozen=True)
class Options:
    """What `conducky adopt` was asked for. Without a stack, all that services has are written."""

    paths: tuple[Path, ...]
    stack: str | None = None
    frontend: Path | None = None
    backend: Path | None = None
    dry_run: bool = False
    yes: bool = False
    root: Path = ROOT


def adopt(options: Options, console: Console) -> list[dict[str, object]]:
    """Show what was found, and write it into the stack files of services once the person agrees; returns it by stack.

    Raises:
        UserError: a folder has no application in it, or it is not clear which is which; nothing was written.
    """
    changes: dict[Path, tuple[str, str]] = {}
    shown: list[Guess] = []
    proposed: list[dict[str, object]] = []
    secrets: set[str] = set()
    unused: dict[str, str] = {}
    tree = Tree(options.root, options.paths)
    for stack, file in _stack_files(options).items():
        try:
            every = candidates(tree, stack)
            found = choose(every, {"frontend": options.frontend, "backend": options.backend})
        except UserError:
            _show_notes(tree, console)  # They say what was left out, and why
            raise
        used = {each.path for each in found.values()}
        unused |= {each.shown(): each.pasted() for each in every if each.path not in used}
        guesses = [guess(role, candidate, found) for role, candidate in found.items()]
        if [(each.own, each.beside) for each in guesses] != [(each.own, each.beside) for each in shown]:
            for each in guesses:
                _show(each, f"{each.role}{f' of {stack}' if shown else ''}: {printable(each.own['context'])}", console)
            shown = guesses
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        secrets |= {name for each in guesses for name in each.own.get("secrets", [])}
        settings = {each.role: _differing(each) for each in guesses} | {
            k: v for each in guesses for k, v in each.beside.items()
        }
        proposed.append({"stack": stack, "file": f"services/{file.name}", "settings": settings})
        changes[file] = before, _written(file, before, stack, guesses)
    _show_notes(tree, console)
    missing = sorted(KINDS.keys() - {each.role for each in shown})
    for role in missing:
        say(
            console, f"! no {role} was found: the one of the settings stays; `{role}Count: 0` in services leaves it out"
        )
    for file, pasted in unused.items():
        ways = " or ".join(f"`--{role} {pasted}`" for role in missing)
        say(console, f"! {file} is not used" + (f": {ways} would take it" if ways else ""))
    _show_changes(changes, console)
    if not options.dry_run and any(before != after for before, after in changes.values()):
        _write(changes, options, console, sorted(secrets))
    return proposed


def _show_notes(tree: Tree, console: Console) -> None:
    for note in dict.fromkeys(tree.notes):
        say(console, f"! {printable(note)}")


def _stack_files(options: Options) -> dict[str, Path]:
    known = [file.name.split(".")[1] for file in sorted((options.root / "services").glob("Pulumi.*.yaml"))]
    return {
        stack: stack_file("services", stack, options.root)
        for stack in ([options.stack] if options.stack else known or ["dev"])
    }


def _show(found: Guess, title: str, console: Console) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for heading in ("setting", "value", "why"):
        table.add_column(heading, overflow="fold")
    for key, why in found.why.items():
        value = found.own.get(key, found.beside.get(key))
        if value not in ({}, []):
            table.add_row(key, Text(_plain(value)), Text(printable(why)))
    console.print(table)
    for note in dict.fromkeys(found.notes):
        say(console, f"! {printable(note)}")


def _plain(value: object) -> str:
    if value is None:
        return "the default"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {each}" for name, each in cast("dict[str, object]", value).items())
    return ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else printable(str(value))


def _written(file: Path, before: str, stack: str, guesses: list[Guess]) -> str:
    """A stack file's text with the settings in it; all else, also comments, stays as it is.

    Raises:
        UserError: the file is not YAML, or a program would refuse the settings.
    """
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    values = {key: value for key, value in stack_config(file).items() if value is not None}
    try:
        content: dict[str, Any] = cast("Any", yaml).load(before) or {}
    except YAMLError:
        raise UserError(f"services/{file.name} cannot be changed", "correct it in an editor") from None
    config: dict[str, Any] = content.get("config") or {}
    content["config"] = config
    for each in guesses:
        config.pop(f"{_PREFIX}{each.role}", None)
        for key, value in {each.role: _differing(each), **each.beside}.items():
            if value != {}:
                config[f"{_PREFIX}{key}"] = _texts(value)
        values |= {f"{_PREFIX}{each.role}": json.dumps(_differing(each))}
        values |= {f"{_PREFIX}{key}": str(value) for key, value in each.beside.items()}
    load_settings(ServicesSettings, stack, values)
    text = StringIO()
    cast("Any", yaml).dump(content, text)
    return text.getvalue()


def _texts(value: object) -> object:
    """The values of maps in quotes, since YAML 1.1, which some read, takes `yes` and `1:30` for no text."""
    return (
        {
            key: {name: SingleQuotedScalarString(text) for name, text in each.items()} if key in _QUOTED else each
            for key, each in cast("dict[str, Any]", value).items()
        }
        if isinstance(value, dict)
        else value
    )


def _differing(found: Guess) -> dict[str, object]:
    """What differs from the defaults, which are the sample's."""
    kind = KINDS[found.role]
    default = kind().model_dump(mode="json", by_alias=True)
    given = kind.model_validate(found.own).model_dump(mode="json", by_alias=True)
    return {key: value for key, value in given.items() if value != default[key]}


def _show_changes(changes: Mapping[Path, tuple[str, str]], console: Console) -> None:
    for file, (before, after) in changes.items():
        say(console, f"services/{file.name}" + ("" if before != after else " has these settings already"))
        lines = [*difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")]
        for line in lines[2:]:
            if not line.startswith("@@"):
                console.print(Text(line, "green" if line.startswith("+") else "red"), soft_wrap=True)


def _write(changes: Mapping[Path, tuple[str, str]], options: Options, console: Console, secrets: Sequence[str]) -> None:
    if not options.yes:
        if not is_interactive():
            raise UserError(
                "nothing was written: this needs confirmation and there is no terminal to ask on",
                "run it again with `--yes`, or with `--dry-run` to see only",
            )
        if ask(console, "Write these settings? [y/N] ").lower() not in ("y", "yes"):
            say(console, "nothing was written")
            return
    for file, (_, after) in changes.items():
        new = file.with_suffix(".new")
        new.write_text(after, encoding="utf-8")
        new.replace(file)
    say(console, "written: now run `make rehearse`, and `make workflows docs` before you commit")
    if secrets:
        say(
            console,
            f"before you deploy, store the values of {', '.join(secrets)}: `export {secrets[0]}=…` where you deploy "
            f"from, and `gh secret set {secrets[0]} --env STACK` for GitHub Actions",
        )
