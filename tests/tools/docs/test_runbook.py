"""docs/runbook.md: answers, every command of which exists, with options that it takes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from conducky.cli.app import app
from conducky.repository import ROOT

PAGE = ROOT / "docs" / "runbook.md"
QUESTIONS = [
    "It is slow",
    "It is down",
    "An alarm went off",
    "The database runs out of something",
    "It will not deploy",
    "Go back",
    "Restore the database to yesterday",
    "Run a migration by hand",
    "The stack is locked",
    "Rotate a secret",
    "Stop paying for a week",
    "Move to another region or account",
    "Remove everything",
]


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands() -> list[str]:
    """Each line of the page's blocks, and each command of ours in a sentence."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    inline = re.findall(r"`((?:conducky|make) [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return list(dict.fromkeys([*blocks, *inline]))


def test_every_question_has_an_answer_with_commands() -> None:
    found = sections()
    assert list(found) == QUESTIONS
    for question, answer in found.items():
        assert "```sh" in answer, question


@pytest.mark.parametrize("command", [each for each in commands() if each.startswith("conducky ")])
def test_the_command_line_takes_it(command: str) -> None:
    command = command.replace("--stack next", "--stack prod")  # The page creates it
    words = shlex.split(command)[1:]
    found: Any = typer.main.get_command(app)
    while hasattr(found, "commands"):
        name = words.pop(0)
        assert name in found.commands, f"there is no command {name}"
        found = found.commands[name]
    found.make_context(command, words)


def test_an_option_that_no_command_has_is_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        test_the_command_line_takes_it("conducky status --no-such-option")
    with pytest.raises(AssertionError, match="no command"):
        test_the_command_line_takes_it("conducky database drop")


def test_the_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {shlex.split(each)[1] for each in commands() if each.startswith("make ")}
    assert used <= targets


def test_the_settings_of_pulumis_commands_exist() -> None:
    from pydantic.alias_generators import to_camel  # noqa: PLC0415

    from conducky.settings.schema import ALL_SETTINGS  # noqa: PLC0415

    known = {kind.layer: {to_camel(name) for name in kind.model_fields} for kind in ALL_SETTINGS}
    found = re.findall(r"pulumi -C (\w+) config set (?:--secret )?(\w+)", PAGE.read_text(encoding="utf-8"))
    assert found
    for layer, setting in found:
        assert setting in known[layer]


def test_other_pages_lead_to_it() -> None:
    assert "docs/runbook.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    for file in re.findall(r"\]\(([\w.-]+\.md)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / Path(file)).is_file()
