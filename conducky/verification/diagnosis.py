"""Why a release is not live: from ECS's events, the tasks that stopped, and the line of their log that matters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conducky.access import asking_aws
from conducky.errors import UserError
from conducky.github import redact
from conducky.naming import stack_of
from conducky.verification import ecs
from conducky.verification.stopped import LogLine, Reason, advice_for, line_that_matters, why_stopped
from conducky.verification.task import Task


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a failure: tasks that failed, the end of the first one's log, and what AWS did not show."""

    tasks: Sequence[Task] = ()
    reason: Reason | None = None
    log: Sequence[str] = ()
    events: Sequence[str] = ()
    unread: Sequence[str] = ()
    stack: str = ""

    @property
    def line(self) -> LogLine | None:
        """The line of the log that matters."""
        return line_that_matters(self.log)

    @property
    def cause(self) -> str:
        """In a few words, as `its command failed (exit code 1); its log says "Error: P3009"`; empty where unknown."""
        parts = [self.reason.cause if self.reason else "", self._said]
        return "; ".join(part for part in parts if part)

    @property
    def _said(self) -> str:
        if self.line is None:
            return ""
        return f'its log {"says" if self.line.is_error else "ends with"} "{self.line.text}"'

    @property
    def advice(self) -> str:
        """What to do; empty where nothing is known that would help."""
        return advice_for(self.stack, self.line, self.reason)

    def lines(self) -> Iterator[str]:
        """All of it, a line each."""
        for cause, count in Counter(task.reason.cause for task in self.tasks).most_common():
            yield f"{count} {'task' if count == 1 else 'tasks'} stopped: {cause}"
        yield from dict.fromkeys(f"  ECS: {task.reason.said}" for task in self.tasks if task.reason.said)
        if self.line:
            yield f"  log: {self.line.text}"
        yield from (f"event: {event}" for event in self.events)
        yield from self.unread


def diagnose(aws: ecs.AwsClients, cluster: str, service: ecs.Service, application: str, log_group: str) -> Diagnosis:
    """Why the service's newest revision does not run. What AWS does not show is left out, and said."""
    unread: list[str] = []
    tasks: list[Task] = []
    log: list[str] = []
    try:
        with asking_aws(f"read the stopped tasks of {application}"):
            stopped = ecs.stopped_tasks(aws, cluster, service.name)
        # Those of the newest revision that stopped unasked; a rollback starts tasks of an older one.
        failed = [task for task in stopped if not task.reason.expected]
        tasks = [task for task in failed if task.revision == failed[0].revision]
    except UserError as error:
        unread.append(str(error))
    reason = _commonest(tasks) or _from_events(service.events)
    if tasks:
        try:
            # Of the first one: after a migration that failed, the later ones say no more than that one has.
            with asking_aws(f"read the log of {application}"):
                log = [redact(each) for each in ecs.last_lines(aws, log_group, application, tasks[-1].task_id)]
        except UserError as error:
            unread.append(str(error))
    return Diagnosis(tasks, reason, log, service.events, unread, stack_of(service.name))


def _commonest(tasks: Sequence[Task]) -> Reason | None:
    if not tasks:
        return None
    cause, _ = Counter(task.reason.cause for task in tasks).most_common(1)[0]
    return next(task.reason for task in tasks if task.reason.cause == cause)


def _from_events(events: Sequence[str]) -> Reason | None:
    """Why no task was even started, such as no capacity: only the service's events tell that."""
    for event in events:
        reason = why_stopped({"stoppedReason": event})
        if reason.cause != reason.said and not reason.expected:
            return reason
    return None
