"""Releases whose traffic ECS shifts: steps, weights, what it refuses, and alarms that go back at once."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from deployer_scope import Scope
from role_policies import infrastructure_policy

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs_api import EcsApi
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import NAMES, PLACE, SERVICE, TARGET_GROUP, DeployedService
from tests.conducky.rehearsal.ecs.echo_app import wait_until
from tests.conducky.rehearsal.ecs.test_alarm_rollback import ALARM, asked_all_the_time

pytestmark = pytest.mark.engine

CANARY = {
    "strategy": "CANARY",
    "bakeTimeInMinutes": "1",
    "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": "2"},
}
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "1"}
BOTH = pytest.mark.parametrize(
    "strategy", [pytest.param(CANARY, marks=pytest.mark.slow, id="canary"), pytest.param(BLUE_GREEN, id="blue-green")]
)


@dataclass
class Shifted:
    """A service behind two target groups."""

    deployed: DeployedService
    other: Resource
    role: Resource
    rule: Resource

    def inputs(self, definition: Resource, strategy: Properties, count: int = 1) -> Properties:
        inputs = self.deployed.service(definition, count)
        inputs["loadBalancers"][0]["advancedConfiguration"] = {
            "alternateTargetGroupArn": self.other["arn"],
            "productionListenerRule": self.rule["arn"],
            "roleArn": self.role["arn"],
        }
        names = [alarm["name"] for alarm in self.deployed.account.of(ALARM)]
        alarms = {"alarmNames": names, "enable": True, "rollback": True}
        return {**inputs, "deploymentConfiguration": strategy, "alarms": alarms}

    def create(self, version: str = "1", strategy: Properties = BLUE_GREEN) -> Resource:
        return self.deployed.client.create(SERVICE, "backend", self.inputs(self.deployed.version(version), strategy))

    def release(self, service: Resource, definition: Resource, strategy: Properties) -> Resource:
        """As the engine: what ECS changed itself is ignored."""
        refreshed = self.deployed.client.refresh(service)
        ways = {"loadBalancers": refreshed.inputs["loadBalancers"]}
        return self.deployed.client.update(refreshed, {**self.inputs(definition, strategy), **ways})

    @property
    def running(self) -> RunningService:
        return next(iter(self.deployed.stand_ins.services.running.values()))

    def weights(self) -> dict[str, int]:
        """Of each group, as a refresh finds the rule."""
        (action,) = self.deployed.client.refresh(self.rule).outputs["actions"]
        names = {self.deployed.target_group["arn"]: "blue", self.other["arn"]: "green"}
        return {names[each["arn"]]: int(each["weight"]) for each in action["forward"]["targetGroups"]}

    def refusal(self, act: Callable[[], object]) -> str:
        with pytest.raises(RefusedError) as refused:
            act()
        return str(refused.value)


@pytest.fixture
def shifted(deployed: DeployedService) -> Iterator[Shifted]:
    client = deployed.client
    first = deployed.target_group
    other = client.create(TARGET_GROUP, "green", {**first.inputs, "name": "conducky-dev-backend-green"})
    # Here the load balancer is called `public`.
    policy = json.dumps(infrastructure_policy(Scope(NAMES, PLACE))).replace("app/conducky-dev", "app/public")
    role = client.create("aws:iam/role:Role", "conducky-dev-infrastructure", {"assumeRolePolicy": "{}"})
    client.create("aws:iam/rolePolicy:RolePolicy", "infrastructure", {"role": role["name"], "policy": policy})
    groups = [{"arn": first["arn"], "weight": 100}, {"arn": other["arn"], "weight": 0}]
    forward = {"type": "forward", "forward": {"targetGroups": groups}}
    rule = client.update(deployed.listener_rule, {**deployed.listener_rule.inputs, "actions": [forward]})
    for name, group in (("blue", first), ("green", other)):
        client.create(
            ALARM,
            name,
            {
                "name": name,
                "namespace": "AWS/ApplicationELB",
                "metricName": "HTTPCode_Target_5XX_Count",
                "dimensions": {"LoadBalancer": "app/one/1", "TargetGroup": group["arnSuffix"]},
                "statistic": "Sum",
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 2,
                "period": 60,
                "evaluationPeriods": 2,
                "datapointsToAlarm": 1,
                "treatMissingData": "notBreaching",
            },
        )
    yield Shifted(deployed, other, role, rule)
    for service in client.stand_ins.services.running.values():
        service.stop()


@BOTH
def test_each_release_goes_to_the_other_group_and_no_request_is_lost(shifted: Shifted, strategy: Properties) -> None:
    service = shifted.create("1", strategy)
    assert shifted.weights() == {"blue": 0, "green": 100}, "ECS shifts the first one too"
    with asked_all_the_time(shifted.deployed) as answers:
        service = shifted.release(service, shifted.deployed.version("2"), strategy)
    assert {*answers} <= {(200, "1"), (200, "2")}
    assert shifted.weights() == {"blue": 100, "green": 0}
    assert shifted.deployed.get("/api/version") == (200, "2")
    assert len(shifted.running.tasks) == 1, "the old one is gone"
    found = shifted.deployed.client.refresh(service).inputs["loadBalancers"][0]
    assert found["targetGroupArn"] == shifted.deployed.target_group["arn"], "ECS writes which group is in use"
    assert found["advancedConfiguration"]["alternateTargetGroupArn"] == shifted.other["arn"]


@pytest.mark.slow
def test_a_canary_gets_a_tenth_of_the_requests_first(shifted: Shifted) -> None:
    service = shifted.create("1", CANARY)
    second = shifted.deployed.version("2")
    longer = {**CANARY, "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": "6"}}
    thread = threading.Thread(target=lambda: shifted.release(service, second, longer))
    thread.start()
    wait_until("the canary serves", lambda: shifted.weights() == {"blue": 10, "green": 90})
    answers = [shifted.deployed.get("/api/version") for _ in range(100)]
    thread.join()
    assert 5 <= answers.count((200, "2")) <= 15
    assert len(answers) == answers.count((200, "1")) + answers.count((200, "2"))


@pytest.mark.slow
@BOTH
def test_errors_of_the_new_revision_give_all_traffic_back(shifted: Shifted, strategy: Properties) -> None:
    good = shifted.deployed.version("1")
    service = shifted.deployed.client.create(SERVICE, "backend", shifted.inputs(good, strategy))
    bad = shifted.deployed.register(shifted.deployed.container(shifted.deployed.image(VERSION="2", ERRORS="yes")))
    old = [task.process.pid for task in shifted.running.tasks]
    with asked_all_the_time(shifted.deployed) as answers:
        said = shifted.refusal(lambda: shifted.release(service, bad, strategy))
        assert "an alarm went off, so the release was rolled back: blue" in said
        before = len(answers)
        wait_until("more answers", lambda: len(answers) > before + 20)
    failed = [status for status, _ in answers if status != 200]
    assert {*failed} == {500}, "none was cut off"
    if strategy is CANARY:
        assert len(failed) < len(answers) / 4, "only the canary's share failed"
    assert {*answers[-20:]} == {(200, "1")}
    assert shifted.weights() == {"blue": 0, "green": 100}
    assert [task.process.pid for task in shifted.running.tasks] == old, "the same task serves as before"
    assert shifted.running.steady
    # The alarm's periods still have the errors: a release within them would be rolled back for those
    looked_back = time.monotonic() + shifted.running.cloudwatch.seconds(["blue", "green"])
    wait_until("the errors are forgotten", lambda: time.monotonic() > looked_back)
    assert shifted.release(service, shifted.deployed.version("3"), strategy)
    assert shifted.deployed.get("/api/version") == (200, "3")


def test_a_task_that_does_not_start_gets_no_traffic(shifted: Shifted) -> None:
    service = shifted.create("1")
    with asked_all_the_time(shifted.deployed) as answers:
        said = shifted.refusal(
            lambda: shifted.release(service, shifted.deployed.version("2", BREAK="a bug"), BLUE_GREEN)
        )
    assert "its new task never became healthy, so the release was rolled back" in said
    assert {*answers} == {(200, "1")}
    assert shifted.weights() == {"blue": 0, "green": 100}


@pytest.mark.slow
def test_both_revisions_are_described_while_it_is_watched(shifted: Shifted, tmp_path: Path) -> None:
    deployed = shifted.deployed
    first, second = deployed.version("1"), deployed.version("2")
    service = deployed.client.create(SERVICE, "backend", shifted.inputs(first, BLUE_GREEN))
    folder = SimpleNamespace(path=tmp_path)
    rehearsal: Any = SimpleNamespace(account=deployed.account, stand_ins=deployed.stand_ins, folder=folder)
    call = getattr(EcsApi(rehearsal), "_ecs_describeservices")  # noqa: B009  # as conducky/rehearsal/api.py does

    def described() -> dict[str, str]:
        (found,) = call({"services": ["conducky-dev-backend"]})["services"]
        return {each["taskDefinition"]: each["status"] for each in found["deployments"]}

    thread = threading.Thread(target=lambda: shifted.release(service, second, {**BLUE_GREEN, "bakeTimeInMinutes": "4"}))
    thread.start()
    wait_until("both", lambda: described() == {second["arn"]: "PRIMARY", first["arn"]: "ACTIVE"})
    thread.join()
    assert described() == {second["arn"]: "PRIMARY"}


@pytest.mark.slow
def test_a_rolling_release_of_it_stays_in_its_group(shifted: Shifted) -> None:
    service = shifted.create("1")
    shifted.release(service, shifted.deployed.version("2"), {"strategy": "ROLLING"})
    assert shifted.deployed.get("/api/version") == (200, "2")
    assert shifted.weights() == {"blue": 0, "green": 100}


def _without_advanced(_shifted: Shifted, inputs: Properties) -> None:
    del inputs["loadBalancers"][0]["advancedConfiguration"]


def _one_group(shifted: Shifted, _inputs: Properties) -> None:
    forward = [{"type": "forward", "targetGroupArn": shifted.deployed.target_group["arn"]}]
    shifted.deployed.client.update(shifted.rule, {**shifted.rule.inputs, "actions": forward})


def _two_serve(shifted: Shifted, _inputs: Properties) -> None:
    groups = [{"arn": each["arn"], "weight": 50} for each in (shifted.deployed.target_group, shifted.other)]
    forward = [{"type": "forward", "forward": {"targetGroups": groups}}]
    shifted.deployed.client.update(shifted.rule, {**shifted.rule.inputs, "actions": forward})


def _no_rights(shifted: Shifted, _inputs: Properties) -> None:
    (policy,) = (
        each for each in shifted.deployed.account.of("aws:iam/rolePolicy:RolePolicy") if "Shift" in each["policy"]
    )
    policy["policy"] = policy["policy"].replace("ModifyRule", "DescribeRule")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without_advanced, "advancedConfiguration field is required"),
        (_one_group, "productionListenerRule is not associated with both"),
        (_two_serve, "exactly one target group serving traffic but found 2"),
        (_no_rights, "may not elasticloadbalancing:ModifyRule"),
    ],
)
def test_what_ecs_refuses(shifted: Shifted, change: Callable[[Shifted, Properties], None], words: str) -> None:
    inputs = shifted.inputs(shifted.deployed.version("1"), BLUE_GREEN)
    change(shifted, inputs)
    assert words in shifted.refusal(lambda: shifted.deployed.client.create(SERVICE, "backend", inputs))


def test_a_service_that_rolled_needs_both_groups_before_it_shifts(shifted: Shifted) -> None:
    deployed = shifted.deployed
    service = deployed.deploy(deployed.version("1"))
    second = deployed.version("2")
    said = shifted.refusal(lambda: deployed.client.update(service, shifted.inputs(second, BLUE_GREEN)))
    assert "the revision that serves has other target groups" in said
    service = deployed.client.update(deployed.client.refresh(service), shifted.inputs(second, {"strategy": "ROLLING"}))
    shifted.release(service, deployed.version("3"), BLUE_GREEN)
    assert deployed.get("/api/version") == (200, "3")
