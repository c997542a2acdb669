"""What a run says of one step: on the job's page all that helps to mend it, at the top of the run one sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conducky.engine.events import Watch
from conducky.environment import variable
from conducky.errors import UserError
from conducky.github import actions
from conducky.github.markdown import code, folded
from conducky.naming import Names
from conducky.pipeline.engine_log import read_engine_log
from conducky.verification import ecs

SERVICES: Final = ("backend", "frontend")
_DONE = {"deploy": "deployed", "destroy": "removed", "verify": "live"}
_SAME = "same"
_MOST_CAUSES = 10


@dataclass(frozen=True)
class Step:
    """One step of a run: what it did (`deploy`, `verify` or `destroy`), to what, and how GitHub says that it ended."""

    verb: str
    layer: str
    stack: str
    outcome: str

    @property
    def where(self) -> str:
        """`services/dev`."""
        return f"{self.layer}/{self.stack}"


def summarise(step: Step, log: Path | None, names: Names, clients: Callable[[], ecs.AwsClients]) -> None:
    """Write the summary and, where the step failed, the annotation. It never fails itself: it explains a failure."""
    watch = read_engine_log(log) if log else None
    if step.outcome == "success":
        actions.add_to_summary(f"### ✅ {step.where} is {_DONE[step.verb]}\n\n{_changes(watch)}")
        return
    if step.outcome == "skipped":
        actions.add_to_summary(f"### ⏭️ {step.where}: {step.verb} was not begun\n\nAn earlier step failed; see its log.")
        return
    causes = watch.causes().splitlines()[:_MOST_CAUSES] if watch else []
    verb = "was cancelled" if step.outcome == "cancelled" else "failed"
    parts = [f"### ❌ {step.where}: {step.verb} {verb}"]
    if causes:
        parts.append(code("\n".join(causes)))
    if watch and watch.operations:
        parts.append(f"Done before that: {_changes(watch)}")
    report = ""
    if step.layer == "services" and step.verb != "destroy":
        report = _ecs_report(names, clients)
        parts.append(report)
    parts.append(f"What to do: [docs/pipeline.md]({_page()}#{anchor(step)}).")
    actions.add_to_summary("\n\n".join(part for part in parts if part))
    cause = causes[0] if causes else "see the job's summary and log"
    actions.annotate(f"{step.where}: {step.verb} {verb}", cause)


def anchor(step: Step) -> str:
    """The heading of docs/pipeline.md that says what to do."""
    name = {"verify": "verify", "destroy": "destroy"}.get(step.verb, step.layer)
    return f"{name}-fails"


def _page() -> str:
    server, repository = variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY")
    commit = variable("GITHUB_SHA") or "main"
    return f"{server}/{repository}/blob/{commit}/docs/pipeline.md" if server and repository else "docs/pipeline.md"


def _changes(watch: Watch | None) -> str:
    if watch is None:
        return ""
    changes = {operation: count for operation, count in sorted(watch.changes.items()) if operation != _SAME}
    if not changes:
        return "Nothing changed." if watch.changes else ""
    counts = ", ".join(f"{operation} {count}" for operation, count in changes.items())
    return folded(counts, code("\n".join(f"{done} {name}" for name, done in sorted(watch.operations.items()))))


def _ecs_report(names: Names, clients: Callable[[], ecs.AwsClients]) -> str:
    cluster = names.of("cluster")
    try:
        with ecs.aws_errors():
            aws = clients()
            found = ecs.describe(aws, cluster, [names.of(service) for service in SERVICES])
    except UserError as error:
        return f"ECS could not be asked:\n\n{code(str(error))}"
    if not found:
        return f"The cluster `{cluster}` has no services yet."
    return "\n\n".join(_service_report(aws, cluster, found[name]) for name in sorted(found))


def _service_report(aws: ecs.AwsClients, cluster: str, service: ecs.Service) -> str:
    """One service: what it works towards, its events, why tasks stopped, and what the last one wrote."""
    lines = [
        f"{'now' if each.primary else 'before'}: {each.revision}, {each.running} of {each.desired} tasks, "
        f"{each.rollout.lower() or 'no state'} {each.reason}".rstrip()
        for each in service.deployments
    ]
    parts = [f"#### {service.name}", code("\n".join(lines) or "no deployment")]
    if service.events:
        parts.append(folded("ECS events, the newest first", code("\n".join(service.events))))
    try:
        with ecs.aws_errors():
            stopped = ecs.stopped_tasks(aws, cluster, service.name)
            parts.append(_stopped_report(aws, service.name, stopped))
    except UserError as error:
        parts.append(f"Stopped tasks could not be read:\n\n{code(str(error))}")
    return "\n\n".join(part for part in parts if part)


def _stopped_report(aws: ecs.AwsClients, service: str, stopped: list[ecs.StoppedTask]) -> str:
    if not stopped:
        return "No task stopped within the last hour."
    reasons = code("\n".join(f"{task.revision} ({task.task_id[:8]}): {task.reason}" for task in stopped))
    parts = [f"Why tasks stopped:\n\n{reasons}"]
    container = service.rpartition("-")[2]
    try:
        with ecs.aws_errors():
            lines = ecs.last_lines(aws, service, container, stopped[0].task_id)
    except UserError as error:
        lines = [str(error)]
    if lines:
        parts.append(f"The last lines of the last one:\n\n{code(chr(10).join(lines))}")
    return "\n\n".join(parts)
