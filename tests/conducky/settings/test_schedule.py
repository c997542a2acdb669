"""The setting `schedule`: its form, and the moments that it means."""

from decimal import Decimal

import pytest

from conducky.errors import UserError
from conducky.settings.schedule import parse_schedule
from conducky.settings.schema import PlatformSettings
from tests.conducky.settings.load_settings import load


@pytest.mark.parametrize(
    ("text", "start", "stop", "hours"),
    [
        ("mon-fri 08:00-20:00 Europe/Berlin", "0 8 ? * MON,TUE,WED,THU,FRI", "0 20 ? * MON,TUE,WED,THU,FRI", 60),
        ("08:00-20:00 UTC", "0 8 * * ?", "0 20 * * ?", 84),
        ("sat,sun 09:30-17:15 America/New_York", "30 9 ? * SAT,SUN", "15 17 ? * SAT,SUN", 15.5),
        # Over midnight, and over the end of the week.
        ("fri,sun 20:00-04:00 Asia/Tokyo", "0 20 ? * FRI,SUN", "0 4 ? * MON,SAT", 16),
        ("sat-mon 00:00-23:59 UTC", "0 0 ? * MON,SAT,SUN", "59 23 ? * MON,SAT,SUN", 71.95),
    ],
)
def test_it_says_when_to_start_and_to_stop(text: str, start: str, stop: str, hours: float) -> None:
    schedule = parse_schedule(text)
    assert (schedule.cron("start"), schedule.cron("stop")) == (f"cron({start} *)", f"cron({stop} *)")
    assert schedule.hours_per_day * 7 == pytest.approx(Decimal(str(hours)), abs=Decimal("0.01"))


def test_what_happens_minutes_before_may_be_the_day_before() -> None:
    schedule = parse_schedule("mon 00:05-23:58 UTC")
    assert schedule.cron("start", -15) == "cron(50 23 ? * SUN *)"
    assert schedule.cron("stop", 5) == "cron(3 0 ? * TUE *)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must look like"),
        ("8-20", "must look like"),
        ("08:00-20:00", "must look like"),
        ("08:00-20:00 UTC every day", "must look like"),
        ("Mon-Fri 08:00-20:00 UTC", "must look like"),
        ("mon-fri 8:00-20:00 UTC", "must look like"),
        ("24:00-08:00 UTC", "from `00:00` to `23:59`"),
        ("08:60-20:00 UTC", "from `00:00` to `23:59`"),
        ("08:00-08:00 UTC", "different times"),
        ("08:00-20:00 Europe/Berlln", "time zone"),
        ("08:00-20:00 localtime", "time zone"),
        ("08:00-20:00 posix/UTC", "time zone"),
        ("08:00-20:00 europe/berlin", "time zone"),
        ("08:00-20:00 ../etc/passwd", "must look like"),
        ("08:00-20:00 /etc/passwd", "time zone"),
        ("weekdays 08:00-20:00 UTC", "must name days"),
        ("mon-tue-wed 08:00-20:00 UTC", "must name days"),
        ("mon, 08:00-20:00 UTC", "must name days"),
    ],
)
def test_another_form_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        load(PlatformSettings, {"schedule": text})
    assert "`schedule`" in error.value.problem
    assert says in error.value.problem
    assert "set schedule 'mon-fri 08:00-20:00 Europe/Berlin'" in error.value.fix


def test_it_is_off_unless_it_is_set() -> None:
    assert load(PlatformSettings, {}).schedule is None
