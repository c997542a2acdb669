"""A person's mistake: one line in the engine's output, whatever was typed."""

import subprocess
import sys

import pulumi
import pytest

from conducky.contracts import MissingLayerError
from conducky.errors import UserError, printable, quoted
from conducky.verification.release import NotLiveError


@pytest.mark.parametrize("error", [UserError("a", "b"), MissingLayerError("a", "b"), NotLiveError("a")])
def test_the_engine_prints_it_without_a_traceback(error: UserError) -> None:
    assert isinstance(error, pulumi.RunError)
    assert isinstance(error, UserError)
    assert error.problem == "a"


def test_a_kind_of_error_is_caught_by_its_own_name() -> None:
    with pytest.raises(NotLiveError) as caught:
        raise NotLiveError("a")
    assert type(caught.value).__name__ == "NotLiveError"


@pytest.mark.engine
def test_it_becomes_the_engines_error_only_once_pulumi_is_imported() -> None:
    script = (
        "import sys; from conducky.errors import UserError; early = UserError('a', 'b'); "
        "assert 'pulumi' not in sys.modules; import pulumi; late = UserError('c'); "
        "assert str(early) == 'a: b' and isinstance(early, UserError) and isinstance(late, pulumi.RunError)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_it_is_the_problem_and_the_fix() -> None:
    assert str(UserError("a is wrong", "run `b`")) == "a is wrong: run `b`"
    assert str(UserError("a is wrong")) == "a is wrong"


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
