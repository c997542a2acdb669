"""A shell script as a syntax tree. Any other text has one too, in which little is found."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

_BASH: Final = Language(tree_sitter_bash.language())
_LONGEST: Final = 16 * 1024  # characters; no person writes longer ones, and a few texts take seconds
# What starts the rest of its words
_WRAPPERS: Final = frozenset({"exec", "command", "env", "nohup", "time", "nice", "tini", "dumb-init"})


class Script:
    """The text of a script, or of one line of commands; of one that is too long, nothing."""

    def __init__(self, text: str) -> None:
        self.text = text if len(text) <= _LONGEST else ""
        self.root = Parser(_BASH).parse(self.text.encode()).root_node

    @cached_property
    def commands(self) -> list[Node]:
        """All commands in their order, also those of functions and in `$( )`."""
        return [*self.every("command")]

    def every(self, *kinds: str, below: Node | None = None) -> Iterator[Node]:
        """All nodes of these kinds, in their order."""
        waiting = [below or self.root]
        while waiting:
            node = waiting.pop()
            if node.type in kinds:
                yield node
            waiting += reversed(node.children)


def text_of(node: Node | None) -> str:
    """The text of a node; empty for none."""
    return (node.text or b"").decode(errors="replace") if node else ""


def line_of(node: Node) -> int:
    """The line of the text in which a node begins, from 1."""
    return node.start_point.row + 1


def words_of(command: Node) -> list[str]:
    """The name and the arguments of a command, without quotes around a whole one."""
    parts = (each for each in command.named_children if not each.type.endswith(("assignment", "redirect")))
    return [text_of(each).strip("\"'") for each in parts]


def name_of(command: Node) -> str:
    """The name of a command without its folder."""
    return next(iter(words_of(command)), "").rpartition("/")[2]


def program_of(command: Node) -> str:
    """The same, or what `exec`, `env` or another such command starts."""
    words = iter(words_of(command))
    name = next(words, "").rpartition("/")[2]
    while name in _WRAPPERS:
        name = next((word for word in words if not word.startswith("-") and "=" not in word), "").rpartition("/")[2]
    return name


def ancestors(node: Node) -> Iterator[Node]:
    """What a node is in, from the inside out."""
    while parent := node.parent:
        yield parent
        node = parent
