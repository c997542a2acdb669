"""docs/runbook.md and docs/maintenance.md: each question has an answer that consists of commands."""

import re

import pytest

from conducky.repository import ROOT

QUESTIONS = {
    "runbook.md": [
        "It is slow",
        "It is down",
        "An alarm went off",
        "The database runs out of something",
        "It will not deploy",
        "Go back",
        "The stack is locked",
    ],
    "maintenance.md": [
        "Restore the database to yesterday",
        "Run a migration by hand",
        "Rotate a secret",
        "Stop paying for a week",
        "Move to another region or account",
        "Remove everything",
    ],
}


@pytest.mark.parametrize("page", QUESTIONS)
def test_every_question_has_an_answer_with_commands(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts[1::2] == QUESTIONS[page]
    for question, answer in zip(parts[1::2], parts[2::2], strict=True):
        assert "```sh" in answer, question
