"""What a command tells the person at the terminal, and what it asks."""

import codecs
import json
import locale
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Final

from rich.console import Console
from rich.text import Text

from conducky.environment import variable

# What there is instead of these without Unicode; anything else becomes an escape, which JSON reads as well.
_PLAIN = str.maketrans({"✓": "+", "✗": "x", "…": "...", "»": ">>", "→": "->", "·": "-", "│": "|", "─": "-", "━": "="})


_NARROWEST: Final = 40  # columns; in fewer, rich and typer lose text, and below 3 they fail


def new_console(*, stderr: bool = False) -> Console:
    """A console for people. With NO_COLOR it writes neither colours nor bold, which rich alone would keep."""
    wanted = variable("COLUMNS") or ""
    width = columns() if wanted.isdecimal() and int(wanted) < _NARROWEST else None
    return Console(stderr=stderr, width=width, highlight=False, color_system=None if variable("NO_COLOR") else "auto")


def columns() -> int:
    """How many the terminal has, or as many as the variable COLUMNS says, unless that is 0; but not too few to read."""
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def write_what_the_locale_can() -> None:
    """From now on print ASCII where the locale is not UTF-8 (`LC_ALL=C`), so that nothing is garbled or refused."""
    utf8 = codecs.lookup(locale.getencoding()).name == "utf-8"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding=None if utf8 else "ascii", errors="conducky")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text), error.end


codecs.register_error("conducky", _in_ascii)


def is_live(console: Console) -> bool:
    """Whether lines on this console can change in place."""
    return console.is_terminal and not console.is_dumb_terminal


_BAR: Final = 16  # columns


def bar(seconds: float, about: float) -> str:
    """How far something is that takes about so long, and how long it may still take."""
    done = min(seconds / about, 0.99)
    left = about - seconds
    filled = "━" * round(_BAR * done) + "─" * (_BAR - round(_BAR * done))
    return f"{filled} {done:.0%}, {f'about {in_time(left)} left' if left > 0 else 'longer than usual'}"


def in_time(seconds: float) -> str:
    """A duration in words: `40 s`, `3 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


Wait = Callable[[str, float, float], None]  # what is waited for, for how many seconds already, of about how many


@contextmanager
def waiting(console: Console, what: str) -> Generator[Wait | None]:
    """Shows a bar in place while something takes long; None where lines cannot change."""
    if not is_live(console):
        yield None
        return
    with console.status(what) as status:
        yield lambda now, seconds, about: status.update(f"{now} {bar(seconds, about)}")


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


def open_browser(address: str) -> bool:
    """Open an address in the person's browser; False where there is none but one that would use this terminal."""
    import webbrowser  # noqa: PLC0415  # one key needs it

    if sys.platform != "darwin" and not any(map(variable, ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is not webbrowser.GenericBrowser and browser.open(address)


def is_interactive() -> bool:
    """Whether a person can answer: there is a terminal, and this is not CI."""
    return bool(sys.stdin and sys.stdin.isatty()) and variable("CI") not in {"true", "1"}


def output_is_a_terminal() -> bool:
    """Whether what is printed goes to a screen, and not into a file or a pipe."""
    return sys.stdout.isatty()
