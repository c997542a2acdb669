"""A shell script taken apart into its simple commands, as far as their words show."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

# Words after which a command follows
_BEFORE_A_COMMAND = ("!", "{", "do", "elif", "else", "if", "then", "time", "until", "while")
# What begins a group of commands, which have one input, and what ends it
_GROUPS = {"{": "}", "case": "esac", "for": "done", "if": "fi", "select": "done", "until": "done", "while": "done"}
_ASSIGNMENT = re.compile(r"\w+\+?=.*", re.DOTALL)
_REDIRECTION = re.compile(r"\d*(?:>>?|<|<>|>\||&>>?)&?")


@dataclass(frozen=True)
class Word:
    """A word: its text with the quotes, and where it begins in the whole script."""

    raw: str
    begin: int

    @property
    def end(self) -> int:
        """Where it ends in the whole script."""
        return self.begin + len(self.raw)

    @property
    def plain(self) -> bool:
        """Whether the shell would change nothing in it but its quotes."""
        return not re.search(r"[$`]", re.sub(r"'[^']*'", "", self.raw))

    @property
    def text(self) -> str:
        """The text without its quotes."""
        try:
            return "".join(shlex.split(self.raw)) if self.raw else ""
        except ValueError:
            return self.raw


@dataclass(frozen=True)
class Command:
    """A simple command: its words without assignments and redirections, and whether its input is another's output."""

    words: tuple[Word, ...]
    begin: int
    end: int
    piped: bool = False


def commands(script: str, offset: int = 0, *, piped: bool = False) -> Iterator[Command]:
    """The simple commands of a script, those in `$(…)` and backticks included, in no particular order.

    `piped` is whether the script's input is another command's output, and so that of each of them.
    """
    words: list[Word] = []
    groups = [("", piped)]  # What ends each group that is open, and whether it is piped
    position = 0
    while position <= len(script):
        separator = _separator(script, position)
        if separator or position == len(script):
            if found := _command(words, piped=piped):
                yield found
            _note_groups(groups, words, separator, piped=piped)
            continues = piped and separator == "\n" and not words  # A pipe at the end of a line
            words, piped = [], separator in ("|", "|&") or continues or groups[-1][1]
            position += max(len(separator), 1)
        elif script[position].isspace():
            position += 1
        elif script[position] == "#":
            position = (script.find("\n", position) + len(script) + 1) % (len(script) + 1)
        else:
            end = _word_end(script, position)
            words.append(Word(script[position:end], offset + position))
            yield from _inside(script[position:end], offset + position, piped=piped)
            position = end


def _note_groups(groups: list[tuple[str, bool]], words: list[Word], separator: str, *, piped: bool) -> None:
    """Open and close groups: by the words that begin a command, and by the separator after it."""
    for word in words:
        if word.raw in _GROUPS:
            groups.append((_GROUPS[word.raw], piped))
        elif word.raw == groups[-1][0]:
            groups.pop()
        elif word.raw not in _BEFORE_A_COMMAND:
            break
    if separator == "(":
        groups.append((")", piped))
    elif separator == ")" == groups[-1][0]:  # And not of a pattern of `case`
        groups.pop()


def _separator(script: str, position: int) -> str:
    if script.startswith(("&>", "&1", "&2", "&-"), position):  # Of a redirection
        return ""
    match = re.compile(r"&&|\|\||\|&|;;|[;|&()\n]").match(script, position)
    return match[0] if match else ""


def _word_end(script: str, position: int) -> int:
    redirects = _REDIRECTION.match(script, position)
    position = redirects.end() if redirects else position
    quote = ""
    while position < len(script):
        char = script[position]
        if char == "\\" and quote != "'":
            position += 2
            continue
        if quote != "'" and script.startswith("$(", position):
            position = _closing(script, position + 2)
        elif not quote and (char.isspace() or char in ";|&()<>"):
            break
        elif char in "'\"`" and quote in ("", char):
            quote = "" if quote else char
        position += 1
    return max(min(position, len(script)), (redirects.end() if redirects else 0))


def _closing(script: str, position: int) -> int:
    depth, quote = 1, ""
    while position < len(script):
        char = script[position]
        if char == "\\":
            position += 1
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        elif not quote and char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return position
        position += 1
    return position


def _inside(word: str, offset: int, *, piped: bool) -> Iterator[Command]:
    """The commands whose output the shell puts into a word."""
    outside = re.sub(r"'[^']*'", lambda quoted: " " * len(quoted[0]), word) if '"' not in word else word
    opening = re.compile(r"\$\((?!\()|`")
    match = opening.search(outside)
    while match:
        end = outside.find("`", match.end()) if match[0] == "`" else _closing(outside, match.end())
        end = len(word) if end < 0 else end
        yield from commands(word[match.end() : end], offset + match.end(), piped=piped)
        match = opening.search(outside, end + 1)


def _command(words: list[Word], *, piped: bool) -> Command | None:
    while words and words[0].raw in _BEFORE_A_COMMAND:
        words = words[1:]
    if not words or words[0].raw in ("}", "fi", "done", "esac"):
        return None
    begin, end = words[0].begin, words[-1].end
    kept: list[Word] = []
    target = False
    for word in words:
        redirects = _REDIRECTION.match(word.raw)
        if target or redirects:
            target = redirects is not None and redirects.end() == len(word.raw)
        elif kept or not _ASSIGNMENT.fullmatch(word.raw):
            kept.append(word)
    return Command(tuple(kept), begin, end, piped) if kept else None
