"""A person's mistake: one line in the engine's output, whatever was typed."""

import pulumi
import pytest

from conducky.errors import UserError, printable, quoted


def test_the_engine_prints_it_without_a_traceback() -> None:
    assert issubclass(UserError, pulumi.RunError)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("dev", "`dev`"),
        ("", "``"),
        (7, "`7`"),
        ("größe", "`größe`"),
        ("two\nlines", r"`two\nlines`"),
        ("\x1b[31mred", r"`\x1b[31mred`"),
        ("\u202etxet", r"`\u202etxet`"),
        ("\ud800", r"`\ud800`"),
        ("x" * 60, f"`{'x' * 60}`"),
        ("x" * 61, f"`{'x' * 60}…`"),
    ],
)
def test_a_value_is_shown_on_one_line(value: object, shown: str) -> None:
    assert quoted(value) == shown
    assert printable(quoted(value)) == quoted(value)
