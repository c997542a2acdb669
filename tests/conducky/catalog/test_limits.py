"""What CloudWatch and EventBridge refuse, and what they would take and show nothing of."""

import json

import pytest

from conducky.catalog.limits import alarm, dashboard, event_pattern
from conducky.catalog.property_bag import UNKNOWN

LINE = ["AWS/ECS", "CPUUtilization", "ClusterName", "one", "ServiceName", "two", {"label": "two"}]


def body(*, line: object = LINE, **different: object) -> str:
    properties = {
        "title": "CPU",
        "metrics": [line],
        "stat": "Average",
        "period": 60,
        "region": "us-east-1",
        "view": "timeSeries",
    }
    widget = {"type": "metric", "x": 16, "y": 0, "width": 8, "height": 6, "properties": properties, **different}
    return json.dumps({"widgets": [widget]})


@pytest.mark.parametrize("text", [body(), UNKNOWN, '{"widgets": []}'])
def test_a_dashboard_that_aws_takes(text: str) -> None:
    assert dashboard({"dashboardBody": text}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ("{}", "widgets: Field required"),
        (body(x=20), "wider than the grid"),
        (body(width=0), "widgets.0.width"),
        (body(colour="red", type="picture"), "widgets.0.type"),
        (body(line=["AWS/ECS", "RunningTaskCount", "ClusterName", "one"]), "AWS/ECS has no metric RunningTaskCount"),
        (body(line=["AWS/ECS", "CPUUtilization", "ServiceName", "two"]), "no CPUUtilization by ServiceName"),
        (body(line=["AWS/Shop", "Sales"]), "AWS/Shop has no metric Sales"),
    ],
)
def test_one_that_it_refuses_or_that_stays_empty(text: str, said: str) -> None:
    assert said in str(dashboard({"dashboardBody": text}))


@pytest.mark.parametrize("pattern", [None, UNKNOWN, '{"source": ["aws.ecs"], "detail": {"a": [{"prefix": "b"}]}}'])
def test_a_pattern_that_eventbridge_takes(pattern: str | None) -> None:
    assert event_pattern({"eventPattern": pattern}) is None


@pytest.mark.parametrize("pattern", ["{", '{"source": "aws.ecs"}', '{"source": []}', '["aws.ecs"]'])
def test_one_that_it_refuses(pattern: str) -> None:
    assert "InvalidEventPatternException" in str(event_pattern({"eventPattern": pattern}))


@pytest.mark.parametrize(
    ("different", "said"),
    [
        ({}, None),
        ({"datapointsToAlarm": 4}, "datapointsToAlarm"),
        ({"period": 86400}, "a day at most"),
        ({"metricName": "RunningTaskCount"}, "no metric RunningTaskCount"),
        ({"dimensions": {"ServiceName": "two"}}, "no CPUUtilization by ServiceName"),
        ({"dimensions": {}}, "no CPUUtilization by nothing"),
    ],
)
def test_an_alarm_over_what_exists(different: dict[str, object], said: str | None) -> None:
    found = alarm(
        {
            "namespace": "AWS/ECS",
            "metricName": "CPUUtilization",
            "dimensions": {"ClusterName": "one", "ServiceName": "two"},
            "evaluationPeriods": 3,
            **different,
        }
    )
    assert found is None if said is None else said in str(found)
