"""Is the release live? ECS must run the revision that was deployed, all of it, and that revision must answer."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from conducky.contracts import ServicesOutputs
from conducky.errors import UserError
from conducky.repository import APPLICATIONS
from conducky.verification import ecs

PERIOD_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
# One answer may come from an old task that is still draining, or from the only new one.
ANSWERS_IN_A_ROW: Final = 3

# Only the application itself answers these, and nothing in front of it.
_PATHS: Final = {"frontend": "/", "backend": "/api/status"}
_OK: Final = 200


@dataclass(frozen=True)
class Expected:
    """What a service should run, and where it should answer."""

    service: str
    name: str
    task_definition: str
    url: str

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return self.task_definition.rpartition("/")[2]


@dataclass(frozen=True)
class Proof:
    """What was seen of one service."""

    service: str
    result: str


class NotLiveError(UserError):
    """A service does not run what was deployed. `events` are ECS's own, the newest first."""

    def __init__(self, problem: str, events: tuple[str, ...] = ()) -> None:
        super().__init__(problem, "see docs/pipeline.md#verify-fails")
        self.events = events


class _NotYetError(Exception):
    """It may still come; the message says what is missing."""


def expected_services(outputs: dict[str, Any], stack: str) -> list[Expected]:
    """What `services` promised when it was deployed.

    Raises:
        UserError: when it was deployed by code that promised less.
    """
    problem = ServicesOutputs.problem_in(outputs)
    if problem:
        raise UserError(f"services/{stack} {problem}", f"run `make deploy STACK={stack} LAYER=services` first")
    return [
        Expected(
            service,
            outputs[f"{service}_service_name"],
            outputs[f"{service}_task_definition_arn"],
            outputs[f"{service}_url"],
        )
        for service in APPLICATIONS
    ]


@dataclass(frozen=True)
class ReleaseCheck:
    """Checks a release again and again, until all of it is live or the time is over. `limit` is in seconds."""

    aws: ecs.AwsClients
    http: httpx.Client
    cluster: str
    limit: float
    sleep: Callable[[float], None] = time.sleep

    def prove(self, services: list[Expected]) -> Iterator[Proof]:
        """What was seen of each service, as soon as it is live.

        Raises:
            NotLiveError: when one was rolled back, is gone, or is not live in time.
        """
        deadline = time.monotonic() + self.limit
        for expected in services:
            yield Proof(expected.service, self._until(deadline, expected, self._runs))
            yield Proof(expected.service, self._until(deadline, expected, self._answers))

    def _until(self, deadline: float, expected: Expected, check: Callable[[Expected], str]) -> str:
        while True:
            try:
                return check(expected)
            except _NotYetError as missing:
                if time.monotonic() >= deadline:
                    raise NotLiveError(
                        f"{expected.service} is not live after {self.limit:.0f} s: {missing}", self._events(expected)
                    ) from None
            self.sleep(PERIOD_SECONDS)

    def _runs(self, expected: Expected) -> str:
        service = ecs.describe(self.aws, self.cluster, [expected.name]).get(expected.name)
        if service is None or not service.active:
            raise NotLiveError(f"{expected.service}: ECS has no service {expected.name} in {self.cluster}")
        primary = service.primary
        if primary is None or primary.task_definition != expected.task_definition:
            raise NotLiveError(self._other_revision(expected, primary), service.events)
        if primary.rollout == "FAILED":
            raise NotLiveError(
                f"{expected.service}: the deployment of {expected.revision} failed ({primary.reason})", service.events
            )
        if primary.running != primary.desired or service.pending or len(service.deployments) > 1:
            others = len(service.deployments) - 1
            raise _NotYetError(
                f"{primary.running} of {primary.desired} tasks run {expected.revision}"
                + (f", {service.pending} are starting" if service.pending else "")
                + (", and an older revision is not gone yet" if others else "")
            )
        return f"runs {expected.revision} in {primary.running} of {primary.desired} tasks"

    def _answers(self, expected: Expected) -> str:
        service = ecs.describe(self.aws, self.cluster, [expected.name])[expected.name]
        if service.desired == 0:
            return "answers nothing, because its desired count is 0"
        revision = ecs.expected_variable(self.aws, expected.task_definition, "APP_REVISION")
        address = expected.url + _PATHS[expected.service]
        for _ in range(ANSWERS_IN_A_ROW):
            try:
                answer = self.http.get(address, timeout=ANSWER_SECONDS)
            except httpx.HTTPError as error:
                raise _NotYetError(f"{address} does not answer ({str(error) or type(error).__name__})") from None
            if answer.status_code != _OK:
                raise _NotYetError(f"{address} answers {answer.status_code}")
            if answer.headers.get("X-Revision") != revision:
                seen = answer.headers.get("X-Revision", "no revision")
                raise _NotYetError(f"{address} is answered by {seen} and not by {revision}")
        return f"answers at {address} as {revision}"

    def _other_revision(self, expected: Expected, primary: ecs.Deployment | None) -> str:
        runs = f"{primary.revision if primary else 'nothing'} and not {expected.revision}"
        why = ecs.why_rolled_back(self.aws, self.cluster, expected.name)
        if why:
            return f"{expected.service} was rolled back: it runs {runs} ({why})"
        return f"{expected.service} runs {runs}: something else has been deployed since"

    def _events(self, expected: Expected) -> tuple[str, ...]:
        service = ecs.describe(self.aws, self.cluster, [expected.name]).get(expected.name)
        return service.events if service else ()
