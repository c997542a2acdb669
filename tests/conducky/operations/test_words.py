"""Times as people write and read them."""

from datetime import UTC, datetime, timedelta

import pytest

from conducky.errors import UserError
from conducky.operations.words import age, moment, short_digest

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (89, "89 s"), (90, "1 min"), (5399, "89 min"), (5400, "1 h"), (172_799, "47 h"), (172_800, "2 days")],
)
def test_an_age_has_one_unit(seconds: int, said: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == said


def test_a_clock_that_is_behind_gives_no_negative_age() -> None:
    assert age(NOW + timedelta(seconds=5), NOW) == "0 s"
    assert age(None, NOW) == "?"


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        ("1H", NOW - timedelta(hours=1)),
        (" 2 d ", NOW - timedelta(days=2)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2026-11-25T10:00", datetime(2026, 11, 25, 10, 0, tzinfo=UTC)),
        ("2026-11-25T10:00+02:00", datetime(2026, 11, 25, 8, 0, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_duration_or_a_time(text: str, then: datetime) -> None:
    assert moment(text, NOW) == then


@pytest.mark.parametrize("text", ["", "yesterday", "1x", "-1h", "99999999999d", "2026-13-01", "2027-01-01"])
def test_what_is_no_moment_of_the_past_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError) as caught:
        moment(text, NOW)
    assert "`1h`" in caught.value.fix


def test_a_digest_is_shortened_as_docker_does() -> None:
    assert short_digest("sha256:" + "ab" * 32) == "sha256:abababababab"
    assert short_digest("") == ""
