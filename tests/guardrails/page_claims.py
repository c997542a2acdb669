"""What a page claims to exist: links, commands, targets of make, settings, variables and files.

`problems(page, text)` gives a line for each claim that does not hold, which names the claim and what exists instead.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import typer.main
from pydantic.alias_generators import to_camel
from typer._click.exceptions import ClickException, MissingParameter

from conducky.cli.app import app
from conducky.errors import UserError
from conducky.repository import LAYERS, ROOT, read_stack_file
from conducky.settings import ALL_SETTINGS, Settings
from conducky.settings.application import Backend, Frontend
from conducky.settings.offline import load_settings
from conducky.settings.worker import Worker
from tests.makefile import dry_run
from tools.tracked import tracked_files

SETTINGS = {kind.layer: kind for kind in ALL_SETTINGS}
KEYS = {layer: {to_camel(name) for name in kind.model_fields} for layer, kind in SETTINGS.items()}
PARTS = {to_camel(name) for kind in (Backend, Frontend, Worker) for name in kind.model_fields}
# Looks like a setting, a variable or a file of ours, and is a word of AWS, Pulumi, Linux, Next.js or a checker.
OTHERS: Final = {
    *("deleteBeforeReplace", "healthCheck", "refresh", "valueFrom", "pyright", "PR_SET_PDEATHSIG"),
    *("prerender-manifest.json", "routes-manifest.json"),
}
# What a command on a page leaves open.
_OPEN = re.compile(r"\b[A-Z][A-Z_]*\b|…|\.\.\.|\$\(")
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)|(?:src|srcset|href)=\"(?!https?:|mailto:)([^\"\s]+)\"")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_PATH = re.compile(
    r"(?:\.{1,2}/)*[\w.@-]+(?:/[\w.@-]+)+/?|[\w-]+(?:\.\w+)?\.(?:py|toml|yaml|yml|ts|tsx|mjs|cjs|sh|md|json)"
)
_SOURCES = {".py", ".toml", ".yml", ".yaml", ".ts", ".tsx", ".mjs", ".cjs", ".sh", ""}


def problems(page: Path, text: str) -> list[str]:
    """Every claim of a page's text that does not hold."""
    return [*dead_links(page, text), *wrong_commands(text), *wrong_names(text), *missing_files(page, text)]


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub forms them."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings)


def dead_links(page: Path, text: str) -> Iterator[str]:
    """Links to files and headings that are not there."""
    for target in (one or other for one, other in _LINK.findall(text)):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"the link to {target} leads nowhere: there is no {path}"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"the link to {target} leads nowhere: the headings are {', '.join(sorted(anchors(file)))}"


def pages_named_in_the_sources() -> dict[str, list[str]]:
    """Each page that a program or a workflow names, such as docs/runbook.md#it-is-down, with the files that do."""
    found: dict[str, list[str]] = {}
    for file in tracked_files():
        if file.suffix in _SOURCES and ROOT / "tests" not in file.parents and file.is_file():
            text = file.read_text("utf-8", errors="ignore")
            for target in re.findall(r"(?<![\w/])docs/[\w/-]+\.md(?:#[\w-]+)?", text):
                found.setdefault(target, []).append(str(file.relative_to(ROOT)))
    return found


def blocks(text: str) -> list[list[str]]:
    """The commands of each block of a page: of `sh` all lines, of output those after a `$`; without comments."""
    found: list[list[str]] = []
    for language, block in _BLOCK.findall(text):
        joined = re.sub(r"\\\n\s*", " ", re.sub(r"<<-?'?(\w+)'?\n.*?^ *\1$", "", block, flags=re.DOTALL | re.MULTILINE))
        lines = [line.strip() for line in joined.splitlines()]
        if language != "sh":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found.append([part.strip() for line in lines for part in re.split(r" [|] | && ", _uncommented(line)) if part])
    return [each for each in found if each]


def spans(text: str) -> list[str]:
    """What is set as code within a line."""
    return [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text))]


def wrong_commands(text: str) -> Iterator[str]:
    """Commands of ours, of make and of Pulumi that could not be typed as they are written."""
    for block in blocks(text):
        for line in block:
            yield from _wrong(line, whole=True)
        yield from _refused(block)
    for span in spans(text):
        yield from _wrong(span, whole=False)


