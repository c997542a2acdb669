"""A target group: the tasks behind a load balancer, and which of them are healthy."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

import aiohttp

from conducky.errors import UserError
from conducky.rehearsal.load_balancer.routing import whole_number

State = Literal["initial", "healthy", "unhealthy", "draining"]

# A rehearsal does not wait for AWS's intervals: it asks this often (seconds) until a target is healthy,
# and then at its own interval, but at least every STEADY_INTERVAL.
EAGER_INTERVAL = 0.2
STEADY_INTERVAL = 2.0
_MATCHER = re.compile(r"\d{3}(-\d{3})?(,\s*\d{3}(-\d{3})?)*")


@dataclass(frozen=True)
class Matcher:
    """Status codes that count as healthy, such as `200` or `200-299,301`."""

    text: str

    def __post_init__(self) -> None:
        if not _MATCHER.fullmatch(self.text) or not all(low <= high for low, high in self._ranges()):
            raise UserError(f"a health check's matcher is like 200 or 200-299,301, not {self.text!r}: mend it")

    def accepts(self, status: int) -> bool:
        """Say whether `status` is one of the codes."""
        return any(low <= status <= high for low, high in self._ranges())

    def _ranges(self) -> list[tuple[int, int]]:
        parts = [part.strip().partition("-") for part in self.text.split(",")]
        return [(int(low), int(high or low)) for low, _, high in parts]


@dataclass(frozen=True)
class HealthCheck:
    """How a target is asked. `timeout` and `interval` are seconds; thresholds are answers in a row."""

    path: str = "/"
    matcher: Matcher = Matcher("200")
    healthy_threshold: int = 3
    unhealthy_threshold: int = 3
    timeout: float = 5
    interval: float = 30

    @property
    def steady_interval(self) -> float:
        """Seconds between two checks of a healthy target, in the rehearsal."""
        return min(self.interval, STEADY_INTERVAL)


@dataclass
class Target:
    """One address of a target group. `in_flight` counts the requests it has not finished answering."""

    host: str
    port: int
    state: State = "initial"
    reason: str = "not checked yet"
    in_flight: int = 0
    was_healthy: bool = False
    _passed: int = 0
    _failed: int = 0

    def record(self, failure: str | None, check: HealthCheck) -> None:
        """Take in one check's result: None, or what was wrong.

        As on AWS a new target is healthy at its first good answer; an unhealthy one needs `healthy_threshold`.
        """
        if self.state == "draining":
            return
        self._passed = self._passed + 1 if failure is None else 0
        self._failed = self._failed + 1 if failure is not None else 0
        if failure is None and (self.state == "initial" or self._passed >= check.healthy_threshold):
            self.state, self.was_healthy = "healthy", True
        elif failure is not None and self._failed >= check.unhealthy_threshold:
            self.state = "unhealthy"
        self.reason = failure or ""


@dataclass
class TargetGroup:
    """Targets that share a health check; `deregistration_delay` (seconds) limits how long one drains."""

    arn: str
    name: str
    health: HealthCheck = field(default_factory=HealthCheck)
    deregistration_delay: float = 300
    targets: list[Target] = field(default_factory=list[Target])
    _turn: int = 0

    def find(self, host: str, port: int) -> Target | None:
        """Give the registered target of that address."""
        return next((target for target in self.targets if (target.host, target.port) == (host, port)), None)

    def next_healthy(self) -> Target | None:
        """Give the healthy targets in turn; None when there is none."""
        healthy = [target for target in self.targets if target.state == "healthy"]
        if not healthy:
            return None
        self._turn += 1
        return healthy[self._turn % len(healthy)]


def parse_target_group(arn: str, properties: Mapping[str, object]) -> TargetGroup:
    """Read the properties of an aws:lb/targetGroup:TargetGroup; what it leaves out is as AWS has it.

    Raises:
        UserError: For a matcher or a number that is none.
    """
    name = str(properties.get("name") or arn)
    given = properties.get("healthCheck")
    bag = cast("Mapping[str, object]", given if isinstance(given, Mapping) else {})

    def number(source: Mapping[str, object], key: str, default: int) -> int:
        value = source.get(key)
        return default if value is None else whole_number(value, f"{key} of target group {name}")

    health = HealthCheck(
        path=str(bag.get("path") or "/"),
        matcher=Matcher(str(bag.get("matcher") or "200")),
        healthy_threshold=number(bag, "healthyThreshold", HealthCheck.healthy_threshold),
        unhealthy_threshold=number(bag, "unhealthyThreshold", HealthCheck.unhealthy_threshold),
        timeout=number(bag, "timeout", 5),
        interval=number(bag, "interval", 30),
    )
    return TargetGroup(arn, name, health, number(properties, "deregistrationDelay", 300))


async def check_target(session: aiohttp.ClientSession, target: Target, check: HealthCheck) -> str | None:
    """Ask `target` once; None when it is well, else a sentence about what was wrong."""
    asked = f"GET {check.path}"
    try:
        async with session.get(
            f"http://{target.host}:{target.port}{check.path}",
            headers={"User-Agent": "ELB-HealthChecker/2.0"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=check.timeout),
        ) as response:
            await response.read()  # to its end, so that the application sees no broken connection
            if check.matcher.accepts(response.status):
                return None
            return f"{asked} answered {response.status}, expected {check.matcher.text}"
    except asyncio.TimeoutError:  # noqa: UP041 # aiohttp documents it by this name
        return f"{asked} did not answer within {check.timeout:g} s on port {target.port}"
    except aiohttp.ClientConnectorError:
        return f"connection refused on port {target.port}"
    except aiohttp.ClientError as error:
        return f"{asked} broke off on port {target.port} ({type(error).__name__})"


async def watch_target(session: aiohttp.ClientSession, group: TargetGroup, target: Target) -> None:
    """Check `target` again and again until cancelled; the group's check may change meanwhile."""
    while True:
        target.record(await check_target(session, target, group.health), group.health)
        await asyncio.sleep(group.health.steady_interval if target.was_healthy else EAGER_INTERVAL)
