"""What a command tells the person at the terminal, and what it asks."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from conducky.environment import variable


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
