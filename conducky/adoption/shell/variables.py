"""The environment's variables that a shell script reads."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tree_sitter import Node

from conducky.adoption.shell.script import Script, line_of, name_of, text_of, words_of

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_IN_TEMPLATE: Final = re.compile(r"\$\{?([A-Z][A-Z0-9_]+)\b")
# What a shell sets itself
_OWN: Final = re.compile(
    "BASH.*|COLUMNS|DIRSTACK|E?UID|FUNCNAME|GROUPS|IFS|LANG|LC_.*|LINENO|LINES|MACHTYPE|OLDPWD|OPTARG|OPTERR|OPTIND|"
    "OSTYPE|PIPESTATUS|PPID|PS[1-4]|RANDOM|REPLY|SECONDS|SHELL|SHELLOPTS|SHLVL|TERM|USER"
)
_DEFAULTS: Final = frozenset({":-", "-", ":=", "=", ":+", "+"})


class Read(NamedTuple):
    """A variable, the line of the text in which it is first read, and whether the script can do without it."""

    name: str
    line: int
    is_optional: bool


def variables_read(script: Script) -> Iterator[Read]:
    """Those that the script reads and does not set, once each."""
    own = {*_assigned(script)}
    found: dict[str, Read] = {}
    for name, node, is_optional in _expansions(script):
        if _NAME.fullmatch(name) and not _OWN.fullmatch(name) and name not in own:
            first = found.setdefault(name, Read(name, line_of(node), is_optional=True))
            found[name] = first._replace(is_optional=first.is_optional and is_optional)
    yield from found.values()


def _expansions(script: Script) -> Iterator[tuple[str, Node, bool]]:
    asked = {*_asked_for(script)}
    for node in script.every("simple_expansion", "expansion"):
        name = next((text_of(each) for each in node.named_children if each.type == "variable_name"), "")
        has_default = any(each.type in _DEFAULTS for each in node.children)
        yield name, node, has_default or node.start_byte in asked
    for command in script.commands:
        if name_of(command) == "envsubst":
            for name in _IN_TEMPLATE.findall(" ".join(words_of(command))):
                yield name, command, False


def _asked_for(script: Script) -> Iterator[int]:
    """Where tests ask only whether a variable is there: `[ -n "$NAME" ]`."""
    for node in script.every("unary_expression"):
        if text_of(node.child(0)) in ("-n", "-z"):
            yield from (each.start_byte for each in script.every("simple_expansion", "expansion", below=node))


def _assigned(script: Script) -> Iterator[str]:
    for node in script.every("variable_assignment", "for_statement"):
        if name := next((text_of(each) for each in node.named_children if each.type == "variable_name"), ""):
            yield name
    for command in script.commands:
        if name_of(command) in ("read", "getopts", "mapfile"):
            yield from words_of(command)[1:]
