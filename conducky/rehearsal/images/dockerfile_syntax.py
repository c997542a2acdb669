"""The words of a Dockerfile's instructions, split as Docker splits them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import cast

_OPTION = re.compile(r"--([a-z-]+)(?:=(\S*))?(?:\s+|$)")
_NAME = re.compile(r"[A-Za-z_]\w*|\d+")
_OPERATOR = re.compile(r":[-+?]|[-+?]|##?|%%?|//?")
_HEREDOC = re.compile(r"\d*<<-?[^<]+")
_SHELL_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\\.|[^\s"'])+""")


def split_options(text: str) -> tuple[list[tuple[str, str]], str]:
    """The options that `text` begins with, each with name and value, and the rest of `text`."""
    options: list[tuple[str, str]] = []
    while match := _OPTION.match(text):
        options.append((match[1], match[2] or ""))
        text = text[match.end() :]
    return options, text


def expand_words(text: str, variables: Mapping[str, str]) -> list[str]:
    """Split `text` at blanks as BuildKit does: quotes and backslashes removed, variables expanded.

    All its forms: $X, ${X}, and with a word: `:-` `-` `:+` `+` `:?` `?`, `#` `##` `%` `%%` (patterns), `/` and `//`.
    Raises ValueError when an expansion that BuildKit would refuse, with the reason.
    """
    return _Words(text, variables).all()


class _Words:
    """Reads a text from left to right. A word inside `${…}` is read by the same rules, so they nest."""

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.text, self.variables, self.position = text, variables, 0

    def all(self) -> list[str]:
        words: list[str] = []
        while True:
            while self._next().isspace():
                self.position += 1
            if not self._next():
                return words
            words.append(self.word(lambda char: char.isspace()))

    def word(self, ends: Callable[[str], bool]) -> str:
        """The text up to an unquoted character for which `ends` holds, or to the end."""
        result, quote = "", ""
        while char := self._next():
            if not quote and ends(char):
                break
            self.position += 1
            if char == "\\" and quote != "'" and self._next():
                following = self._take()
                result += following if not quote or following in '"$\\' else char + following
            elif char == "$" and quote != "'":
                result += self._variable()
            elif char in "'\"" and quote in ("", char):
                quote = "" if quote else char
            else:
                result += char
        return result

    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _take(self) -> str:
        self.position += 1
        return self.text[self.position - 1]

    def _name(self) -> str:
        match = _NAME.match(self.text, self.position)
        self.position += len(match[0]) if match else 0
        return match[0] if match else ""

    def _variable(self) -> str:
        if self._next() != "{":
            name = self._name()
            return self.variables.get(name, "") if name else "$"
        begin = self.position
        self.position += 1
        name = self._name()
        operator = _OPERATOR.match(self.text, self.position)
        self.position += len(operator[0]) if operator else 0
        alternative = self.word(lambda char: char == "}") if operator else ""
        if not name or self._next() != "}":
            raise ValueError(f"`${self.text[begin : self.position + 1]}` is not an expansion that Docker knows")
        self.position += 1
        return _expanded(name, self.variables.get(name), operator[0] if operator else "", alternative)


def _expanded(name: str, value: str | None, operator: str, word: str) -> str:
    if operator in ("#", "##", "%", "%%"):
        return _without(value or "", operator, word)
    if operator in ("/", "//"):
        pattern, _, replacement = word.partition("/")
        found = re.compile(_regex(pattern), re.DOTALL)
        return found.sub(lambda _match: replacement, value or "", count=operator == "/")
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("?") and not is_set:
        raise ValueError(f"{name} is not set{f' ({word})' if word else ''}")
    if operator.endswith("+"):
        return word if is_set else ""
    return (value or "") if is_set or not operator.endswith("-") else word


def _without(value: str, operator: str, pattern: str) -> str:
    """The value without its shortest or, for a doubled operator, longest beginning (#) or end (%) that matches."""
    cuts, is_end = range(len(value) + 1), operator[0] == "%"
    for cut in cuts if operator in ("#", "%%") else reversed(cuts):
        part = value[cut:] if is_end else value[:cut]
        if re.fullmatch(_regex(pattern), part, re.DOTALL):
            return value[:cut] if is_end else value[cut:]
    return value


def _regex(pattern: str) -> str:
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(char) or re.escape(char) for char in pattern)


def is_heredoc(text: str) -> bool:
    """Whether a word of an instruction begins a heredoc, as BuildKit tells; `$((1<<4))` does not."""
    return any(_HEREDOC.fullmatch(word) for word in _SHELL_WORD.findall(text))


def exec_form(value: str) -> tuple[str, ...] | None:
    """The words of a JSON list of strings, the exec form of an instruction; None when `value` is not one."""
    try:
        parsed: object = json.loads(value) if value.startswith("[") else None
    except ValueError:
        return None
    items = cast("list[object]", parsed) if isinstance(parsed, list) else [None]
    words = [item for item in items if isinstance(item, str)]
    return tuple(words) if len(words) == len(items) else None


def command_words(value: str, shell: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a command in either form; the shell form becomes a call of the shell."""
    form = exec_form(value)
    return (*shell, value) if form is None else form
