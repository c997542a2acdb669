"""The words of a Dockerfile's instructions, split as Docker splits them."""

import json
import re
from collections.abc import Mapping
from typing import cast

_OPTION = re.compile(r"--([a-z]+)(?:=(\S*))?(?:\s+|$)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})")


def split_options(text: str) -> tuple[list[tuple[str, str]], str]:
    """The options that `text` begins with, each with name and value, and the rest of `text`."""
    options: list[tuple[str, str]] = []
    while match := _OPTION.match(text):
        options.append((match[1], match[2] or ""))
        text = text[match.end() :]
    return options, text


def expand_words(text: str, variables: Mapping[str, str]) -> list[str]:
    """Split `text` at blanks as Docker does: quotes and backslashes removed, $X ${X} ${X:-d} ${X:+d} expanded."""
    words: list[str] = []
    word: str | None = None
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        variable = _VARIABLE.match(text, position) if quote != "'" else None
        taken = 1
        if char == "\\" and quote != "'" and position + 1 < len(text):
            following = text[position + 1]
            word = (word or "") + (following if not quote or following in '"$\\' else char + following)
            taken = 2
        elif variable:
            word = (word or "") + _value(variable, variables)
            taken = len(variable[0])
        elif char in "'\"" and quote in ("", char):
            word = word or ""
            quote = "" if quote else char
        elif char.isspace() and not quote:
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + char
        position += taken
    return words + ([] if word is None else [word])


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(match[1] or match[2])
    operator, alternative = match[3], match[4]
    if not operator:
        return value or ""
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        return " ".join(expand_words(alternative, variables)) if is_set else ""
    return (value or "") if is_set else " ".join(expand_words(alternative, variables))


def exec_form(value: str) -> tuple[str, ...] | None:
    """The words of a JSON list of strings, the exec form of an instruction; None when `value` is not one."""
    try:
        parsed: object = json.loads(value) if value.startswith("[") else None
    except ValueError:
        return None
    items = cast("list[object]", parsed) if isinstance(parsed, list) else [None]
    words = [item for item in items if isinstance(item, str)]
    return tuple(words) if len(words) == len(items) else None


def command_words(value: str) -> tuple[str, ...]:
    """The words of a command in either form; the shell form becomes a call of the shell."""
    form = exec_form(value)
    return ("/bin/sh", "-c", value) if form is None else form
