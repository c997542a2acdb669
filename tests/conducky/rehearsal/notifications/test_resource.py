"""What AWS would write to people: alarms that go off, deployments that fail, and what would never arrive."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs.usage import Usage
from conducky.rehearsal.notifications.resource import matches, transformed
from tests.conducky.rehearsal.client import Client, RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import PLACE

ALARM, TOPIC = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:sns/topic:Topic"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
ARN = PLACE.arn("sns", "alarms")
ERRORS = ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count")
PATTERN: Properties = {
    "source": ["aws.ecs"],
    "resources": [{"prefix": PLACE.arn("ecs", "service/one/")}],
}
TRANSFORMER: Properties = {
    "inputPaths": {"service": "$.resources[0]", "reason": "$.detail.reason"},
    "inputTemplate": '"<service> failed: <reason>"',
}


def publishing(service: str, **condition: object) -> Properties:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": ARN,
        **({"Condition": condition} if condition else {}),
    }


OWN = {
    "StringEquals": {"aws:SourceAccount": PLACE.account_id},
    "ArnLike": {"aws:SourceArn": PLACE.arn("cloudwatch", "alarm:err*")},
}
BOTH = [publishing("cloudwatch", **OWN), publishing("events")]


@pytest.fixture
def said(client: Client) -> list[str]:
    """What the person sees."""
    lines: list[str] = []
    client.account.say = lines.append
    return lines


@pytest.fixture
def topic(client: Client) -> Callable[..., Resource]:
    """A topic with these statements, and one subscriber."""

    def create(statements: list[Properties], **different: object) -> Resource:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        made = client.create(TOPIC, "alarms", {"name": "alarms", "policy": policy, **different})
        address = {"topic": made["arn"], "protocol": "email", "endpoint": "ops@example.com"}
        client.create("aws:sns/topicSubscription:TopicSubscription", "ops", address)
        return made

    return create


def alarm(**different: object) -> Properties:
    return {
        "name": "errors",
        "alarmDescription": "Too many: docs/runbook.md#it-is-down",
        "namespace": ERRORS[0],
        "metricName": ERRORS[1],
        "dimensions": {"LoadBalancer": "app/one/1", "TargetGroup": "targetgroup/one/1"},
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 5,
        "period": 60,
        "evaluationPeriods": 1,
        "treatMissingData": "notBreaching",
        "alarmActions": [ARN],
        "okActions": [ARN],
        **different,
    }


def rule(client: Client) -> None:
    client.create(RULE, "failed", {"name": "failed", "eventPattern": json.dumps(PATTERN)})
    target = {"rule": "failed", "targetId": "alarms", "arn": ARN, "inputTransformer": TRANSFORMER}
    client.create(TARGET, "failed", target)


def test_the_subscriber_has_to_agree_first(said: list[str], topic: Callable[..., Resource]) -> None:
    topic(BOTH)
    assert "ops@example.com" in said[0]
    assert "confirm" in said[0]


def test_an_alarm_is_told_when_it_goes_off_and_when_it_is_over(
    client: Client, said: list[str], topic: Callable[..., Resource]
) -> None:
    topic(BOTH)
    client.create(ALARM, "errors", alarm())
    values = iter([0.0, 6.0, 7.0, 0.0, 0.0])
    client.stand_ins.cloudwatch.sources[ERRORS] = lambda _dimensions, _begin, _end: next(values)
    said.clear()
    for _ in range(5):
        client.stand_ins.notifications.look()
    went_off, over = said
    assert "errors went off" in went_off
    assert "docs/runbook.md#it-is-down" in went_off
    assert "ops@example.com" in went_off
    assert "errors is over" in over


def test_an_alarm_without_a_topic_is_told_to_nobody(client: Client, said: list[str]) -> None:
    client.create(ALARM, "errors", alarm(alarmActions=[], okActions=[]))
    client.stand_ins.cloudwatch.sources[ERRORS] = lambda _dimensions, _begin, _end: 100.0
    client.stand_ins.notifications.look()
    assert said == []


def test_a_failed_deployment_of_this_stack_is_told_with_its_reason(
    client: Client, said: list[str], topic: Callable[..., Resource]
) -> None:
    topic(BOTH)
    rule(client)
    said.clear()
    for service in ("service/one/backend", "service/another/backend"):
        client.account.emit("aws.ecs", "ECS Deployment State Change", service, {"reason": "it exited with code 1"})
    (line,) = said
    assert "service/one/backend failed: it exited with code 1" in line
    assert "ops@example.com" in line


@pytest.mark.parametrize(
    ("statements", "different", "problem"),
    [
        ([publishing("events")], {}, "does not let cloudwatch.amazonaws.com publish"),
        ([publishing("cloudwatch", StringEquals={"aws:SourceAccount": "999999999999"})], {}, "does not let cloudwatch"),
        ([publishing("cloudwatch", ArnLike={"aws:SourceArn": "*:alarm:other-*"})], {}, "does not let cloudwatch"),
        (BOTH, {"kmsMasterKeyId": "alias/aws/sns"}, "may not use the key alias/aws/sns"),
    ],
)
def test_an_alarm_whose_e_mail_would_never_arrive_is_refused(
    client: Client, topic: Callable[..., Resource], statements: list[Properties], different: Properties, problem: str
) -> None:
    topic(statements, **different)
    with pytest.raises(RefusedError, match=problem):
        client.create(ALARM, "errors", alarm())


@pytest.mark.parametrize("statements", [[publishing("cloudwatch")], [publishing("events", **OWN)]])
def test_a_target_that_eventbridge_would_not_reach_is_refused(
    client: Client, topic: Callable[..., Resource], statements: list[Properties]
) -> None:
    topic(statements)
    with pytest.raises(RefusedError, match=r"does not let events\.amazonaws\.com publish"):
        rule(client)


def test_a_topic_that_is_not_there_is_refused(client: Client) -> None:
    with pytest.raises(RefusedError, match="there is no topic"):
        client.create(ALARM, "errors", alarm())


def half(_usage: Usage, _service: RunningService) -> float:
    return 50.0


def running(client: Client, count: int) -> None:
    tasks = [SimpleNamespace(name=f"task-{number}") for number in range(count)]
    service = SimpleNamespace(inputs={"name": "backend"}, tasks=tasks, stop=lambda: None)
    client.stand_ins.services.running["backend"] = cast("RunningService", service)


def test_too_few_tasks_are_noticed_and_no_tasks_at_all(
    client: Client, monkeypatch: pytest.MonkeyPatch, said: list[str], topic: Callable[..., Resource]
) -> None:
    topic(BOTH)
    few = alarm(
        namespace="AWS/ECS",
        metricName="CPUUtilization",
        statistic="SampleCount",
        dimensions={"ClusterName": "one", "ServiceName": "backend"},
        comparisonOperator="LessThanThreshold",
        threshold=2,
        treatMissingData="breaching",
    )
    client.create(ALARM, "errors", few)
    notifications, watch = client.stand_ins.notifications, client.stand_ins.cloudwatch
    for metric in ("cpu", "memory"):
        monkeypatch.setattr(Usage, metric, half)
    now = 100.0
    watch.clock = lambda: now
    states: list[list[str]] = []
    for count in (2, 1, 2, 0):
        running(client, count)
        now += 1
        notifications.look()
        states.append(watch.gone_off(["errors"]))
    assert states == [[], ["errors"], [], ["errors"]]
    client.stand_ins.services.running.clear()


def test_a_pattern_asks_for_every_field_and_for_one_of_its_values() -> None:
    event = {"source": "aws.ecs", "resources": ["a", "bc"], "detail": {"kind": "one"}}
    assert matches({"source": ["aws.rds", "aws.ecs"], "resources": [{"prefix": "b"}]}, event)
    assert matches({"detail": {"kind": ["one"]}}, event)
    assert not matches({"source": ["aws.ecs"], "detail": {"kind": ["two"]}}, event)
    assert not matches({"missing": ["one"]}, event)
    assert not matches({"source": {"kind": ["one"]}}, event)


def test_a_text_is_made_of_the_event() -> None:
    event = {"resources": ["arn"], "detail": {"reason": "because"}}
    assert transformed(TRANSFORMER, event) == "arn failed: because"
