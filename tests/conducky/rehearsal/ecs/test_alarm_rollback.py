"""A release that is healthy and answers errors: an alarm takes it back, and only what was asked meanwhile failed."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

from conducky.catalog.property_bag import Properties
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import PLACE, SERVICE, DeployedService
from tests.conducky.rehearsal.ecs.echo_app import wait_until

pytestmark = pytest.mark.engine

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


@pytest.fixture
def watched(deployed: DeployedService) -> Iterator[Callable[[Resource], Properties]]:
    """The inputs of a service that an alarm over 5xx rolls back."""
    alarm = deployed.client.create(
        ALARM,
        "errors",
        {
            "name": "errors",
            "namespace": "AWS/ApplicationELB",
            "metricName": "HTTPCode_Target_5XX_Count",
            "dimensions": {"LoadBalancer": "app/one/1", "TargetGroup": deployed.target_group["arnSuffix"]},
            "statistic": "Sum",
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 5,
            "period": 60,
            "evaluationPeriods": 2,
            "datapointsToAlarm": 1,
            "treatMissingData": "notBreaching",
        },
    )
    alarms = {"alarmNames": [alarm["name"]], "enable": True, "rollback": True}
    yield lambda definition: {**deployed.service(definition), "alarms": alarms}
    for service in deployed.client.stand_ins.services.running.values():
        service.stop()


@contextmanager
def asked_all_the_time(deployed: DeployedService) -> Generator[list[tuple[int, str]]]:
    """Every answer to a steady load, in order."""
    answers: list[tuple[int, str]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.02):
            answers.append(deployed.get("/api/version"))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


def test_it_is_rolled_back_and_every_later_request_is_answered(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    client, good = deployed.client, deployed.version("1")
    service = client.create(SERVICE, "backend", watched(good))
    bad = deployed.register(deployed.container(deployed.image(VERSION="2", ERRORS="yes")))
    with asked_all_the_time(deployed) as answers:
        with pytest.raises(RefusedError) as refused:
            client.update(service, watched(bad))
        assert "an alarm went off, so the release was rolled back: errors" in str(refused.value)
        assert refused.value.kept is not None, "the provider keeps what it asked for; only a refresh tells"
        before = len(answers)
        while len(answers) < before + 50:
            pass
    failed = [status for status, _ in answers if status != 200]
    assert {*failed} == {500}, "none was cut off"
    assert len(failed) > 5, "the alarm had its reason"
    assert set(answers[-50:]) == {(200, "1")}
    running = next(iter(client.stand_ins.services.running.values()))
    assert running.steady
    assert {task.revision for task in running.tasks} == {good["arn"]}


def test_people_hear_of_the_alarm_and_of_the_failed_deployment(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    client, told = deployed.client, list[str]()
    client.account.say = told.append
    topic = PLACE.arn("sns", "alarms")
    statements = [
        {"Effect": "Allow", "Principal": {"Service": f"{each}.amazonaws.com"}, "Action": "sns:Publish"}
        for each in ("cloudwatch", "events")
    ]
    client.create("aws:sns/topic:Topic", "alarms", {"name": "alarms", "policy": json.dumps({"Statement": statements})})
    address = {"topic": topic, "protocol": "email", "endpoint": "ops@example.com"}
    client.create("aws:sns/topicSubscription:TopicSubscription", "ops", address)
    pattern = {"detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}}
    client.create("aws:cloudwatch/eventRule:EventRule", "one", {"name": "one", "eventPattern": json.dumps(pattern)})
    transformer = {"inputTemplate": '"failed: <why>"', "inputPaths": {"why": "$.detail.reason"}}
    target = {"rule": "one", "targetId": "one", "arn": topic, "inputTransformer": transformer}
    client.create("aws:cloudwatch/eventTarget:EventTarget", "one", target)
    (alarm,) = client.account.of(ALARM)
    alarm["alarmActions"] = alarm["okActions"] = [topic]
    service = client.create(SERVICE, "backend", watched(deployed.version("1")))
    threading.Thread(target=client.stand_ins.notifications.watch, daemon=True).start()
    bad = deployed.register(deployed.container(deployed.image(VERSION="2", ERRORS="yes")))
    with asked_all_the_time(deployed), pytest.raises(RefusedError, match="an alarm went off"):
        client.update(service, watched(bad))
    for words in ("the alarm errors went off", "failed: an alarm went off", "the alarm errors is over"):
        wait_until(words, lambda words=words: any(words in line and "ops@example.com" in line for line in told))


def test_a_release_that_answers_well_goes_through(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    service = deployed.client.create(SERVICE, "backend", watched(deployed.version("1")))
    with asked_all_the_time(deployed) as answers:
        deployed.client.update(service, watched(deployed.version("2")))
    assert {status for status, _ in answers} == {200}
    assert deployed.get("/api/version") == (200, "2")


def test_an_alarm_that_is_off_before_does_not_stop_the_correction(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    deployed.client.stand_ins.cloudwatch.sources["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"] = (
        lambda _dimensions, _begin, _end: 100.0
    )
    deployed.client.create(SERVICE, "backend", watched(deployed.version("1")))
    assert deployed.get("/api/version") == (200, "1")


def test_the_first_release_has_nothing_to_go_back_to(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    deployed.client.stand_ins.cloudwatch.sources["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"] = (
        lambda _dimensions, _begin, _end: 100.0 if deployed.targets() == ["healthy"] else 0.0
    )
    with pytest.raises(RefusedError, match="an alarm went off, and ECS has no release to go back to"):
        deployed.client.create(SERVICE, "backend", watched(deployed.version("1")))


def test_an_alarm_that_is_missing_is_refused_before_anything_starts(
    deployed: DeployedService, watched: Callable[[Resource], Properties]
) -> None:
    alarm = next(iter(deployed.account.resources[ALARM]))
    deployed.account.forget(ALARM, alarm)
    with pytest.raises(RefusedError, match="there is no alarm errors"):
        deployed.client.create(SERVICE, "backend", watched(deployed.version("1")))
    assert deployed.targets() == []
