"""Metrics as the rehearsal counts them, and alarms computed from them in CloudWatch's way."""

import operator
import time
from collections.abc import Callable, Iterable

from conducky.catalog.property_bag import Properties, bag
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.load_balancer.target_group import Answer

MINUTE = 1.0  # seconds that a minute of a metric takes: nobody waits for real ones

Source = Callable[[Properties, float, float], float | None]  # the value between two moments; None: no data
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_ERROR = 500
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


class CloudWatch:
    """The alarms of an account. `sources` are the metrics by namespace and name, with `:STATISTIC` for one alone."""

    def __init__(self, account: Account, load_balancers: LoadBalancers) -> None:
        self._account = account
        self._server = load_balancers.server
        self.clock = time.monotonic
        self.sources: dict[tuple[str, str], Source] = {
            ("AWS/ApiGateway", "5xx"): self._errors,
            ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): self._errors,
            ("AWS/ApplicationELB", "UnHealthyHostCount"): self._unhealthy,
        }

    def put(self, request: Request) -> Properties:
        """Refuse an alarm over a metric that nobody counts here: it would never go off."""
        metric = str(request.inputs.get("namespace")), str(request.inputs.get("metricName"))
        if metric not in self.sources:
            raise ResourceFailedError(
                f"the rehearsal counts no metric {' '.join(metric)}",
                "use another, or extend conducky/rehearsal/cloudwatch/resource.py",
            )
        return {}

    def gone_off(self, names: Iterable[str], at: float | None = None) -> list[str]:
        """Those of the alarms that are in the state ALARM, or were at a moment.

        Raises:
            ResourceFailedError: there is no such alarm.
        """
        return [name for name in names if self._is_off(self._alarm(name), self.clock() if at is None else at)]

    def seconds(self, names: Iterable[str]) -> float:
        """How long the longest of these alarms looks back: so long ECS keeps watching a deployment."""
        alarms = [self._alarm(name) for name in names]
        return max((int(alarm["evaluationPeriods"]) * _period(alarm) for alarm in alarms), default=0.0)

    def _alarm(self, name: str) -> Properties:
        fix = "create it in services/release_alarms.py"
        return self._account.need(_ALARM, f"there is no alarm {name}", fix, name=name)

    def _is_off(self, alarm: Properties, now: float) -> bool:
        """Whether enough of the last periods breach.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
        """
        namespace, name = str(alarm["namespace"]), str(alarm["metricName"])
        source = self.sources.get((namespace, f"{name}:{alarm.get('statistic')}")) or self.sources[namespace, name]
        evaluated, period = int(alarm["evaluationPeriods"]), _period(alarm)
        breaches, breaching = _COMPARISONS[str(alarm["comparisonOperator"])], 0
        for number in range(evaluated):
            value = source(bag(alarm, "dimensions"), now - (number + 1) * period, now - number * period)
            missing = alarm.get("treatMissingData") == "breaching"
            breaching += missing if value is None else breaches(value, float(alarm["threshold"]))
        return breaching >= int(alarm.get("datapointsToAlarm") or evaluated)

    def answers(self, dimensions: Properties, begin: float, end: float) -> list[Answer]:
        """What the targets of a group, or of an HTTP API, answered in this time."""
        group = self._group(dimensions) if "TargetGroup" in dimensions else None
        return [each for each in self._server.answers(group) if begin < each.at <= end]

    def _errors(self, dimensions: Properties, begin: float, end: float) -> float | None:
        return float(sum(each.status >= _ERROR for each in self.answers(dimensions, begin, end))) or None

    def _unhealthy(self, dimensions: Properties, _begin: float, end: float) -> float | None:
        """Only targets that were healthy before: here a slow start would last for many of these minutes."""
        targets = self._server.target_health(self._group(dimensions))
        return float(sum(each.unhealthy_since is not None and each.unhealthy_since < end for each in targets))

    def _group(self, dimensions: Properties) -> str:
        group = self._account.find("aws:lb/targetGroup:TargetGroup", arnSuffix=dimensions["TargetGroup"])
        return str((group or {}).get("arn"))


def _period(alarm: Properties) -> float:
    return int(alarm.get("period") or 60) / 60 * MINUTE
