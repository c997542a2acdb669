"""Is the release live? ECS must run the revision that was deployed, all of it, and that revision must answer."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from conducky.contracts import ServicesOutputs
from conducky.errors import UserError
from conducky.naming import stack_of
from conducky.repository import ROOT, deployed_services
from conducky.settings.application import plain_path
from conducky.settings.services import ServicesSettings
from conducky.verification import ecs
from conducky.verification.diagnosis import Diagnosis, diagnose

PERIOD_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
# One answer may come from an old task that is still draining, or from the only new one.
ANSWERS_IN_A_ROW: Final = 3

# Only the sample itself answers these with 200, and nothing in front of it.
_PATHS: Final = {"frontend": "/", "backend": "/api/status"}
_OK: Final = range(200, 201)
# What the rehearsal asked of any other application: a page, and no error of the backend's own.
_OTHERS: Final = {"frontend": range(200, 400), "backend": range(200, 500)}


@dataclass(frozen=True)
class Expected:
    """What a service should run, and where it should answer. `digest` is its image's.

    `path` is that of an application other than the sample, which may answer it as the rehearsal lets it.
    """

    service: str
    name: str
    task_definition: str
    digest: str
    log_group: str
    url: str  # blank where nothing reaches it
    path: str | None = None

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return _name(self.task_definition)


class NotLiveError(UserError):
    """A service does not run what was deployed."""

    def __init__(self, problem: str, diagnosis: Diagnosis | None = None) -> None:
        self.diagnosis = diagnosis or Diagnosis()
        cause = f": {self.diagnosis.cause}" if self.diagnosis.cause else ""
        super().__init__(f"{problem}{cause}", self.diagnosis.advice or "see docs/pipeline-failures.md#verify-fails")


class _NotYetError(Exception):
    """It may still come; the message says what is missing."""


def expected_services(
    outputs: dict[str, Any], stack: str, settings: ServicesSettings | None = None, root: Path = ROOT
) -> list[Expected]:
    """What `services` promised when it was deployed; UserError when it was deployed by code that promised less."""
    is_sample = settings is None or (root / settings.backend.context / "src" / "administrator-link.ts").is_file()
    paths = {} if is_sample or settings is None else {"frontend": "/", "backend": plain_path(settings.backend.paths[0])}
    problem = ServicesOutputs.problem_in(outputs)
    if problem:
        raise UserError(f"services/{stack} {problem}", f"run `make deploy STACK={stack} LAYER=services` first")
    return [
        Expected(
            service,
            outputs[f"{service}_service_name"],
            outputs[f"{service}_task_definition_arn"],
            str(outputs[f"{service}_image"]).rpartition("@")[2],
            outputs[f"{service}_log_group"],
            outputs.get(f"{service}_url", ""),
            paths.get(service),
        )
        for service in deployed_services(outputs)
    ]


@dataclass(frozen=True)
class ReleaseCheck:
    """Checks a release again and again, until all of it is live or the time is over. `limit` is in seconds."""

    aws: ecs.AwsClients
    http: httpx.Client
    cluster: str
    limit: float
    sleep: Callable[[float], None] = time.sleep

    def prove(self, services: list[Expected]) -> Iterator[str]:
        """What was seen of each service, once live. Raises NotLiveError when one is rolled back, gone, or too slow."""
        deadline = time.monotonic() + self.limit
        for expected in services:
            yield f"{expected.service} {self._until(deadline, expected, self._runs)}"
            if expected.url:
                yield f"{expected.service} {self._until(deadline, expected, self._answers)}"

    def _until(self, deadline: float, expected: Expected, check: Callable[[Expected], str]) -> str:
        while True:
            try:
                return check(expected)
            except _NotYetError as missing:
                if time.monotonic() >= deadline:
                    problem = f"{expected.service} is not live after {self.limit:.0f} s ({missing})"
                    raise NotLiveError(problem, self._diagnosis(expected)) from None
            self.sleep(PERIOD_SECONDS)

    def _runs(self, expected: Expected) -> str:
        """Whether ECS's last rollout succeeded, brought this revision, and nothing else runs."""
        service = self._service(expected)
        self._check_rollout(expected, service)
        primary = service.primary
        if primary is None or primary.task_definition != expected.task_definition:
            raise _another(expected, primary.task_definition if primary else "nothing")
        if primary.rollout == "FAILED":
            problem = f"{expected.service}: the deployment of {expected.revision} failed ({primary.reason})"
            raise NotLiveError(problem, self._diagnosis(expected))
        if primary.running != primary.desired or service.pending or len(service.deployments) > 1:
            others = len(service.deployments) - 1
            raise _NotYetError(
                f"{primary.running} of {primary.desired} tasks run {expected.revision}"
                + (f", {service.pending} are starting" if service.pending else "")
                + (", and an older revision is not gone yet" if others else "")
            )
        return f"runs {expected.revision} in {primary.running} of {primary.desired} tasks"

    def _check_rollout(self, expected: Expected, service: ecs.Service) -> None:
        """The final state of ECS's last rollout, and what it brought. ECS may keep none of an old service."""
        rollout = ecs.last_deployment(self.aws, self.cluster, expected.name)
        if rollout is None:
            return
        if not (rollout.succeeded or rollout.failed):
            raise _NotYetError(f"its deployment is {_in_words(rollout.status)}")
        revision = ecs.service_revision(self.aws, rollout.target)
        if rollout.failed:
            wanted = _name(revision.task_definition) if revision else expected.revision
            what = "was stopped" if rollout.status == "STOPPED" else "was rolled back"
            because = f" ({rollout.reason})" if rollout.reason else ""
            runs = f"it runs {service.primary.revision if service.primary else 'nothing'} and not {wanted}"
            raise NotLiveError(f"{expected.service} {what}, {runs}{because}", self._diagnosis(expected))
        if revision:
            _check_revision(expected, revision)

    def _service(self, expected: Expected) -> ecs.Service:
        service = ecs.describe(self.aws, self.cluster, [expected.name]).get(expected.name)
        if service is None or not service.active:
            raise NotLiveError(f"{expected.service}: ECS has no service {expected.name} in {self.cluster}")
        return service

    def _diagnosis(self, expected: Expected) -> Diagnosis:
        service = self._service(expected)
        return diagnose(self.aws, self.cluster, service, expected.service, expected.log_group)

    def _answers(self, expected: Expected) -> str:
        service = self._service(expected)
        if service.desired == 0:
            stack = stack_of(expected.name)
            return (
                f"answers nothing, because it is stopped (its desired count is 0): run `conducky start --stack {stack}`"
            )
        revision = ecs.image_and_variables(self.aws, expected.task_definition)[1].get("APP_REVISION")
        address, named = expected.url + (expected.path or _PATHS[expected.service]), ""
        allowed = _OTHERS[expected.service] if expected.path else _OK
        for _ in range(ANSWERS_IN_A_ROW):
            try:
                answer = self.http.get(address, timeout=ANSWER_SECONDS)
            except httpx.HTTPError as error:
                raise _NotYetError(f"{address} does not answer ({str(error) or type(error).__name__})") from None
            if answer.status_code not in allowed:
                raise _NotYetError(f"{address} answers {answer.status_code}")
            # An application need not name its revision; one that does must name the right one.
            seen = answer.headers.get("X-Revision")
            if seen and revision and seen != revision:
                raise _NotYetError(f"{address} is answered by {seen} and not by {revision}")
            named = f" as {revision}" if seen and revision else ""
        return f"answers at {address}{named}"


def _check_revision(expected: Expected, revision: ecs.ServiceRevision) -> None:
    """Whether ECS rolled out this task definition, with the image that it names."""
    if revision.task_definition != expected.task_definition:
        raise _another(expected, revision.task_definition)
    digest = revision.digests.get(expected.service)
    if digest and digest != expected.digest:
        raise NotLiveError(
            f"{expected.service} runs the image {digest} and not {expected.digest}, which {expected.revision} names"
        )


def _another(expected: Expected, runs: str) -> NotLiveError:
    return NotLiveError(
        f"{expected.service} runs {_name(runs)} and not {expected.revision}: something else has been deployed since"
    )


def _name(task_definition: str) -> str:
    return task_definition.rpartition("/")[2]


def _in_words(status: str) -> str:
    return {"ROLLBACK_REQUESTED": "being rolled back", "ROLLBACK_IN_PROGRESS": "being rolled back"}.get(
        status, status.lower().replace("_", " ")
    )
