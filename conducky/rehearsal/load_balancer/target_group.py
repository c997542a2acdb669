"""A target group: the tasks behind a load balancer, and which of them are healthy."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import aiohttp

from conducky.catalog.property_bag import Properties, bag
from conducky.errors import UserError, quoted
from conducky.rehearsal.load_balancer.routing import whole_number

State = Literal["initial", "healthy", "unhealthy", "draining"]
Probe = Callable[[], str | None]  # None: healthy; else what is wrong

# A rehearsal does not wait for AWS's intervals: it checks this often (seconds) until a target is healthy, and then at
# the target group's own interval, but at least every STEADY_INTERVAL.
EAGER_INTERVAL = 0.2
STEADY_INTERVAL = 2.0
_ANSWERS = 50_000
_MATCHER = re.compile(r"\d{3}(-\d{3})?(,\s*\d{3}(-\d{3})?)*")


@dataclass(frozen=True)
class Matcher:
    """Status codes that count as healthy, such as `200` or `200-299,301`."""

    text: str

    def __post_init__(self) -> None:
        if not _MATCHER.fullmatch(self.text) or not all(low <= high for low, high in self._ranges()):
            raise UserError(
                f"the health check's matcher is {quoted(self.text)} and must look like `200` or `200-299,301`",
                "correct it in the program",
            )

    def accepts(self, status: int) -> bool:
        """Whether `status` is one of the codes."""
        return any(low <= status <= high for low, high in self._ranges())

    def _ranges(self) -> list[tuple[int, int]]:
        parts = [part.strip().partition("-") for part in self.text.split(",")]
        return [(int(low), int(high or low)) for low, _, high in parts]


@dataclass(frozen=True)
class HealthCheck:
    """How a target is checked. `timeout` and `interval` are seconds; thresholds are answers in a row.

    With `connects_only` it is healthy when it can be connected to.
    """

    path: str = "/"
    matcher: Matcher = Matcher("200")
    healthy_threshold: int = 3
    unhealthy_threshold: int = 3
    timeout: float = 5
    interval: float = 30
    connects_only: bool = False

    @property
    def steady_interval(self) -> float:
        """Seconds between two checks of a healthy target, in the rehearsal."""
        return min(self.interval, STEADY_INTERVAL)


@dataclass
class Target:
    """One address of a target group. `in_flight` counts the requests it has not finished answering.

    `probe` says how it is, where its group does not ask it by HTTP.
    """

    host: str
    port: int
    state: State = "initial"
    reason: str = "not checked yet"
    in_flight: int = 0
    was_healthy: bool = False
    unhealthy_since: float | None = None  # by the monotonic clock, of one that was healthy before
    probe: Probe | None = None
    _passed: int = 0
    _failed: int = 0

    def record(self, failure: str | None, check: HealthCheck) -> None:
        """Record one check's result: None, or what was wrong.

        As on AWS a new target is healthy at its first good answer; an unhealthy one needs `healthy_threshold`.
        """
        if self.state == "draining":
            return
        self._passed = self._passed + 1 if failure is None else 0
        self._failed = self._failed + 1 if failure is not None else 0
        if failure is None and (self.state == "initial" or self._passed >= check.healthy_threshold):
            self.state, self.was_healthy, self.unhealthy_since = "healthy", True, None
        elif failure is not None and self._failed >= check.unhealthy_threshold:
            if self.was_healthy and self.state != "unhealthy":
                self.unhealthy_since = time.monotonic()
            self.state = "unhealthy"
        self.reason = failure or ""


class Answer(NamedTuple):
    """What a target answered, and when, by the monotonic clock."""

    at: float
    status: int


@dataclass
class TargetGroup:
    """Targets that share a health check; `deregistration_delay` (seconds) limits how long one drains.

    A target that refuses a connection is tried again for `patience` seconds: AWS has none. `answers` are the latest of
    its targets, for the metrics.
    """

    arn: str
    name: str
    health: HealthCheck = field(default_factory=HealthCheck)
    deregistration_delay: float = 300
    targets: list[Target] = field(default_factory=list[Target])
    answers: "deque[Answer]" = field(default_factory=lambda: deque[Answer](maxlen=_ANSWERS))
    patience: float = 0.0
    _turn: int = 0

    def find(self, host: str, port: int) -> Target | None:
        """The registered target of that address."""
        return next((target for target in self.targets if (target.host, target.port) == (host, port)), None)

    def next_healthy(self) -> Target | None:
        """The healthy targets in turn; None when there is none."""
        healthy = [target for target in self.targets if target.state == "healthy"]
        if not healthy:
            return None
        self._turn += 1
        return healthy[self._turn % len(healthy)]


def parse_target_group(arn: str, properties: Properties) -> TargetGroup:
    """A target group from the properties of an aws:lb/targetGroup:TargetGroup, with AWS's defaults.

    Raises:
        UserError: the matcher or a number is not valid.
    """
    name = str(properties.get("name") or arn)
    check = bag(properties, "healthCheck")

    def number(source: Properties, key: str, default: int) -> int:
        value = source.get(key)
        return default if value is None else whole_number(value, f"{key} of target group {name}")

    health = HealthCheck(
        path=str(check.get("path") or "/"),
        matcher=Matcher(str(check.get("matcher") or "200")),
        healthy_threshold=number(check, "healthyThreshold", HealthCheck.healthy_threshold),
        unhealthy_threshold=number(check, "unhealthyThreshold", HealthCheck.unhealthy_threshold),
        timeout=number(check, "timeout", 5),
        interval=number(check, "interval", 30),
    )
    return TargetGroup(arn, name, health, number(properties, "deregistrationDelay", 300))


async def check_target(session: aiohttp.ClientSession, target: Target, check: HealthCheck) -> str | None:
    """Check `target` once; None when it is healthy, else what was wrong."""
    request = f"GET {check.path}"
    try:
        if check.connects_only:
            _, writer = await asyncio.open_connection(target.host, target.port)
            writer.close()
            return None
        async with session.get(
            f"http://{target.host}:{target.port}{check.path}",
            headers={"User-Agent": "ELB-HealthChecker/2.0"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=check.timeout),
        ) as response:
            await response.read()  # To its end, so that the application sees no broken connection
            if check.matcher.accepts(response.status):
                return None
            return f"{request} answered {response.status}, expected {check.matcher.text}"
    except asyncio.TimeoutError:  # noqa: UP041  # aiohttp documents it by this name
        return f"{request} did not answer within {check.timeout:g} s on port {target.port}"
    except (aiohttp.ClientConnectorError, ConnectionError):
        return f"connection refused on port {target.port}"
    except aiohttp.ClientError as error:
        return f"{request} was cut off on port {target.port} ({type(error).__name__})"


async def watch_target(session: aiohttp.ClientSession, group: TargetGroup, target: Target) -> None:
    """Check `target` again and again until cancelled; the group's check may change meanwhile."""
    while True:
        found = target.probe() if target.probe else await check_target(session, target, group.health)
        target.record(found, group.health)
        steady = target.was_healthy and not target.probe  # A probe costs nothing
        await asyncio.sleep(group.health.steady_interval if steady else EAGER_INTERVAL)
