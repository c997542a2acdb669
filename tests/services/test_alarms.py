"""The alarms of `alarmEmail`: each over what it says, with a section of the runbook that helps."""

import re
from collections.abc import Callable

import pytest
from alarms import DATABASE, SERVICE

from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import ROOT

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:conducky-dev-alarms"
EMAIL = {"alarmEmail": "alarms@example.com"}
APPLICATIONS = ("backend", "frontend")
OF_A_SERVICE = ("5xx", "unhealthy", *(row.ending for row in SERVICE))

Again = Callable[..., Evaluation]


@pytest.fixture(scope="module")
def watched(evaluate_services: Again) -> Evaluation:
    return evaluate_services(config=EMAIL)


def endings(made: Evaluation) -> set[str]:
    return {alarm.name.removeprefix("conducky-dev-") for alarm in made.of(ALARM)}


def test_there_is_one_for_each_thing_that_can_go_wrong(watched: Evaluation, services: Evaluation) -> None:
    assert endings(watched) == {
        *(f"{application}-{ending}" for application in APPLICATIONS for ending in OF_A_SERVICE),
        *(f"database-{row.ending}" for row in DATABASE),
    }
    assert services.of(ALARM) == []


def test_each_tells_the_topic_of_its_beginning_and_its_end(watched: Evaluation) -> None:
    for alarm in watched.of(ALARM):
        assert (alarm.inputs["alarmActions"], alarm.inputs["okActions"]) == ([TOPIC], [TOPIC]), alarm.name


def test_without_the_rollback_ecs_does_not_heed_them(watched: Evaluation, evaluate_services: Again) -> None:
    name = "conducky-dev-backend"
    off = watched.one("aws:ecs/service:Service", name).inputs["alarms"]
    assert off == {"alarmNames": [], "enable": False, "rollback": False}
    both = evaluate_services(config={**EMAIL, "alarmRollback": "true"})
    named = both.one("aws:ecs/service:Service", name).inputs["alarms"]["alarmNames"]
    assert named == [f"{name}-5xx", f"{name}-unhealthy"], "a busy CPU is no reason to roll back"
    assert endings(both) == endings(watched)


def test_each_names_a_section_of_the_runbook(watched: Evaluation) -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.removeprefix("## ")).strip().lower().replace(" ", "-")
        for line in (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    }
    texts = [alarm.inputs["alarmDescription"] for alarm in watched.of(ALARM)]
    texts += [target.inputs["inputTransformer"]["inputTemplate"] for target in watched.of(TARGET)]
    for text in texts:
        found = re.search(r"docs/runbook\.md#([a-z-]+)", text)
        assert found, text
        assert found[1] in headings, text


TARGET = "aws:cloudwatch/eventTarget:EventTarget"


@pytest.mark.parametrize("application", APPLICATIONS)
def test_too_few_tasks_are_fewer_than_wanted(evaluate_services: Again, application: str) -> None:
    made = evaluate_services(config={**EMAIL, f"{application}Count": "3"})
    inputs = made.one(ALARM, f"conducky-dev-{application}-running").inputs
    assert (inputs["comparisonOperator"], inputs["threshold"]) == ("LessThanThreshold", 3)
    assert (inputs["statistic"], inputs["period"]) == ("SampleCount", 60), "a sample a minute for each task"
    assert inputs["dimensions"] == {
        "ClusterName": "conducky-dev-cluster",
        "ServiceName": f"conducky-dev-{application}",
    }
    assert inputs["treatMissingData"] == "breaching", "AWS counts nothing where nothing runs"


def test_with_a_range_of_tasks_the_least_are_wanted(evaluate_services: Again) -> None:
    config = {**EMAIL, "backendCount": "2", "backendMaxCount": "5", "scalingCpuPercent": "90", "databasePoolSize": "5"}
    made = evaluate_services(config=config)
    assert made.one(ALARM, "conducky-dev-backend-running").inputs["threshold"] == 2
    assert made.one(ALARM, "conducky-dev-backend-cpu").inputs["threshold"] == 95, "scaling keeps it at 90"
    assert made.one(ALARM, "conducky-dev-frontend-cpu").inputs["threshold"] == 85


def test_of_a_service_without_tasks_none_are_missing(evaluate_services: Again) -> None:
    made = evaluate_services(config={**EMAIL, "backendCount": "0"})
    assert {"backend-running", "frontend-running"} & endings(made) == {"frontend-running"}


def test_a_stopped_stack_is_no_alarm(evaluate_services: Again, bootstrap: Evaluation) -> None:
    platform = evaluate("platform", config={"schedule": "mon-fri 08:00-20:00 UTC"})
    made = evaluate_services(config=EMAIL, upstream={"bootstrap": bootstrap.exports, "platform": platform.exports})
    assert {alarm.inputs["treatMissingData"] for alarm in made.of(ALARM)} == {"notBreaching"}


def database_alarms(evaluate_services: Again, bootstrap: Evaluation, **settings: str) -> dict[str, dict[str, object]]:
    platform = evaluate("platform", config=settings)
    made = evaluate_services(config=EMAIL, upstream={"bootstrap": bootstrap.exports, "platform": platform.exports})
    found = [alarm for alarm in made.of(ALARM) if "database" in alarm.name]
    for alarm in found:
        identifier = platform.exports["database_identifier"]
        assert alarm.inputs["dimensions"] == {"DBInstanceIdentifier": identifier}
    return {alarm.name.rpartition("-")[2]: alarm.inputs for alarm in found}


def test_the_databases_limits_are_those_of_its_settings(evaluate_services: Again, bootstrap: Evaluation) -> None:
    small = database_alarms(evaluate_services, bootstrap)
    assert small["storage"]["threshold"] == 2 * 2**30, "a tenth of 20 GiB"
    assert small["connections"]["threshold"] == 62, "80 % of 78"
    large = database_alarms(
        evaluate_services, bootstrap, databaseStorageGib="100", databaseInstanceClass="db.m6g.large"
    )
    assert large["storage"]["threshold"] == 10 * 2**30
    assert "credits" in small
    assert "credits" not in large, "only burstable classes have them"


def test_a_limit_that_nobody_knows_has_no_alarm(evaluate_services: Again, bootstrap: Evaluation) -> None:
    assert {*database_alarms(evaluate_services, bootstrap, databaseInstanceClass="db.x9z.large")} == {"storage"}


def test_behind_an_http_api_there_are_the_same_but_for_targets(
    evaluate_services: Again, bootstrap: Evaluation, gateway_platform: Evaluation
) -> None:
    upstream = {"bootstrap": bootstrap.exports, "platform": gateway_platform.exports}
    made = evaluate_services(config=EMAIL, upstream=upstream)
    of_targets = {f"{application}-unhealthy" for application in APPLICATIONS}
    assert endings(made) | of_targets == endings(evaluate_services(config=EMAIL))
    assert not of_targets & endings(made)


def test_the_worker_is_watched_as_well(evaluate_services: Again) -> None:
    made = evaluate_services(config={**EMAIL, "worker": '{"command": ["node", "worker.js"], "count": 2}'})
    assert {each for each in endings(made) if "worker" in each} == {f"worker-{row.ending}" for row in SERVICE}
    inputs = made.one(ALARM, "conducky-dev-worker-running").inputs
    assert (inputs["threshold"], inputs["dimensions"]["ServiceName"]) == (2, "conducky-dev-worker")


def test_they_cost_what_is_beyond_the_ten_free_ones(watched: Evaluation) -> None:
    assert len(watched.of(ALARM)) == 13, "docs/alarms.md says that three are charged"