def wrong_names(text: str) -> Iterator[str]:
    """Settings with their values, and variables, that nothing reads."""
    every = {key for keys in KEYS.values() for key in keys}
    for span in spans(text):
        named = re.fullmatch(r"([a-z]+[A-Za-z]*)(?:: (\S+))?", span)
        if not named or not (named[2] or re.search(r"[a-z][A-Z]", named[1])):
            continue
        key, value = named[1], named[2]
        if key not in every | PARTS | OTHERS:
            yield f"there is no setting `{key}`"
        elif value and not _OPEN.search(value):
            yield from (f"`{span}`: {key} is {wanted}" for wanted in _otherwise(key, value))
    for name in sorted(set(_VARIABLE.findall(_BLOCK.sub("", text))) - OTHERS - _variables()):
        yield f"nothing reads a variable {name}"


def _otherwise(key: str, value: str) -> Iterator[str]:
    """What a setting's value is, where it is one of a few, a number or a switch, and this is none of them."""
    for kind in ALL_SETTINGS:
        spec: dict[str, Any] = _schema(kind)["properties"].get(key, {})
        spec = spec["anyOf"][0] if "anyOf" in spec else spec
        choices = [str(choice) for choice in spec.get("enum", [value])]
        if value not in choices:
            yield ", ".join(choices)
        elif spec.get("type") == "boolean" and value not in ("true", "false"):
            yield "true or false"
        elif spec.get("type") == "integer" and not (
            value.isdecimal() and spec.get("minimum", 0) <= int(value) <= spec.get("maximum", 10**9)
        ):
            yield f"{spec.get('minimum')} to {spec.get('maximum')}"


@cache
def _schema(kind: type[Settings]) -> dict[str, Any]:
    return kind.model_json_schema()


def missing_files(page: Path, text: str) -> Iterator[str]:
    """Files and folders, from the repository's root, the page's folder or conducky/, that do not exist."""
    for span in spans(text):
        path = span.removesuffix("…").rstrip(":")
        if path in OTHERS or not _PATH.fullmatch(path) or not _is_ours(path):
            continue
        places = [ROOT / path, page.parent / path, ROOT / "conducky" / path, ROOT / "conducky" / "rehearsal" / path]
        by_name = "/" not in path and path in _file_names()
        if not by_name and not any(place.exists() for place in places):
            yield f"there is no file {path}"


def _uncommented(line: str) -> str:
    return re.sub(r" > \S+$", "", re.sub(r"(^|\s+)#\s.*$", "", line)).strip()


def _wrong(line: str, *, whole: bool) -> Iterator[str]:
    """What is wrong with one command; one that is not `whole` may leave out what it works on."""
    try:
        words = shlex.split(re.sub(r"^(?:\w+=\S+ )+(?=conducky|make|pulumi)", "", line))
    except ValueError:
        return
    match words:
        case ["conducky", *rest]:
            yield from _refused_by_ours(line, rest, whole=whole)
        case ["make", *rest] if not rest or re.fullmatch(r"[a-z-]+", rest[0]):
            yield from _refused_by_make(line, rest, whole=whole)
        case ["pulumi", "-C", layer, *rest]:
            if layer not in LAYERS and layer != "LAYER":
                yield f"`{line}`: there is no layer {layer}"
            if rest[:1] == ["config"]:
                upto = rest.index("--stack") if "--stack" in rest else len(rest)
                key, value, *_ = [*(word for word in rest[2:upto] if not word.startswith("-")), "…", "…"]
                if layer in KEYS and key not in KEYS[layer] and not _OPEN.search(key):
                    yield f"`{line}`: {layer} has no setting {key}"
                elif not _OPEN.search(value):
                    yield from (f"`{line}`: {key} is {wanted}" for wanted in _otherwise(key, value))
        case _:
            return


