"""The topic of `alarmEmail`: who may publish, who gets it, and which deployments are told."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.evaluation.evaluate import Evaluation
from conducky.rehearsal.notifications.resource import matches

TOPIC, SUBSCRIPTION = "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
ARN = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:conducky-dev-alarms"
SERVICE = f"arn:aws:ecs:us-east-1:{ACCOUNT_ID}:service/conducky-dev-cluster/conducky-dev-backend"


@pytest.fixture(scope="module")
def made(evaluate_services: Callable[..., Evaluation]) -> Evaluation:
    return evaluate_services(config={"alarmEmail": "alarms@example.com"})


def test_without_the_setting_there_is_none(services: Evaluation) -> None:
    for token in (TOPIC, SUBSCRIPTION, RULE, TARGET):
        assert services.of(token) == []


def test_one_address_gets_what_is_published(made: Evaluation) -> None:
    (subscription,) = made.of(SUBSCRIPTION)
    wanted = {"topic": ARN, "protocol": "email", "endpoint": "alarms@example.com"}
    assert wanted.items() <= subscription.inputs.items()


def test_this_accounts_alarms_and_eventbridge_may_publish_and_nobody_else(made: Evaluation) -> None:
    (topic,) = made.of(TOPIC)
    alarms, events = json.loads(topic.inputs["policy"])["Statement"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT_ID}
    assert alarms["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT_ID}:alarm:conducky-dev-*"
    }
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in events, "SNS is told nothing of a rule: a condition would drop every message"
    assert {(each["Effect"], each["Action"], each["Resource"]) for each in (alarms, events)} == {
        ("Allow", "sns:Publish", ARN)
    }


def test_no_key_keeps_alarms_and_events_out(made: Evaluation) -> None:
    (topic,) = made.of(TOPIC)
    assert "kmsMasterKeyId" not in topic.inputs


def event(**different: Any) -> dict[str, Any]:  # noqa: ANN401
    detail = {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": "tasks failed to start"}
    return {
        "source": "aws.ecs",
        "detail-type": "ECS Deployment State Change",
        "resources": [SERVICE],
        "detail": detail,
        **different,
    }


@pytest.mark.parametrize(
    ("different", "told"),
    [
        ({}, True),
        ({"detail": {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}}, False),
        ({"detail-type": "ECS Task State Change"}, False),
        ({"source": "aws.rds"}, False),
        ({"resources": [SERVICE.replace("dev", "prod")]}, False),
        ({"resources": []}, False),
    ],
)
def test_failed_deployments_of_this_stack_are_told(
    made: Evaluation, different: dict[str, object], *, told: bool
) -> None:
    (rule,), (target,) = made.of(RULE), made.of(TARGET)
    assert matches(json.loads(rule.inputs["eventPattern"]), event(**different)) == told
    assert (target.inputs["rule"], target.inputs["arn"]) == (rule.inputs["name"], ARN)
