"""What a command tells the person at the terminal, and what it asks."""

import codecs
import json
import locale
import sys
from collections.abc import Callable
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text

from conducky.environment import variable

# What there is instead of these without Unicode; anything else becomes an escape, which JSON reads as well.
_PLAIN = str.maketrans({"✓": "+", "✗": "x", "…": "...", "»": ">>", "→": "->", "·": "-", "│": "|", "─": "-", "━": "="})


def new_console(*, stderr: bool = False) -> Console:
    """A console for people. With NO_COLOR it writes neither colours nor bold, which rich alone would keep."""
    return Console(stderr=stderr, highlight=False, color_system=None if variable("NO_COLOR") else "auto")


def write_what_the_locale_can() -> None:
    """From now on print ASCII where the locale is not UTF-8 (`LC_ALL=C`), so that nothing is garbled or refused."""
    codecs.register_error("conducky", _in_ascii)
    utf8 = codecs.lookup(locale.getencoding()).name == "utf-8"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding=None if utf8 else "ascii", errors="conducky")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text), error.end


def say(console: Console, line: str) -> None:
    """Print a line as it is: without markup, and not wrapped."""
    console.print(Text(line), soft_wrap=True)


def say_error(console: Console, error: Exception) -> None:
    """Print an error as one line."""
    console.print("[red]✗[/]", Text(str(error)), highlight=False, soft_wrap=True)


def ask(console: Console, question: str) -> str:
    """What the person types, without the blanks around it; empty at the end of the input."""
    try:
        return console.input(Text(question)).strip()
    except EOFError:
        return ""


def consent(console: Console, *, yes: bool) -> Callable[[str], bool]:
    """Asks questions of the person; with `yes` each is agreed to, and where nobody can answer none is."""
    return lambda question: yes or (is_interactive() and ask(console, question).lower() in {"y", "yes"})


def is_interactive() -> bool:
    """Whether a person can answer: there is a terminal, and this is not CI."""
    return bool(sys.stdin and sys.stdin.isatty()) and variable("CI") not in {"true", "1"}


def output_is_a_terminal() -> bool:
    """Whether what is printed goes to a screen, and not into a file or a pipe."""
    return sys.stdout.isatty()
