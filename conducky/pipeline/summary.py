"""What a run reports of one step: on the job's page all that helps to fix it, at the top of the run one line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conducky.access import asking_aws
from conducky.engine.events import Watch, read_event_log
from conducky.environment import variable
from conducky.errors import UserError
from conducky.github import actions, code, folded
from conducky.naming import Names
from conducky.repository import ROOT, SERVICES
from conducky.verification import ecs
from conducky.verification.diagnosis import diagnose

_DONE = {"deploy": "deployed", "destroy": "removed"}
_SAME = "same"
_PAGE = "docs/pipeline-failures.md"
_MOST_CAUSES = 10


@dataclass(frozen=True)
class Step:
    """One step of a run: what it did (`deploy` or `destroy`), to what, and the outcome that GitHub gives."""

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
    watch = read_event_log(log, ROOT) if log else None
    if step.outcome == "success":
        actions.add_to_summary(f"### ✅ {step.where} is {_DONE[step.verb]}\n\n{_changes(watch)}")
        return
    if step.outcome == "skipped":
        actions.add_to_summary(f"### ⏭️ {step.where}: {step.verb} was skipped\n\nAn earlier step failed; see its log.")
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
    parts.append(f"What to do: [{_PAGE}]({_page()}#{anchor(step)}).")
    actions.add_to_summary("\n\n".join(part for part in parts if part))
    cause = causes[0] if causes else "see the job's summary and log"
    actions.annotate(f"{step.where}: {step.verb} {verb}", cause)


def anchor(step: Step) -> str:
    """The heading of docs/pipeline-failures.md that explains what to do."""
    return f"{'destroy' if step.verb == 'destroy' else step.layer}-fails"


def _page() -> str:
    server, repository = variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY")
    commit = variable("GITHUB_SHA") or "main"
    return f"{server}/{repository}/blob/{commit}/{_PAGE}" if server and repository else _PAGE


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
        with asking_aws("read ECS"):
            aws = clients()
            found = ecs.describe(aws, cluster, [names.of(service) for service in SERVICES])
    except UserError as error:
        return f"ECS could not be read:\n\n{code(str(error))}"
    if not found:
        return f"The cluster `{cluster}` has no services yet."
    return "\n\n".join(_service_report(aws, cluster, found[name]) for name in sorted(found))


def _service_report(aws: ecs.AwsClients, cluster: str, service: ecs.Service) -> str:
    """One service: its deployments, its events, why tasks stopped, and what the last one wrote."""
    lines = [
        f"{'now' if each.primary else 'before'}: {each.revision}, {each.running} of {each.desired} tasks, "
        f"{each.rollout.lower() or 'no state'} {each.reason}".rstrip()
        for each in service.deployments
    ]
    parts = [f"#### {service.name}", code("\n".join(lines) or "no deployment")]
    if service.events:
        parts.append(folded("ECS events, the newest first", code("\n".join(service.events))))
    application = service.name.rpartition("-")[2]
    diagnosis = diagnose(aws, cluster, service, application, service.name)
    if diagnosis.cause:
        parts.insert(1, code("\n".join(part for part in (diagnosis.cause, diagnosis.advice) if part)))
    if diagnosis.tasks:
        reasons = [f"{each.revision} ({each.task_id[:8]}): {each.reason.said}" for each in diagnosis.tasks]
        parts.append(f"Why tasks stopped:\n\n{code(chr(10).join(reasons))}")
    elif not diagnosis.unread:
        parts.append("No task failed within the last hour.")
    if diagnosis.log:
        parts.append(f"The last lines of the last one:\n\n{code(chr(10).join(diagnosis.log))}")
    if diagnosis.unread:
        parts.append(f"Could not be read:\n\n{code(chr(10).join(diagnosis.unread))}")
    return "\n\n".join(part for part in parts if part)
