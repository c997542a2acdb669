"""`conducky logs`: what all tasks of one or more services wrote, in order; stopped tasks too."""

import heapq
import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Final

from botocore.exceptions import ClientError
from rich.console import Console
from rich.text import Text

from conducky.access import READS_CONTAINERS, THROTTLED, asking_aws
from conducky.aws import error_code
from conducky.errors import printable
from conducky.operations.target import Target
from conducky.operations.words import now
from conducky.verification.stopped import readable_line
from conducky.verification.task import SHORT

PERIOD_SECONDS: Final = 2.0  # Between two questions for news; half a call a second for each group
_PAGE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
# Tasks hand over what they wrote some seconds late, and not in one order.
_LATE: Final = timedelta(seconds=15)
_MOST_SEEN: Final = 20_000


@dataclass(frozen=True)
class Event:
    """One line that a task wrote."""

    at: datetime
    application: str
    task: str
    text: str
    id: str = ""

    def as_json(self) -> Mapping[str, str]:
        """For scripts; `message` is the line as it was written."""
        return {
            "timestamp": self.at.isoformat(timespec="milliseconds"),
            "service": self.application,
            "task": self.task,
            "message": self.text,
        }


@dataclass(frozen=True)
class Query:
    """Which lines: of these applications, since then, of one task, with a text in them (in any case)."""

    applications: Sequence[str]
    since: datetime
    task: str = ""
    grep: str = ""

    def wants(self, event: Event) -> bool:
        """Whether the line is one of them."""
        return event.task.startswith(self.task) and self.grep.lower() in event.text.lower()


@dataclass
class LogReader:
    """Reads log groups of a stack. `note` gets a line for the person, `sleep` waits that many seconds."""

    target: Target
    query: Query
    note: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    _seen: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _newest: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def written(self) -> Iterator[Event]:
        """What was written up to now, merged by time; UserError when a log group does not exist, or AWS refuses."""
        groups = [self._events(each, self.query.since) for each in self.query.applications]
        return self._new(heapq.merge(*groups, key=lambda event: event.at))

    def follow(self) -> Iterator[Event]:
        """What is written from now on, patient when AWS throttles. Raises UserError if a group goes, or AWS refuses."""
        pause = PERIOD_SECONDS
        while True:
            self.sleep(pause)
            try:
                found = [event for each in self.query.applications for event in self._news(each)]
            except _ThrottledError:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                self.note(f"AWS throttles this account's calls: waiting {pause:.0f} s")
                continue
            pause = PERIOD_SECONDS
            yield from self._new(sorted(found, key=lambda event: event.at))

    def _news(self, application: str) -> Iterator[Event]:
        newest = self._newest.get(application)
        return self._events(application, newest - _LATE if newest else self.query.since, following=True)

    def _new(self, events: Iterable[Event]) -> Iterator[Event]:
        """Those that were not seen before and are wanted: lines that may still have been late are read twice."""
        for event in events:
            self._newest[event.application] = max(self._newest.get(event.application, event.at), event.at)
            if event.id in self._seen:
                continue
            self._seen[event.id] = event.at
            if len(self._seen) > _MOST_SEEN:
                old = min(self._newest.values()) - 2 * _LATE
                self._seen = {ident: at for ident, at in self._seen.items() if at >= old}
            if self.query.wants(event):
                yield event

    def _events(self, application: str, since: datetime, *, following: bool = False) -> Generator[Event]:
        group = self.target.log_group(application)
        request: dict[str, Any] = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
        if self.query.task:
            # As the `awslogs` driver names a task's stream
            request["logStreamNamePrefix"] = f"{application}/{application}/{self.query.task}"
        while True:
            page = self._page(group, request, following=following)
            for event in page.get("events", []):
                yield _event(application, event)
            if "nextToken" not in page:
                return
            request["nextToken"] = page["nextToken"]
            if following:
                self.sleep(_PAGE_SECONDS)

    def _page(self, group: str, request: dict[str, Any], *, following: bool) -> dict[str, Any]:
        with asking_aws(f"read the log {group}", self.target.policy(READS_CONTAINERS)):
            try:
                return dict(self.target.aws.logs.filter_log_events(**request))
            except self.target.aws.logs.exceptions.ResourceNotFoundException:
                raise self.target.not_deployed(f"the log group {group}") from None
            except ClientError as error:
                if following and error_code(error) in THROTTLED:
                    raise _ThrottledError from None
                raise


class _ThrottledError(Exception):
    """AWS asks for fewer calls."""


def _event(application: str, found: dict[str, Any]) -> Event:
    return Event(
        at=datetime.fromtimestamp(found.get("timestamp", 0) / 1000, UTC),
        application=application,
        task=str(found.get("logStreamName", "")).rpartition("/")[2],
        text=str(found.get("message", "")).rstrip(),
        id=str(found.get("eventId", "")),
    )


_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")


@dataclass
class LogView:
    """Prints lines as they come: time here, service and task (in a colour of its own), and the text."""

    console: Console
    as_json: bool = False
    printed: int = 0
    _styles: dict[str, str] = field(default_factory=dict[str, str])
    _colours: Iterable[str] = field(default_factory=lambda: cycle(_COLOURS))

    def show(self, event: Event) -> None:
        """Print one line; JSON becomes its message and its other fields, errors in red."""
        self.printed += 1
        if self.as_json:
            sys.stdout.write(json.dumps(event.as_json(), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        text, failed = readable_line(event.text)
        at = event.at.astimezone()
        day = "" if at.date() == now().astimezone().date() else f"{at:%m-%d} "
        line = Text.assemble(
            (f"{day}{at:%H:%M:%S} ", "dim"),
            (f"{event.application}/{event.task[:SHORT]} ", self._style(event.task)),
            (printable(text.expandtabs()), "red" if failed else "default"),
        )
        self.console.print(line, soft_wrap=True)

    def _style(self, task: str) -> str:
        if task not in self._styles:
            self._styles[task] = next(iter(self._colours))
        return self._styles[task]
