"""What a person reads, and whether there is a person."""

import io
import json
import sys
import webbrowser

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


@pytest.mark.parametrize(
    ("said", "there"), [("0", 80), ("1", 40), ("39", 40), ("40", 40), ("200", 200), ("-4", 80), ("wide", 80), ("", 80)]
)
def test_there_are_always_columns_to_write_in(monkeypatch: pytest.MonkeyPatch, said: str, there: int) -> None:
    monkeypatch.setenv("COLUMNS", said)
    assert (terminal.columns(), terminal.new_console().width) == (there, there)


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


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_browser_with_a_window_is_opened(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opened: list[str] = []
    browser = webbrowser.BackgroundBrowser("firefox")
    monkeypatch.setattr(browser, "open", lambda address: not opened.append(address))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    monkeypatch.setenv(name, ":0")
    assert terminal.open_browser("http://localhost:8080")
    assert opened == ["http://localhost:8080"]


def test_a_browser_that_would_use_the_terminal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    monkeypatch.setenv("DISPLAY", ":0")
    assert not terminal.open_browser("http://localhost:8080")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(webbrowser, "get", lambda: pytest.fail("there is no display"))
    assert not terminal.open_browser("http://localhost:8080")


def test_no_colour_leaves_no_escape_codes_and_a_dumb_terminal_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            patch.setattr("sys.stdout", Terminal())
            shown = terminal.new_console()
            assert shown.is_terminal
            shown.print("[bold red]✗[/] [dim]text[/]")
            assert shown.file is not sys.__stdout__
            assert sys.stdout.getvalue() == "✗ text\n"  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def test_without_unicode_marks_have_another_form_and_json_stays_json() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii", errors="conducky", write_through=True)
    stream.write(json.dumps({"text": "✓ é 😀 …"}, ensure_ascii=False))
    assert json.loads(buffer.getvalue()) == {"text": "+ é 😀 ..."}
