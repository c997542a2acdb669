"""Tasks and database that stop at night: who calls what, and when."""

import json
from typing import Any

import pytest
from role_policies import scheduler_policy

from conducky.evaluation.evaluate import Evaluation, Resource, evaluate
from tests.bootstrap.test_deployer_policy import SCOPE

SCHEDULE = "aws:scheduler/schedule:Schedule"
TEXT = "mon-fri 08:00-20:00 Europe/Berlin"


@pytest.fixture(scope="module")
def platform_at_night() -> Evaluation:
    return evaluate("platform", config={"schedule": TEXT})


@pytest.fixture(scope="module")
def services_at_night(bootstrap: Evaluation, platform_at_night: Evaluation) -> Evaluation:
    upstream = {"bootstrap": bootstrap.exports, "platform": platform_at_night.exports}
    return evaluate("services", upstream=upstream, config={"backendCount": "2"})


def calls(made: Evaluation) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """By name: when, which call, and with what."""

    def call(resource: Resource) -> tuple[str, str, dict[str, Any]]:
        target = resource.inputs["target"]
        api = target["arn"].removeprefix("arn:aws:scheduler:::aws-sdk:")
        return resource.inputs["scheduleExpression"], api, json.loads(target["input"])

    return {resource.name.removeprefix("conducky-dev-"): call(resource) for resource in made.of(SCHEDULE)}


def test_the_database_starts_before_the_tasks_and_stops_after_them(platform_at_night: Evaluation) -> None:
    instance = platform_at_night.one("aws:rds/instance:Instance").outputs["identifier"]
    days = "? * MON,TUE,WED,THU,FRI *"
    assert calls(platform_at_night) == {
        "database-start": (f"cron(45 7 {days})", "rds:startDBInstance", {"DbInstanceIdentifier": instance}),
        "database-stop": (f"cron(5 20 {days})", "rds:stopDBInstance", {"DbInstanceIdentifier": instance}),
    }


@pytest.mark.parametrize(("name", "count"), [("backend", 2), ("frontend", 1)])
def test_as_many_tasks_start_as_the_settings_say(services_at_night: Evaluation, name: str, count: int) -> None:
    found = calls(services_at_night)
    service = {"Cluster": "conducky-dev-cluster", "Service": f"conducky-dev-{name}"}
    assert found[f"{name}-start"][1:] == ("ecs:updateService", {**service, "DesiredCount": count})
    assert found[f"{name}-stop"][1:] == ("ecs:updateService", {**service, "DesiredCount": 0})


def test_each_is_in_the_schedules_time_zone_and_exact(
    platform_at_night: Evaluation, services_at_night: Evaluation
) -> None:
    for each in (*platform_at_night.of(SCHEDULE), *services_at_night.of(SCHEDULE)):
        assert each.inputs["scheduleExpressionTimezone"] == "Europe/Berlin"
        assert each.inputs["flexibleTimeWindow"] == {"mode": "OFF"}


def test_all_are_made_with_the_role_that_bootstrap_created(
    bootstrap: Evaluation, platform_at_night: Evaluation, services_at_night: Evaluation
) -> None:
    role = bootstrap.one("aws:iam/role:Role", "scheduler").outputs["arn"]
    schedules = (*platform_at_night.of(SCHEDULE), *services_at_night.of(SCHEDULE))
    assert {each.inputs["target"]["roleArn"] for each in schedules} == {role}


def test_the_role_may_do_these_calls_for_this_stack_and_nothing_else() -> None:
    statements: Any = scheduler_policy(SCOPE)["Statement"]
    assert {action for each in statements for action in each["Action"]} == {
        *("ecs:UpdateService", "rds:StartDBInstance", "rds:StopDBInstance")
    }
    assert all(
        ":conducky-dev-" in resource or "/conducky-dev-" in resource for s in statements for resource in s["Resource"]
    )


def test_without_a_schedule_nothing_is_scheduled(platform: Evaluation, services: Evaluation) -> None:
    assert platform.of(SCHEDULE) == services.of(SCHEDULE) == []
    assert platform.exports["schedule"] == ""
