"""When a stack runs: the form of the setting `schedule`, and the moments that it means."""

import re
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from pydantic_core import PydanticCustomError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = "mon-fri 08:00-20:00 Europe/Berlin"
_OF_COMPUTERS = {"Factory", "localtime"}  # among the zones of many, and none that EventBridge knows
_FORM = re.compile(r"(?:(?P<days>[a-z]{3}[a-z,-]*) )?(?P<on>\d\d:\d\d)-(?P<off>\d\d:\d\d) (?P<zone>[A-Za-z0-9_+/-]+)")
_DAY = 24 * 60  # minutes

Moment = Literal["start", "stop"]


@dataclass(frozen=True)
class Schedule:
    """The days of the week (0 is Monday), the minutes of the day between which the stack runs, and their time zone.

    One that stops at an earlier minute than it starts runs over midnight.
    """

    days: frozenset[int]
    start: int
    stop: int
    zone: str

    @property
    def hours_per_day(self) -> Decimal:
        """How long it runs, on the average of a week."""
        return Decimal((self.stop - self.start) % _DAY * len(self.days)) / 7 / 60

    def cron(self, moment: Moment, minutes: int = 0) -> str:
        """The moment, so many minutes later, as EventBridge Scheduler writes it.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
        """
        time = self.start if moment == "start" else self.stop + _DAY * (self.stop < self.start)
        shift, minute = divmod(time + minutes, _DAY)
        days = sorted((day + shift) % 7 for day in self.days)
        named = "* * ?" if len(days) == len(DAYS) else "? * " + ",".join(DAYS[day].upper() for day in days)
        return f"cron({minute % 60} {minute // 60} {named} *)"


def parse_schedule(text: str) -> Schedule:
    """A schedule from `mon-fri 08:00-20:00 Europe/Berlin`, days left out for all. Raises ValueError, which says why."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"must look like `{EXAMPLE}`")
    start, stop = _minutes(found["on"]), _minutes(found["off"])
    if start == stop:
        raise ValueError("must start and stop at different times")
    if found["zone"] not in _zones():
        raise ValueError("must end with a time zone such as `Europe/Berlin` or `UTC`")
    return Schedule(_days(found["days"] or "mon-sun"), start, stop, found["zone"])


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones() - _OF_COMPUTERS


def a_schedule(value: str | None) -> str | None:
    """For the setting: the value, if it is a schedule."""
    try:
        if value is not None:
            parse_schedule(value)
    except ValueError as error:
        raise PydanticCustomError("schedule", "{what}", {"what": str(error)}) from None
    return value


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours > 23 or minutes > 59:  # noqa: PLR2004
        raise ValueError("must have times from `00:00` to `23:59`")
    return hours * 60 + minutes


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, *last = part.split("-")
        if len(last) > 1 or not {first, *last} <= {*DAYS}:
            raise ValueError(f"must name days as `mon-fri` or `mon,wed,sun` ({', '.join(DAYS)})")
        begin, end = DAYS.index(first), DAYS.index(last[0] if last else first)
        found.update((begin + number) % 7 for number in range((end - begin) % 7 + 1))
    return frozenset(found)