def _refused_by_ours(line: str, words: list[str], *, whole: bool) -> Iterator[str]:
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        if not words or words[0].startswith(("-", "…")) or _OPEN.fullmatch(words[0]):
            return
        name = words.pop(0)
        if name not in command.commands:
            yield f"`{line}`: there is no command {name}; there are {', '.join(command.commands)}"
            return
        command = command.commands[name]
    try:
        # `next` is a stack that the page creates by a copied file
        command.make_context(line, ["dev" if word == "next" else word for word in words if word != "…"])
    except MissingParameter as error:
        if whole:
            yield f"`{line}`: {error.format_message()}"
    except (ClickException, UserError) as error:
        yield f"`{line}`: {error.format_message() if isinstance(error, ClickException) else error}"


def _refused_by_make(line: str, words: list[str], *, whole: bool) -> Iterator[str]:
    target, given = (words[0], words[1:]) if words else ("help", [])
    if target not in recipes():
        yield f"`{line}`: the Makefile has no target {target}"
        return
    for word in given:
        name = word.partition("=")[0]
        if "=" in word and f"$({name})" not in recipes()[target]:
            yield f"`{line}`: make {target} does not use {name}"
    if whole or given:
        *_, last = ["", *dry_run(target, *given).stdout.splitlines()]
        last = last.replace("exec .venv/bin/conducky", "conducky", 1)
        if last.startswith("conducky "):
            yield from _wrong(last, whole=False)


@cache
def recipes() -> dict[str, str]:
    """Each target of the Makefile with its recipe, the Makefile's own variables in it replaced."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    defined = dict(re.findall(r"^([A-Z_]+) [:?]?= ?(.*)$", text, re.MULTILINE))
    found: dict[str, str] = {}
    for target, body in re.findall(r"^([a-z][a-z-]*):[^\n]*\n((?:\t[^\n]*\n)*)", text, re.MULTILINE):
        recipe = body
        for _ in defined:
            recipe = re.sub(r"\$\((\w+)\)", lambda name: f"$({name[1]}) {defined.get(name[1], '')}", recipe)
            if len(recipe) > 5000:  # a variable that names itself would go on for ever
                break
        found[target] = recipe
    return found


def _refused(lines: list[str]) -> Iterator[str]:
    """Values that the settings refuse, where the `pulumi config set` lines of one block are all done."""
    wanted: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        found = re.match(r"pulumi -C (\w+) config set (\w+) (?:\"([^\"]+)\"|(\S+))(?: --stack (\w+))?", line)
        if found and found[1] in KEYS and found[2] in KEYS[found[1]]:
            value = found[3] or found[4]
            if _OPEN.search(value):
                return
            wanted.setdefault((found[1], found[5] or "dev"), {})[found[2]] = value
    for (layer, stack), values in wanted.items():
        if refusal := _refusal(layer, values, stack):
            yield f"`{'; '.join(lines)}`: {refusal}"


def _refusal(layer: str, values: dict[str, str], stack: str = "dev") -> str | None:
    file = ROOT / layer / f"Pulumi.{stack}.yaml"
    present = read_stack_file(file) if file.is_file() else {}
    changed = {f"conducky-{layer}:{key}": each for key, each in values.items()}
    try:
        load_settings(SETTINGS[layer], stack, present | changed)
    except UserError as error:
        return error.problem
    return None


@cache
def _file_names() -> frozenset[str]:
    return frozenset(file.name for file in tracked_files())


@cache
def _variables() -> frozenset[str]:
    """Every word in capitals in the sources, which is a variable there or a constant that a page may name."""
    ours = [file for file in tracked_files() if file.suffix in _SOURCES and file.parent != Path(__file__).parent]
    return frozenset(name for file in ours for name in _VARIABLE.findall(file.read_text("utf-8", errors="ignore")))


def _is_ours(path: str) -> bool:
    """Whether a path could be one of this repository: it begins in a folder of it, or is the name of a file."""
    first = path.lstrip("./").partition("/")[0]
    stack = re.fullmatch(r"(bootstrap|platform|services)/[a-z0-9]+", path)
    return not stack and (first in _folders() or "/" not in path)


@cache
def _folders() -> frozenset[str]:
    """What is in the repository's root and in the two folders from which pages on the rehearsal count."""
    inner = (each.name for place in ("conducky", "conducky/rehearsal") for each in (ROOT / place).iterdir())
    return frozenset({each.relative_to(ROOT).parts[0] for each in tracked_files()} | {*inner})
