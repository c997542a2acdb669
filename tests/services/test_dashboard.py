"""The dashboard of `alarmEmail`: every service and the database, in charts that lie beside each other."""

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from conducky.evaluation.evaluate import Evaluation

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
EMAIL = {"alarmEmail": "alarms@example.com"}

Again = Callable[..., Evaluation]


def widgets(made: Evaluation) -> list[dict[str, Any]]:
    (dashboard,) = made.of(DASHBOARD)
    assert dashboard.inputs["dashboardName"] == "conducky-dev-overview"
    return json.loads(dashboard.inputs["dashboardBody"])["widgets"]


@pytest.fixture(scope="module")
def shown(evaluate_services: Again) -> list[dict[str, Any]]:
    return widgets(evaluate_services(config=EMAIL))


def test_without_the_setting_there_is_none(services: Evaluation) -> None:
    assert services.of(DASHBOARD) == []


def test_it_shows_both_services_and_the_database(shown: list[dict[str, Any]]) -> None:
    lines = [line for widget in shown for line in widget["properties"]["metrics"]]
    assert {line[0] for line in lines} == {"AWS/ApplicationELB", "AWS/ECS", "AWS/RDS"}
    for widget in shown:
        of = {line[-1]["label"] for line in widget["properties"]["metrics"]}
        if widget["properties"]["metrics"][0][0] != "AWS/RDS":
            assert of == {"conducky-dev-backend", "conducky-dev-frontend"}


def test_no_chart_covers_another(shown: list[dict[str, Any]]) -> None:
    for one, other in combinations(shown, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        assert beside or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]


def test_an_api_for_both_services_is_one_line(
    evaluate_services: Again, bootstrap: Evaluation, gateway_platform: Evaluation
) -> None:
    upstream = {"bootstrap": bootstrap.exports, "platform": gateway_platform.exports}
    for widget in widgets(evaluate_services(config=EMAIL, upstream=upstream)):
        lines = widget["properties"]["metrics"]
        assert len([line for line in lines if line[0] == "AWS/ApiGateway"]) <= 1
