"""What a person reads, and whether there is a person."""

import io

import pytest
from rich.console import Console

from conducky import terminal
from conducky.errors import UserError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=20)


def test_a_line_is_printed_as_it_is(console: Console) -> None:
    line = "[red]not markup[/red] " + "and not wrapped " * 5
    terminal.say(console, line)
    assert printed(console) == f"{line}\n"


def test_an_error_is_one_line_with_its_fix(console: Console) -> None:
    terminal.say_error(console, UserError("[a] is wrong in a long line", "run `b`"))
    assert printed(console) == "✗ [a] is wrong in a long line: run `b`\n"


@pytest.mark.parametrize(("typed", "answer"), [(" dev \n", "dev"), ("\n", ""), ("", "")])
def test_an_answer_is_what_is_typed(console: Console, monkeypatch: pytest.MonkeyPatch, typed: str, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert terminal.ask(console, "[sure]? ") == answer
    assert "[sure]? " in printed(console)


@pytest.mark.parametrize(
    ("stdin", "ci", "interactive"),
    [
        (Terminal(), None, True),
        (Terminal(), "false", True),
        (Terminal(), "true", False),
        (io.StringIO(), None, False),
        (None, None, False),
    ],
)
def test_a_person_answers_on_a_terminal_outside_ci(
    monkeypatch: pytest.MonkeyPatch, stdin: object, ci: str | None, *, interactive: bool
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)
    assert terminal.is_interactive() is interactive
