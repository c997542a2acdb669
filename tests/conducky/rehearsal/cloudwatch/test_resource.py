"""Alarms over what the rehearsal counts: enough of the last periods, and what no data means."""

from collections.abc import Callable

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.cloudwatch.resource import MINUTE
from conducky.rehearsal.load_balancer.target_group import Answer, HealthCheck, Target
from tests.conducky.rehearsal.client import Client, RefusedError

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
METRIC = ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count")


def alarm(**different: object) -> Properties:
    return {
        "name": "errors",
        "namespace": METRIC[0],
        "metricName": METRIC[1],
        "dimensions": {"LoadBalancer": "app/one/1", "TargetGroup": "targetgroup/one/1"},
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 5,
        "period": 60,
        "evaluationPeriods": 3,
        "treatMissingData": "notBreaching",
        **different,
    }


def of(values: list[float | None]) -> Callable[[Properties, float, float], float | None]:
    """A metric with these values, the latest first."""
    return lambda _dimensions, _begin, end: values[round((100 - end) / MINUTE)]


@pytest.mark.parametrize(
    ("values", "different", "is_off"),
    [
        ([6, 6, 6], {}, True),
        ([6, 5, 6], {}, False),
        ([0, 6, 0], {"datapointsToAlarm": 1}, True),
        ([6, None, 6], {}, False),
        ([6, None, 6], {"treatMissingData": "breaching"}, True),
        ([None, None, None], {"treatMissingData": "breaching"}, True),
        ([1, 1, 2], {"comparisonOperator": "LessThanThreshold", "threshold": 2}, False),
        ([1, 1, 1], {"comparisonOperator": "LessThanThreshold", "threshold": 2}, True),
    ],
)
def test_it_is_off_when_enough_of_the_last_minutes_breach(
    client: Client, values: list[float | None], different: Properties, is_off: object
) -> None:
    watch = client.stand_ins.cloudwatch
    watch.clock = lambda: 100.0
    watch.sources[METRIC] = of(values)
    client.create(ALARM, "errors", alarm(**different))
    assert watch.gone_off(["errors"]) == (["errors"] if is_off else [])


def test_a_deployment_is_watched_for_as_long_as_its_alarms_look_back(client: Client) -> None:
    client.create(ALARM, "errors", alarm())
    client.create(ALARM, "slow", alarm(name="slow", period=300, evaluationPeriods=2))
    watch = client.stand_ins.cloudwatch
    assert watch.seconds(["errors", "slow"]) == 10 * MINUTE
    assert watch.seconds([]) == 0


def test_an_alarm_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(ResourceFailedError, match="there is no alarm nosuch"):
        client.stand_ins.cloudwatch.gone_off(["nosuch"])


def test_a_metric_that_nobody_counts_is_refused(client: Client) -> None:
    with pytest.raises(RefusedError, match="the rehearsal counts no metric AWS/ApplicationELB RequestCount"):
        client.create(ALARM, "guesses", alarm(metricName="RequestCount"))


def test_only_errors_of_the_time_and_of_the_group_count(client: Client) -> None:
    group = client.create("aws:lb/targetGroup:TargetGroup", "one", {"name": "one", "port": 80})
    watch = client.stand_ins.cloudwatch
    answers = client.stand_ins.load_balancers.server._groups[group["arn"]].answers  # pyright: ignore[reportPrivateUsage]
    answers.extend(
        Answer(at, status) for at, status in ((9.0, 500), (10.5, 500), (10.6, 200), (11.0, 503), (12.0, 500))
    )
    dimensions = {"TargetGroup": group["arnSuffix"]}
    assert watch.sources[METRIC](dimensions, 10.0, 11.0) == 2
    assert watch.sources[METRIC](dimensions, 13.0, 14.0) is None


def test_a_target_is_unhealthy_since_it_was_healthy_and_no_new_one_is() -> None:
    check, new, old = HealthCheck(unhealthy_threshold=1), Target("one", 1), Target("one", 2)
    new.record("starts", check)
    assert (new.state, new.unhealthy_since) == ("unhealthy", None)
    old.record(None, check)
    old.record("is away", check)
    assert old.unhealthy_since is not None
    old.record("is away", check)
    for _ in range(check.healthy_threshold):
        old.record(None, check)
    assert (old.state, old.unhealthy_since) == ("healthy", None)
