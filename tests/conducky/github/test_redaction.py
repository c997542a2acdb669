"""Secrets in what is written to comments and issues, which GitHub does not mask."""

import pytest

from conducky.github.redaction import redact
from tests.fakes.runner import SECRETS


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_this_environment_is_hidden_wherever_it_stands(name: str) -> None:
    assert redact(f"x{SECRETS[name]}y") == "x***y"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key AKIAABCDEFGHIJKLMNOP", "key ***"),
        (f"pul-{'0a' * 20}", "***"),
        (f"ghp_{'x' * 36} and github_pat_{'y' * 30}", "*** and ***"),
        ("postgresql://conducky:pass%20word@db:5432/app", "postgresql://***@db:5432/app"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("text", ["http://localhost:3000/a@b", "arn:aws:iam::123456789012:role/x", "us-east-1", "acme"])
def test_the_rest_stays(text: str) -> None:
    assert redact(text) == text


def test_a_short_value_does_not_take_the_text_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "a")
    assert redact("a platform") == "a platform"
