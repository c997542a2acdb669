"""Schedules, and a clock that stands still until it is advanced: the calls on the way are made then."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from conducky.catalog.property_bag import Properties, bag
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.ecs import Services
from conducky.rehearsal.ecs.permissions import require_permission
from conducky.rehearsal.postgres import Databases

_TOKEN = "aws:scheduler/schedule:Schedule"  # noqa: S105  # a type
_CRON = re.compile(r"cron\((\d+) (\d+) (?:\* \* \?|\? \* ([A-Z,]+)) \*\)")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class Schedules:
    """The schedules of an account. `now` is its clock, which begins at the time of the rehearsal's own start."""

    def __init__(self, account: Account, databases: Databases, services: Services) -> None:
        self._account = account
        self.now = datetime.now(UTC)
        self._calls: dict[str, Callable[[Properties], None]] = {
            "ecs:updateService": lambda given: services.set_count(str(given["Service"]), int(given["DesiredCount"])),
            "rds:startDBInstance": lambda given: databases.resume(str(given["DbInstanceIdentifier"])),
            "rds:stopDBInstance": lambda given: databases.halt(str(given["DbInstanceIdentifier"])),
        }

    def put(self, request: Request) -> Properties:
        """Refuse what Scheduler refuses, and what it would only fail with at night."""
        name, call, given = _call(request.inputs)
        next_time(request.inputs, self.now)
        if call not in self._calls:
            raise ResourceFailedError(
                f"the rehearsal's Scheduler does not make the call {call}",
                "use another, or extend conducky/rehearsal/scheduler/resource.py",
            )
        place = self._account.place
        action, resource = (
            ("ecs:UpdateService", place.arn("ecs", f"service/{given.get('Cluster')}/{given.get('Service')}"))
            if call == "ecs:updateService"
            else (f"rds:{call[4].upper()}{call[5:]}", place.arn("rds", f"db:{given.get('DbInstanceIdentifier')}"))
        )
        role = str(bag(request.inputs, "target").get("roleArn"))
        try:
            require_permission(self._account, role, action, resource)
        except ResourceFailedError as error:
            raise ResourceFailedError(f"{name}: {error.problem}", "check bootstrap/role_policies.py") from None
        return {}

    def upcoming(self) -> tuple[datetime, list[Properties]] | None:
        """When the next calls are, and which; None without schedules."""
        times = [(next_time(schedule, self.now), schedule) for schedule in self._account.of(_TOKEN)]
        if not times:
            return None
        first = min(time for time, _ in times)
        return first, [schedule for time, schedule in times if time == first]

    def advance(self) -> list[str]:
        """Set the clock to the next calls, and make them; their schedules' names."""
        made: list[str] = []
        self.now, schedules = self.upcoming() or (self.now, [])
        for schedule in sorted(schedules, key=lambda each: str(each["name"])):
            name, call, given = _call(schedule)
            self._calls[call](given)
            made.append(name)
        return made


def next_time(schedule: Properties, after: datetime) -> datetime:
    """When a schedule is due next. Raises ResourceFailedError when Scheduler does not know its form or time zone."""
    found = _CRON.fullmatch(str(schedule.get("scheduleExpression")))
    if found is None:
        raise ResourceFailedError(
            f"ValidationException: Invalid Schedule Expression {schedule.get('scheduleExpression')}",
            "the rehearsal knows cron(MINUTE HOUR ? * DAYS *) as conducky/settings/schedule.py writes it",
        )
    zone = ZoneInfo(str(schedule.get("scheduleExpressionTimezone") or "UTC"))
    local = after.astimezone(zone)
    days = {_DAYS.index(day) for day in found[3].split(",")} if found[3] else {*range(7)}
    for number in range(9):
        day = local.date() + timedelta(days=number)
        due = datetime(day.year, day.month, day.day, int(found[2]), int(found[1]), tzinfo=zone)
        if day.weekday() in days and due > local:
            return due.astimezone(UTC)
    raise AssertionError  # a week has every day


def _call(schedule: Properties) -> tuple[str, str, Properties]:
    """The name of a schedule, the call that it makes, and what it gives it."""
    target = bag(schedule, "target")
    call = str(target.get("arn")).removeprefix("arn:aws:scheduler:::aws-sdk:")
    return str(schedule["name"]), call, json.loads(str(target.get("input") or "{}"))
