"""What a step says to GitHub Actions, and what it must not let others say."""

from pathlib import Path

import pytest

from conducky.github import actions
from tests.fakes.runner import SECRETS, Runner


def test_an_output_cannot_begin_another(runner: Runner) -> None:
    actions.set_output("stack", "dev")
    actions.set_output("url", "http://x\nother=1")
    text = (runner.folder / "output").read_text()
    first, *_, last = text.splitlines()[3:]
    assert text.startswith("stack<<")
    assert first == f"url<<{last}", "the mark at the end is the one that was announced, and random"
    assert "\nother=1\n" in text


def test_without_github_an_output_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT")
    actions.set_output("stack", "dev")
    assert capsys.readouterr().out == "stack: dev\n"


def test_a_folder_goes_onto_the_path_of_later_steps(runner: Runner) -> None:
    actions.add_to_path(Path("/a bin"))
    assert runner.path == "/a bin\n"


def test_an_annotation_is_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    actions.annotate("a: b, c", "100 % broken\r\n::set-env name=X::1")
    assert capsys.readouterr().out == ("::error title=a%3A b%2C c::100 %25 broken%0D%0A::set-env name=X::1\n"), (
        "the line break must not end it, or what follows would be a command of its own"
    )


def test_a_laptop_gets_no_annotation(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    actions.annotate("title", "sentence")
    assert capsys.readouterr().out == ""


def test_the_summary_holds_no_secret(runner: Runner) -> None:
    actions.add_to_summary(f"it said {SECRETS['JWT_SECRET']}")
    assert runner.summary == "it said ***\n\n"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("::error::x", ": :error::x"),
        ("  ::add-mask::x", "  : :add-mask::x"),
        ("urn:pulumi:dev::conducky", "urn:pulumi:dev::conducky"),
        ("x ##[error]y", "x ## [error]y"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("one\n::two", "one\n: :two"),
    ],
)
def test_the_words_of_others_are_no_commands(text: str, printed: str) -> None:
    assert actions.harmless(text) == printed
