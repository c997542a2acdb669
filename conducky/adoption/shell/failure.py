"""What a shell does when one of its commands fails: it ends, or it continues as if nothing had happened."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import shorten
from typing import Final

from tree_sitter import Node

from conducky.adoption.shell.script import Script, ancestors, name_of, text_of, words_of

# Commands that say or do something harmless, and succeed
HARMLESS: Final = frozenset({"true", ":", "echo", "printf", "sleep", "cat", "date", "logger"})
_ENDS: Final = frozenset({"exit", "return", "false", "exec", "kill"})
_BODIES: Final = frozenset(
    {"program", "compound_statement", "subshell", "do_group", "else_clause", "elif_clause", "case_item"}
)
_LOOPS: Final = frozenset({"while_statement", "for_statement", "c_style_for_statement"})
# What fails when its part does
_ALIKE: Final = frozenset({"pipeline", "redirected_statement", "variable_assignment", "command_substitution"})
_HEADS: Final = frozenset({"if_statement", "elif_clause"})
_NOWHERE: Final = re.compile(r"|>?&?\s*(?:[012]|/dev/(?:null|stdout|stderr|fd/[012]|tty)|/proc/1/fd/[12])")
_SHELL_WITH_E: Final = re.compile(r"\s*(?:#!\s*)?(?:\S*/)?(?:env\s+(?:-S\s+)?)?(?:ba|da|a)?sh(?:\s+-\w+)*?\s+-\w*e")


@dataclass(frozen=True)
class Ignored:
    """Why a script continues after a failure, and what to change so that it ends."""

    why: str
    fix: str


@dataclass
class _Walk:
    """From a command outwards; `is_checked` says that `set -e` does not count, because `&&` or `if` looks already."""

    script: Script
    is_checked: bool = False
    _left: set[str] = field(default_factory=set[str])  # functions, which may call themselves

    def outcome(self, node: Node) -> Ignored | None:
        """Why the script continues after `node` failed; None where it ends, or where nothing can tell."""
        found: Node | Ignored | None = node
        while isinstance(found, Node) and (parent := found.parent):
            if text_of(found.next_sibling) == "&":
                return Ignored("it runs in the background", "remove the `&` after it")
            found = self._outwards(found, parent)
        return found if isinstance(found, Ignored) else None

    def _outwards(self, node: Node, parent: Node) -> Node | Ignored | None:
        """What fails with `node`, around it."""
        if self._is_body(node, parent):
            outer = self._around(parent) if self._is_last(node) else None
            return self._in_sequence(node) or outer
        if parent.type in _HEADS:
            return self._condition(parent)
        if parent.type == "list":
            return self._in_list(node, parent)
        if parent.type == "pipeline" and node != parent.named_children[-1] and not self._is_set("pipefail", node):
            return Ignored("of commands with `|` only the last one counts", "write it without the `|`")
        self.is_checked &= parent.type != "command_substitution"
        return parent if parent.type in _ALIKE else None

    def _in_list(self, node: Node, parent: Node) -> Node | Ignored | None:
        sign = text_of(node.next_sibling)
        if sign == "||":
            after = parent.named_children[-1]
            shown = f"|| {shorten(text_of(after), 60, placeholder=' ...')}"
            return Ignored(f"`{shown}` follows", f"remove `{shown}`") if self._is_harmless(after) else None
        self.is_checked |= sign == "&&"
        return parent

    def _is_body(self, node: Node, parent: Node) -> bool:
        """Whether a node is one of the commands of a block, and not the condition before it."""
        if parent.type in _HEADS:
            return any(each.type == "then" and each.end_byte <= node.start_byte for each in parent.children)
        return parent.type in _BODIES

    def _in_sequence(self, node: Node) -> Ignored | None:
        """Whether what follows in the same block runs although `node` failed."""
        ends = self._is_set("e", node)
        if self._is_last(node) or (ends and not self.is_checked):
            return None
        following = self._following(node)
        if following and ("$?" in text_of(following) or name_of(following) in self._ending - {"exec"}):
            return None
        if ends:
            return Ignored("`set -e` does not count before `&&`", "write what follows `&&` in a line of its own")
        if "\n" in self.script.text.strip():
            return Ignored("no `set -e` is above it", "write `set -e` in the script's second line")
        return Ignored("`;` follows", "write `&&` instead")

    def _following(self, node: Node) -> Node | None:
        after = node.next_named_sibling
        while after and after.type == "comment":
            after = after.next_named_sibling
        is_other = after is not None and after.type in ("else_clause", "elif_clause")
        return None if is_other else after

    def _is_last(self, node: Node) -> bool:
        return self._following(node) is None

    def _around(self, body: Node) -> Node | None:
        """What fails when the last command of a block does; None for a loop, which may try again."""
        self.is_checked &= body.type != "subshell"  # Another process: its own end counts
        outer = body.parent
        if body.type in ("compound_statement", "subshell") and outer and outer.type == "function_definition":
            return self._call(outer)
        if body.type in ("compound_statement", "subshell", "if_statement"):
            return body
        return outer if body.type in ("else_clause", "elif_clause", "case_item") else None

    def _call(self, function: Node) -> Node | None:
        name = text_of(function.child_by_field_name("name"))
        if name in self._left:
            return None
        self._left.add(name)
        return next((each for each in self.script.commands if name_of(each) == name), None)

    def _may_end(self, node: Node) -> bool:
        """Whether a part of the script has a command, or calls a function, that ends the script."""
        return any(name_of(each) in self._ending for each in self.script.every("command", below=node))

    @cached_property
    def _ending(self) -> set[str]:
        found = {*_ENDS}
        for function in self.script.every("function_definition"):
            if any(name_of(each) == "exit" for each in self.script.every("command", below=function)):
                found.add(text_of(function.child_by_field_name("name")))
        return found

    def _condition(self, head: Node) -> Ignored | None:
        whole = head if head.type == "if_statement" else head.parent or head
        if self._may_end(whole) or (self._is_last(whole) and not any(self.script.every("else_clause", below=whole))):
            return None
        return Ignored("`if` asks how it ended, and no branch ends the script", "write `exit 1` where it failed")

    def _is_harmless(self, node: Node) -> bool:
        """Whether it only says something, and does not remember it in a file."""
        names = [name_of(each) for each in self.script.every("command", below=node)]
        # The grammar gives the redirection of a last command to the whole list
        around = node.parent and node.parent.parent
        redirected = around if around and around.type == "redirected_statement" else node
        writes = [text_of(each).partition(">")[2] for each in self.script.every("file_redirect", below=redirected)]
        is_kept = any(not _NOWHERE.fullmatch(each) for each in writes)
        return bool(names) and HARMLESS.issuperset(names) and not is_kept

    def _is_set(self, option: str, node: Node) -> bool:
        """Whether `set -e`, or another option, is on at a command; in a function, whether it is ever."""
        in_function = any(each.type == "function_definition" for each in ancestors(node))
        is_on = option == "e" and bool(_SHELL_WITH_E.match(self.script.text))
        for position, name, value in self._options:
            if name == option and (in_function or position < node.end_byte):
                is_on = value
        return is_on

    @cached_property
    def _options(self) -> list[tuple[int, str, bool]]:
        """What the script sets: where, an option's letter or long name, and whether it is on."""
        found: list[tuple[int, str, bool]] = []
        for command in self.script.commands:
            if name_of(command) == "trap" and re.search(r"\bexit\b.*\bERR\b", text_of(command), re.DOTALL):
                found.append((command.start_byte, "e", True))
            words = iter(words_of(command)[1:] if name_of(command) == "set" else [])
            for word in words:
                if word[:1] in ("-", "+") and word[1:2].isalpha():
                    names = [*word[1:].replace("o", ""), *([next(words, "")] if "o" in word else [])]
                    found += [
                        (command.start_byte, "e" if name == "errexit" else name, word[0] == "-") for name in names
                    ]
        return found


def ignored_failure(script: Script, command: Node) -> Ignored | None:
    """Why a script continues after a command of it failed; None where it ends, tries again, or nothing can tell.

    https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#set says when `set -e` counts.
    """
    if any(each.type in _LOOPS for each in ancestors(command)):
        return None
    return _Walk(script).outcome(command)
