"""The alarms that roll a release back: errors and unhealthy tasks of each service's own target group."""

import math
import re
from collections.abc import Callable

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import ROOT

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SERVICE = "aws:ecs/service:Service"
GROUP = "aws:lb/targetGroup:TargetGroup"
APPLICATIONS = ("backend", "frontend")

Again = Callable[..., Evaluation]


@pytest.fixture(scope="module")
def watched(evaluate_services: Again) -> Evaluation:
    return evaluate_services(config={"alarmRollback": "true"})


def test_production_rolls_back_by_alarms_and_development_does_not(
    evaluated: Callable[[str, str], Evaluation],
) -> None:
    assert {alarm.name for alarm in evaluated("services", "prod").of(ALARM)} == {
        f"conducky-prod-{application}-{kind}" for application in APPLICATIONS for kind in ("5xx", "unhealthy")
    }
    assert evaluated("services", "dev").of(ALARM) == []


def test_turned_off_it_is_told_so(services: Evaluation) -> None:
    """What a program leaves out, the provider leaves as it is: the service would name alarms that are gone."""
    for application in APPLICATIONS:
        alarms = services.one(SERVICE, f"conducky-dev-{application}").inputs["alarms"]
        assert alarms == {"alarmNames": [], "enable": False, "rollback": False}


@pytest.mark.parametrize("application", APPLICATIONS)
def test_each_service_watches_its_own_target_group(watched: Evaluation, application: str) -> None:
    name = f"conducky-dev-{application}"
    alarms = watched.one(SERVICE, name).inputs["alarms"]
    assert alarms == {"alarmNames": [f"{name}-5xx", f"{name}-unhealthy"], "enable": True, "rollback": True}
    (group,) = (each for each in watched.of(GROUP) if each.name == name)
    for alarm in alarms["alarmNames"]:
        inputs = watched.one(ALARM, alarm).inputs
        assert inputs["dimensions"]["TargetGroup"] == group.outputs["arnSuffix"]
        assert re.fullmatch(r"app/conducky-dev-alb-[0-9a-f]+/[0-9a-f]{16}", inputs["dimensions"]["LoadBalancer"])
        assert inputs["treatMissingData"] == "notBreaching", "no requests are no errors"


def test_behind_cloudfront_all_watches_the_internal_load_balancer(
    evaluated: Callable[[str, str], Evaluation], evaluate_services: Again
) -> None:
    """Its name in metrics has no `internal-`, as its address has; alarms and scaling find it by that name."""
    (balancer,) = evaluated("platform", "prod").of("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["internal"]
    assert balancer.inputs["enableDeletionProtection"]
    name = balancer.outputs["arn"].split(":loadbalancer/")[1]
    assert name.startswith("app/conducky-prod-alb-")
    upstream = {layer: evaluated(layer, "prod").exports for layer in ("bootstrap", "platform")}
    made = evaluate_services(stack="prod", config={"backendMaxCount": "3"}, upstream=upstream)
    assert {alarm.inputs["dimensions"]["LoadBalancer"] for alarm in made.of(ALARM)} == {name}
    labels = [
        policy.inputs["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"].get("resourceLabel")
        for policy in made.of("aws:appautoscaling/policy:Policy")
    ]
    assert [label for label in labels if label] == [
        f"{name}/{made.one(GROUP, 'conducky-prod-backend').outputs['arnSuffix']}"
    ]


@pytest.mark.parametrize(("grace", "minutes"), [(60, 3), (300, 7), (420, 9)])
def test_a_task_may_be_unhealthy_for_as_long_as_it_may_migrate(
    evaluate_services: Again, grace: int, minutes: int
) -> None:
    made = evaluate_services(
        config={"alarmRollback": "true", "backendGraceSeconds": str(grace), "steadyStateMinutes": "60"}
    )
    inputs = made.one(ALARM, "conducky-dev-backend-unhealthy").inputs
    assert inputs["evaluationPeriods"] == inputs["datapointsToAlarm"] == minutes
    assert minutes * inputs["period"] > grace


def test_pulumi_waits_until_ecs_has_watched(evaluate_services: Again, begun: list[str]) -> None:
    needed = math.ceil(3 * (420 + 120) / 60) + 9
    config = {"alarmRollback": "true", "backendGraceSeconds": "420"}
    with pytest.raises(UserError, match=f"needs {needed} minutes"):
        evaluate_services(config={**config, "steadyStateMinutes": str(needed - 1)})
    assert begun == []
    evaluate_services(config={**config, "steadyStateMinutes": str(needed)})


def test_behind_an_http_api_its_errors_count(evaluate_services: Again, bootstrap: Evaluation) -> None:
    platform = evaluate("platform", config={"entrance": "http-api"})
    upstream = {"bootstrap": bootstrap.exports, "platform": platform.exports}
    made = evaluate_services(config={"alarmRollback": "true"}, upstream=upstream)
    assert [alarm.name for alarm in made.of(ALARM)] == [f"conducky-dev-{each}-5xx" for each in APPLICATIONS]
    for alarm in made.of(ALARM):
        assert (alarm.inputs["namespace"], alarm.inputs["metricName"]) == ("AWS/ApiGateway", "5xx")
        assert alarm.inputs["dimensions"] == {"ApiId": platform.exports["entrance"]["api_id"]}


def test_each_alarm_names_a_section_of_the_runbook(watched: Evaluation) -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.removeprefix("## ")).strip().lower().replace(" ", "-")
        for line in (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    }
    for alarm in watched.of(ALARM):
        file, _, anchor = alarm.inputs["alarmDescription"].rpartition(": ")[2].partition("#")
        assert (file, anchor in headings) == ("docs/runbook.md", True), alarm.name
