"""Target tracking by the rehearsal's clock: what AWS decides each minute is decided each `MINUTE` here.

https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

import contextlib
import math
from collections import deque
from collections.abc import Callable

from conducky.catalog.property_bag import Properties, bag
from conducky.errors import UserError
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.cloudwatch import CloudWatch
from conducky.rehearsal.cloudwatch.resource import MINUTE
from conducky.rehearsal.ecs import Services
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs.usage import Usage

_TARGET, _POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
_ROLE = "ecs.application-autoscaling.amazonaws.com"
# AWS starts tasks after 3 minutes above the target, and stops some after 15 that are well below it.
_OUT, _IN, _WELL_BELOW = 3, 15, 0.9


class Scaling:
    """The scalable targets of an account. `watch` is meant for a thread of its own."""

    def __init__(self, account: Account, services: Services, cloudwatch: CloudWatch) -> None:
        self._account, self._services, self._cloudwatch = account, services, cloudwatch
        self._values: dict[str, deque[float]] = {}
        usage = Usage(account, lambda: cloudwatch.clock())  # noqa: PLW0108  # a test sets another
        self.metrics: dict[str, Callable[[RunningService, Properties], float]] = {
            "ECSServiceAverageCPUUtilization": lambda service, _metric: usage.cpu(service),
            "ALBRequestCountPerTarget": self._requests,
        }

    def register(self, _request: Request) -> Properties:
        """Refuse what the deployer cannot do: only an admin creates the role with which AWS scales."""
        roles = self._account.of("aws:iam/serviceLinkedRole:ServiceLinkedRole")
        if not any(role["awsServiceName"] == _ROLE for role in roles):
            raise ResourceFailedError(
                "AccessDeniedException: not authorized to perform iam:CreateServiceLinkedRole", "deploy bootstrap first"
            )
        return {}

    def watch(self) -> None:
        """Decide once in each of the rehearsal's minutes, until it stops."""
        while not self._account.stopping.wait(MINUTE):
            with contextlib.suppress(UserError):  # Its tasks do not start; tried again
                self.decide()

    def decide(self) -> None:
        """Measure each policy's metric, and set the number of tasks that the busiest one wants."""
        for target in self._account.of(_TARGET):
            name = str(target["resourceId"]).rpartition("/")[2]
            service = next((each for each in self._services.running.values() if each.inputs["name"] == name), None)
            if service is None or not service.steady:
                continue
            now, least, most = len(service.tasks), int(target["minCapacity"]), int(target["maxCapacity"])
            policies = [each for each in self._account.of(_POLICY) if each["resourceId"] == target["resourceId"]]
            wanted = [self._wanted(service, policy, now) for policy in policies]
            count = min(max([least, *wanted]), most)
            if count != now:
                for policy in policies:
                    self._values.pop(str(policy["name"]), None)
                self._services.set_count(name, count)

    def _wanted(self, service: RunningService, policy: Properties, now: int) -> int:
        """How many tasks would bring the metric to its target, once it has been off it for long enough."""
        settings = bag(policy, "targetTrackingScalingPolicyConfiguration")
        metric = bag(settings, "predefinedMetricSpecification")
        value = self.metrics[str(metric["predefinedMetricType"])](service, metric)
        target = float(settings["targetValue"])
        values = self._values.setdefault(str(policy["name"]), deque(maxlen=_IN))
        values.append(value)
        above = len(values) >= _OUT and min(list(values)[-_OUT:]) > target
        below = len(values) == _IN and max(values) < target * _WELL_BELOW
        return math.ceil(now * value / target) if above or below else now

    def _requests(self, service: RunningService, metric: Properties) -> float:
        """Requests in the last minute for each task."""
        end = self._cloudwatch.clock()
        group = {"TargetGroup": str(metric["resourceLabel"]).partition("/targetgroup/")[2]}
        group["TargetGroup"] = f"targetgroup/{group['TargetGroup']}"
        return len(self._cloudwatch.answers(group, end - MINUTE, end)) / max(len(service.tasks), 1)
