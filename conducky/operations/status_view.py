"""How the state of a stack looks: on a terminal of 80 columns, and as JSON."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from time import sleep

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from conducky.operations.history import Update
from conducky.operations.status import DatabaseStatus, ServiceStatus, Status, TaskStatus
from conducky.operations.words import age, short_digest
from conducky.verification.ecs import Deployment
from conducky.verification.task import SHORT

_STYLES = {
    "healthy": "green",
    "available": "green",
    "COMPLETED": "green",
    "unhealthy": "red",
    "FAILED": "red",
    "IN_PROGRESS": "yellow",
    "initial": "yellow",
    "draining": "dim",
}


def status_view(status: Status) -> Group:
    """A state as lines, which rich wraps at the width of the terminal."""
    return Group(*_lines(status))


def as_json(status: Status) -> str:
    """Everything that was seen; times as ISO 8601."""

    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    as_aws_has_it = {"services": {"__all__": {"load_balancers"}}}
    return json.dumps(status.model_dump(exclude=as_aws_has_it) | {"problems": status.problems}, default=plain, indent=2)


def _lines(status: Status) -> Iterator[Text]:
    yield Text.assemble((status.stack, "bold"), f" in {status.place}")
    yield from (Text(f"  {address}") for address in status.addresses)
    if status.release:
        yield Text(f"  {_release(status.release)}")
    for service in status.services:
        yield Text()
        yield from _service(service)
    if status.database:
        yield Text()
        yield from _database(status.database)
    if status.notes or status.problems:
        yield Text()
    yield from (Text(f"not shown: {note}", style="dim") for note in status.notes)
    yield from (Text.assemble(("✗ ", "red"), problem) for problem in status.problems)
    if not status.problems:
        yield Text.assemble(("✓ ", "green"), "nothing is wrong that can be seen from here")


def _release(update: Update) -> str:
    commit = update.commit[:7] or "no commit"
    changed = " + uncommitted changes" if update.changed else ""
    what = f"{update.message} ({commit}{changed})" if update.message else f"{commit}{changed}"
    author = f" by {update.author}" if update.author else ""
    return f"deployed {age(update.ended or update.started)} ago{author}: {what}"


def _service(service: ServiceStatus) -> Iterator[Text]:
    pending = f", {service.pending} starting" if service.pending else ""
    yield Text.assemble(
        (service.name, "bold"),
        f"  {service.revision.rpartition(':')[2]}  ",
        (f"{service.running} of {service.desired} tasks{pending}", "red" if service.problem else "green"),
    )
    yield Text(f"  image   {short_digest(service.image)}  {service.build}".rstrip())
    for task in service.tasks:
        yield _task(task)
    for task in service.stopped:
        yield Text(f"  ended   {task.id[:SHORT]}  {age(task.started)} ago: {task.why}", style="dim")
    for deployment in service.deployments:
        yield _deployment(deployment)
    for event in service.reported:
        yield Text(f"  {age(event.at)} ago: {event.text}", style="dim")


def _task(task: TaskStatus) -> Text:
    state = task.target or task.state.lower()
    where = "  ".join(part for part in (task.zone, "Spot" if task.spot else "on demand") if part)
    line = Text.assemble(
        f"  task    {task.id[:SHORT]}  ",
        (state, _STYLES.get(state, "default")),
        f"  {age(task.started)}  {where}",
    )
    return line.append(f"  ({task.why})") if task.why else line


def _deployment(deployment: Deployment) -> Text:
    which = "deploys" if deployment.primary else "leaves "
    state = deployment.rollout or "ACTIVE"
    since = f", {age(deployment.updated)} ago" if deployment.updated else ""
    line = Text.assemble(
        f"  {which} {deployment.revision.rpartition(':')[2]}  ",
        (state.lower().replace("_", " "), _STYLES.get(state, "default")),
        f"  {deployment.running} of {deployment.desired}{since}",
    )
    return line.append(f": {deployment.reason}") if state == "FAILED" and deployment.reason else line


def _database(database: DatabaseStatus) -> Iterator[Text]:
    yield Text.assemble(
        (database.name, "bold"),
        "  ",
        (database.state, "red" if database.problem else "green"),
        f"  PostgreSQL {database.version}",
    )
    standby = " and a standby" if database.standby else ""
    limit = f", grows to {database.storage_limit}" if database.storage_limit else ""
    yield Text(f"  {database.size}, {database.storage} GiB{limit}{database.zone and f', {database.zone}'}{standby}")
    backups = (
        f"kept {database.backups} days"
        + (f", restorable until {age(database.restorable)} ago" if database.restorable else "")
        if database.backups
        else "none (`databaseBackupDays` is 0)"
    )
    yield Text(f"  backups {backups}")
    until = f" until {database.certificate_until:%Y-%m-%d}" if database.certificate_until else ""
    protected = ", protected against deletion" if database.protected else ""
    yield Text(f"  certificate {database.certificate or 'of the rehearsal'}{until}{protected}")
    for name in database.replaced:
        yield Text(f"  replaced {name}, until {database.forget}", style="dim")


PERIOD_SECONDS = 5.0


def watch(look: Callable[[], RenderableType], console: Console) -> None:
    """Look every five seconds: on a terminal in place, else one below the other. Ends with a signal only."""
    if not console.is_terminal:
        while True:
            console.print(look())
            sleep(PERIOD_SECONDS)
    shown = look()
    try:
        with Live(shown, console=console, screen=True, auto_refresh=False) as live:
            while True:
                sleep(PERIOD_SECONDS)
                shown = look()
                live.update(shown, refresh=True)
    finally:
        console.print(shown)
