"""Canary and blue-green: two target groups that ECS has to itself, alarms over both, and how a service gets there."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, Resource
from conducky.settings import ServicesSettings

SERVICE, RULE, GROUP = (
    "aws:ecs/service:Service",
    "aws:lb/listenerRule:ListenerRule",
    "aws:lb/targetGroup:TargetGroup",
)
ALARM, POLICY = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:appautoscaling/policy:Policy"
BACKEND = "conducky-dev-backend"
APPLICATIONS = ("backend", "frontend")

Again = Callable[..., Evaluation]


@pytest.fixture(scope="module")
def canary(evaluate_services: Again) -> Evaluation:
    return evaluate_services(config={"deploymentStrategy": "canary"})


@pytest.fixture
def released(bootstrap: Evaluation, platform: Evaluation, canary: Evaluation) -> dict[str, Any]:
    """The exports of a stack whose last release succeeded, with both groups."""
    return {"bootstrap": bootstrap.exports, "platform": platform.exports, "services": canary.exports}


def after(made: Evaluation, **changed: object) -> Mapping[tuple[str, str], dict[str, Any]]:
    """What a state has of the services once they are deployed."""
    return {(SERVICE, each.name): {**each.outputs, **changed} for each in made.of(SERVICE)}


def swapped(service: Resource) -> list[dict[str, Any]]:
    """What ECS makes of it with the first release."""
    (way,) = service.inputs["loadBalancers"]
    advanced = way["advancedConfiguration"]
    return [
        {
            **way,
            "targetGroupArn": advanced["alternateTargetGroupArn"],
            "advancedConfiguration": {**advanced, "alternateTargetGroupArn": way["targetGroupArn"]},
        }
    ]


@pytest.mark.parametrize("application", APPLICATIONS)
def test_ecs_gets_both_groups_the_rule_and_its_role(
    canary: Evaluation, bootstrap: Evaluation, application: str
) -> None:
    first, second = (each.outputs["arn"] for each in canary.of(GROUP) if application in each.name)
    rule = canary.one(RULE, application)
    (way,) = canary.one(SERVICE, f"conducky-dev-{application}").inputs["loadBalancers"]
    assert way["targetGroupArn"] == first
    assert way["advancedConfiguration"] == {
        "alternateTargetGroupArn": second,
        "productionListenerRule": rule.outputs["arn"],
        "roleArn": bootstrap.exports["infrastructure_role_arn"],
    }
    (action,) = rule.inputs["actions"]
    assert action == {
        "type": "forward",
        "forward": {"targetGroups": [{"arn": first, "weight": 100}, {"arn": second, "weight": 0}]},
    }, "both belong to the rule, and one serves"


def test_both_groups_are_alike_but_for_their_names(canary: Evaluation) -> None:
    one, other = ({**each.inputs} for each in canary.of(GROUP) if "backend" in each.name)
    names = [one.pop("name"), other.pop("name")]
    assert one == other
    assert len({*names}) == 2
    assert re.fullmatch(rf"{BACKEND}-[0-9a-f]{{4}}", names[0])
    assert re.fullmatch(rf"{BACKEND}-g[0-9a-f]{{3}}", names[1]), "no other mark begins with g"


def test_its_steps_are_those_of_the_settings(canary: Evaluation, evaluate_services: Again) -> None:
    def configuration(made: Evaluation) -> dict[str, Any]:
        return made.one(SERVICE, BACKEND).inputs["deploymentConfiguration"]

    assert configuration(canary) == {
        "strategy": "CANARY",
        "bakeTimeInMinutes": "4",
        "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": "4"},
    }
    made = evaluate_services(config={"deploymentStrategy": "blue-green", "bakeMinutes": "7"})
    assert configuration(made) == {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "7"}


@pytest.mark.parametrize("application", APPLICATIONS)
def test_alarms_over_both_groups_roll_back(canary: Evaluation, application: str) -> None:
    """Without the setting `alarmRollback`, too: nothing else would judge a step."""
    name = f"conducky-dev-{application}"
    alarms = canary.one(SERVICE, name).inputs["alarms"]
    endings = ("5xx", "unhealthy", "green-5xx", "green-unhealthy")
    assert alarms == {"alarmNames": [f"{name}-{ending}" for ending in endings], "enable": True, "rollback": True}
    suffixes = [each.outputs["arnSuffix"] for each in canary.of(GROUP) if application in each.name]
    watched = [canary.one(ALARM, f"{name}-{ending}").inputs["dimensions"]["TargetGroup"] for ending in endings]
    assert watched == [suffixes[0], suffixes[0], suffixes[1], suffixes[1]]


def test_a_rolling_service_has_none_of_it(services: Evaluation) -> None:
    assert len(services.of(GROUP)) == 2
    for each in services.of(SERVICE):
        assert each.inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
        assert "advancedConfiguration" not in each.inputs["loadBalancers"][0]
        assert each.ignore_changes == ()
    assert {each.ignore_changes for each in services.of(RULE)} == {()}


def test_a_new_service_begins_with_its_strategy(canary: Evaluation) -> None:
    """Nothing is ignored at its creation: there is nothing yet to leave as it is."""
    assert {each.ignore_changes for each in (*canary.of(SERVICE), *canary.of(RULE))} == {()}


def test_what_ecs_writes_is_left_to_it(canary: Evaluation, evaluate_services: Again, released: dict[str, Any]) -> None:
    ways = swapped(canary.one(SERVICE, BACKEND))
    deployed = {**after(canary), (SERVICE, BACKEND): {"loadBalancers": ways}}
    again = evaluate_services(config={"deploymentStrategy": "canary"}, deployed=deployed, upstream=released)
    written = (
        "loadBalancers[0].targetGroupArn",
        "loadBalancers[0].advancedConfiguration.alternateTargetGroupArn",
    )
    for application in APPLICATIONS:
        assert again.one(SERVICE, f"conducky-dev-{application}").ignore_changes == written
        assert again.one(RULE, application).ignore_changes == ("actions",)
    assert again.one(SERVICE, BACKEND).inputs["deploymentConfiguration"]["strategy"] == "CANARY"


def test_a_service_that_rolled_rolls_once_more(services: Evaluation, evaluate_services: Again) -> None:
    made = evaluate_services(config={"deploymentStrategy": "canary"}, deployed=after(services))
    service = made.one(SERVICE, BACKEND)
    assert service.inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert "advancedConfiguration" in service.inputs["loadBalancers"][0]
    assert service.ignore_changes == (), "ECS has to get what it does not have yet"
    group = services.one(GROUP, BACKEND).inputs["name"]
    assert made.one(GROUP, BACKEND).inputs["name"] == group, "its tasks keep their traffic"


def test_a_change_of_strategy_that_failed_is_tried_again(
    services: Evaluation, canary: Evaluation, evaluate_services: Again, released: dict[str, Any]
) -> None:
    """The state has both groups then, as planned, but ECS has rolled back to a revision with one, and cannot shift."""
    before = {**released, "services": services.exports}
    made = evaluate_services(config={"deploymentStrategy": "canary"}, deployed=after(canary), upstream=before)
    for application in APPLICATIONS:
        service = made.one(SERVICE, f"conducky-dev-{application}")
        assert service.inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
        assert service.ignore_changes == made.one(RULE, application).ignore_changes == ()


def test_groups_that_traded_places_are_left_to_ecs_whatever_else_failed(
    services: Evaluation, canary: Evaluation, evaluate_services: Again, released: dict[str, Any]
) -> None:
    """One service was released and the other not, so the exports are old: the traffic must stay all the same."""
    ways = swapped(canary.one(SERVICE, BACKEND))
    deployed = {(SERVICE, BACKEND): {"loadBalancers": ways}}
    before = {**released, "services": services.exports}
    made = evaluate_services(config={"deploymentStrategy": "canary"}, deployed=deployed, upstream=before)
    rule = made.one(RULE, "backend")
    assert rule.ignore_changes == ("actions",)
    weights = [each["weight"] for each in rule.inputs["actions"][0]["forward"]["targetGroups"]]
    assert weights == [0, 100], "where the tasks are, if somebody deleted the rule"
    assert made.one(SERVICE, BACKEND).inputs["deploymentConfiguration"]["strategy"] == "CANARY"


def test_another_port_is_two_other_groups_and_a_rolling_release(
    canary: Evaluation, evaluate_services: Again, released: dict[str, Any]
) -> None:
    config = {"deploymentStrategy": "canary", "backend": '{"port": 4001}'}
    made = evaluate_services(config=config, deployed=after(canary), upstream=released)
    assert made.one(SERVICE, BACKEND).inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert made.one(RULE, "backend").ignore_changes == ()
    assert made.one(SERVICE, "conducky-dev-frontend").inputs["deploymentConfiguration"]["strategy"] == "CANARY"
    before, now = ({each.inputs["name"] for each in its.of(GROUP) if "backend" in each.name} for its in (canary, made))
    assert before & now == set()


def test_back_to_rolling_both_groups_stay(
    canary: Evaluation, evaluate_services: Again, released: dict[str, Any]
) -> None:
    """The tasks may be in either."""
    made = evaluate_services(config={"deploymentStrategy": "rolling"}, deployed=after(canary), upstream=released)
    assert made.one(SERVICE, BACKEND).inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert len(made.of(GROUP)) == 4
    assert made.one(RULE, "backend").ignore_changes == ("actions",)


def test_behind_an_http_api_a_service_that_shifted_rolls(
    canary: Evaluation, evaluate_services: Again, gateway_platform: Evaluation, released: dict[str, Any]
) -> None:
    """The provider leaves the strategy of a service that shifted as it is where a program names none."""
    upstream = {**released, "platform": gateway_platform.exports}
    made = evaluate_services(deployed=after(canary), upstream=upstream)
    for each in made.of(SERVICE):
        assert each.inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
        assert "loadBalancers" not in each.inputs


def test_it_scales_by_its_cpu_alone(evaluate_services: Again) -> None:
    """The metric of requests is that of one group, and each serves every other release."""
    made = evaluate_services(config={"deploymentStrategy": "blue-green", "backendMaxCount": "3"})
    assert [each.name for each in made.of(POLICY)] == ["backend-cpu"]


def test_a_worker_rolls(evaluate_services: Again) -> None:
    made = evaluate_services(config={"deploymentStrategy": "canary", "worker": '{"command": ["node", "worker.js"]}'})
    inputs = made.one(SERVICE, "conducky-dev-worker").inputs
    assert inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert "loadBalancers" not in inputs


def test_the_dashboard_shows_both_groups(evaluate_services: Again) -> None:
    made = evaluate_services(config={"deploymentStrategy": "canary", "alarmEmail": "a@example.com"})
    body = made.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]
    for group in made.of(GROUP):
        assert group.outputs["arnSuffix"] in body


@pytest.mark.parametrize("strategy", ["canary", "blue-green"])
def test_behind_an_http_api_there_is_no_traffic_to_shift(
    evaluate_services: Again, bootstrap: Evaluation, gateway_platform: Evaluation, begun: list[str], strategy: str
) -> None:
    upstream = {"bootstrap": bootstrap.exports, "platform": gateway_platform.exports}
    with pytest.raises(UserError, match=f"`deploymentStrategy` is {strategy}, but with `entrance` http-api") as caught:
        evaluate_services(config={"deploymentStrategy": strategy}, upstream=upstream)
    assert "set deploymentStrategy rolling --stack dev" in caught.value.fix
    assert begun == []


def test_a_bake_time_without_steps_is_refused(evaluate_services: Again, begun: list[str]) -> None:
    with pytest.raises(UserError, match="`bakeMinutes` is for `deploymentStrategy` canary or blue-green") as caught:
        evaluate_services(config={"bakeMinutes": "5"})
    assert "rm bakeMinutes --stack dev" in caught.value.fix
    assert begun == []


@pytest.mark.parametrize(("strategy", "bake", "needed"), [("canary", 6, 33), ("blue-green", 10, 31)])
def test_pulumi_waits_for_every_step(
    evaluate_services: Again, begun: list[str], strategy: str, bake: int, needed: int
) -> None:
    config = {"deploymentStrategy": strategy, "bakeMinutes": str(bake)}
    with pytest.raises(UserError, match=f"needs {needed} minutes") as caught:
        evaluate_services(config=config)
    assert f"set steadyStateMinutes {needed} --stack dev" in caught.value.fix
    assert begun == []
    assert evaluate_services(config={**config, "steadyStateMinutes": str(needed)})


@pytest.mark.parametrize(
    ("config", "fix"),
    [
        ({"deploymentStrategy": "canary", "bakeMinutes": "30"}, "bakeMinutes 19"),
        ({"deploymentStrategy": "blue-green", "backendGraceSeconds": "1060"}, "bakeMinutes 1"),
        ({"deploymentStrategy": "canary", "backendGraceSeconds": "1080"}, "backendGraceSeconds 300"),
        ({"alarmRollback": "true", "frontendGraceSeconds": "1080"}, "frontendGraceSeconds 300"),
    ],
)
def test_what_takes_longer_than_pulumi_can_wait_has_another_fix(
    evaluate_services: Again, config: dict[str, str], fix: str
) -> None:
    with pytest.raises(UserError, match="`steadyStateMinutes`") as caught:
        evaluate_services(config=config)
    assert f"set {fix} --stack dev" in caught.value.fix
    key, value = fix.split()
    assert evaluate_services(config={**config, key: value, "steadyStateMinutes": "60"})


@pytest.mark.parametrize("strategy", ["rolling", "canary", "blue-green"])
def test_each_strategy_fits_the_other_defaults(strategy: str) -> None:
    assert ServicesSettings.model_validate({"deploymentStrategy": strategy, "alarmRollback": True})
