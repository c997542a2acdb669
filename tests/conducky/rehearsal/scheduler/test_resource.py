"""Schedules on a clock that a test advances: tasks and database stop at night and start again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.scheduler import Schedules
from conducky.rehearsal.scheduler.resource import next_time
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

SCHEDULE = "aws:scheduler/schedule:Schedule"
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ecs:UpdateService", "rds:*"], "Resource": ["*"]}],
}


class Night:
    """One service with a task, and the calls that stop it in the evening and start it in the morning."""

    def __init__(self, deployed: DeployedService) -> None:
        self.deployed, self.client = deployed, deployed.client
        self.schedules: Schedules = deployed.stand_ins.schedules
        self.schedules.now = MONDAY
        self.role = self.client.create("aws:iam/role:Role", "conducky-dev-scheduler", {"assumeRolePolicy": "{}"})
        self.rights = self.client.create(
            "aws:iam/rolePolicy:RolePolicy", "scheduler", {"role": self.role["name"], "policy": json.dumps(ALLOWED)}
        )

    def inputs(self, cron: str, call: str = "ecs:updateService", **given: Any) -> dict[str, Any]:  # noqa: ANN401
        """The inputs of a schedule."""
        return {
            "flexibleTimeWindow": {"mode": "OFF"},
            "scheduleExpression": cron,
            "scheduleExpressionTimezone": "UTC",
            "target": {
                "arn": f"arn:aws:scheduler:::aws-sdk:{call}",
                "roleArn": self.role["arn"],
                "input": json.dumps(given),
            },
        }

    def at(self, name: str, cron: str, count: int) -> Resource:
        """Set the service's number of tasks at this time."""
        service = {"Cluster": "conducky-dev-cluster", "Service": "conducky-dev-backend"}
        inputs = self.inputs(cron, **service, DesiredCount=count)
        return self.client.create(SCHEDULE, name, {**inputs, "name": f"conducky-dev-{name}"})


@pytest.fixture
def night(deployed: DeployedService) -> Night:
    return Night(deployed)


@pytest.mark.parametrize(
    ("cron", "zone", "due"),
    [
        ("cron(0 20 * * ? *)", "UTC", datetime(2026, 11, 23, 20, tzinfo=UTC)),
        ("cron(0 8 * * ? *)", "UTC", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("cron(0 12 * * ? *)", "UTC", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("cron(0 8 * * ? *)", "America/New_York", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        ("cron(30 7 ? * MON,SAT *)", "Europe/Berlin", datetime(2026, 11, 28, 6, 30, tzinfo=UTC)),
        ("cron(0 8 ? * MON *)", "UTC", datetime(2026, 11, 30, 8, tzinfo=UTC)),
    ],
)
def test_the_next_time_is_the_first_after_now(cron: str, zone: str, due: datetime) -> None:
    assert next_time({"scheduleExpression": cron, "scheduleExpressionTimezone": zone}, MONDAY) == due


@pytest.mark.parametrize("expression", ["cron(0 8 * * * *)", "rate(5 minutes)", "08:00"])
def test_another_expression_is_refused(expression: str) -> None:
    with pytest.raises(ResourceFailedError, match="Invalid Schedule Expression"):
        next_time({"scheduleExpression": expression}, MONDAY)


@pytest.mark.engine
def test_tasks_stop_in_the_evening_and_start_in_the_morning(night: Night) -> None:
    service = night.deployed.deploy(night.deployed.version("one"))
    night.at("backend-stop", "cron(0 20 * * ? *)", 0)
    night.at("backend-start", "cron(0 8 * * ? *)", 1)
    running = night.deployed.stand_ins.services.running[service["arn"]]

    assert night.schedules.advance() == ["conducky-dev-backend-stop"]
    assert night.schedules.now == datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert (running.tasks, night.deployed.targets()) == ([], [])
    running.replace_ended()
    assert running.tasks == [], "ECS starts none while the count is 0"

    assert night.schedules.advance() == ["conducky-dev-backend-start"]
    assert night.deployed.get("/api/version") == (200, "one")


@pytest.mark.engine
def test_the_calls_come_one_after_the_other(night: Night) -> None:
    night.deployed.deploy(night.deployed.version("one"))
    night.at("backend-stop", "cron(0 20 * * ? *)", 0)
    night.at("backend-start", "cron(0 8 * * ? *)", 1)
    made = [name for _ in range(3) for name in night.schedules.advance()]
    assert [name.rpartition("-")[2] for name in made] == ["stop", "start", "stop"]
    assert night.schedules.now == datetime(2026, 11, 24, 20, tzinfo=UTC)


@pytest.mark.engine
def test_a_release_while_it_is_stopped_starts_no_task(night: Night) -> None:
    service = night.deployed.deploy(night.deployed.version("one"))
    night.at("backend-stop", "cron(0 20 * * ? *)", 0)
    night.schedules.advance()
    inputs = {**night.deployed.service(night.deployed.version("two")), "forceNewDeployment": True}
    night.client.update(service, {**inputs, "desiredCount": 0})
    assert night.deployed.stand_ins.services.running[service["arn"]].tasks == []


def test_without_schedules_nothing_comes(night: Night) -> None:
    assert night.schedules.upcoming() is None
    assert night.schedules.advance() == []


def test_a_role_that_may_not_make_the_call_is_named_before_the_night(night: Night) -> None:
    night.deployed.forget(night.rights)
    with pytest.raises(RefusedError, match=r"conducky-dev-scheduler\S* may not ecs:UpdateService"):
        night.at("backend-stop", "cron(0 20 * * ? *)", 0)


def test_a_call_that_it_does_not_play_is_refused(night: Night) -> None:
    with pytest.raises(RefusedError, match="does not make the call ec2:stopInstances"):
        night.client.create(SCHEDULE, "stop", night.inputs("cron(0 20 * * ? *)", "ec2:stopInstances"))
