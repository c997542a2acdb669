"""The state of a stack: everything in one view of 80 columns, what is wrong told, and what cannot be seen too."""

import json
from datetime import timedelta
from typing import Any

import pytest

from conducky.operations.status import Status
from conducky.operations.status_aws import Collector
from conducky.operations.target import Target
from tests.conducky.operations.conftest import OUTPUTS, STARTED, Run, database, deployed, service, task, tasks
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi

HISTORY = [
    {"kind": "update", "startTime": "2026-11-26T10:00:00.000Z", "result": "failed", "message": "broken"},
    {"kind": "refresh", "startTime": "2026-11-26T09:00:00.000Z", "result": "succeeded"},
    {
        "kind": "update",
        "startTime": "2026-11-26T08:00:00.000Z",
        "endTime": "2026-11-26T08:05:00.000Z",
        "result": "succeeded",
        "message": "Page the timeline\n\nmore",
        "environment": {"git.head": "0123456789abcdef", "git.author": "Ada", "git.dirty": "true"},
        "config": {"conducky-services:jwtSecret": {"secret": True}},
    },
]


@pytest.fixture
def pulumi_history(pulumi: FakePulumi) -> FakePulumi:
    pulumi.answer("services", "history", out=json.dumps(HISTORY))
    return pulumi


@pytest.fixture
def status(api: AwsApi, target: Target, pulumi_history: FakePulumi) -> Any:  # noqa: ANN401
    def look(*services: dict[str, Any]) -> Status:
        deployed(api, *services)
        return Collector(target).collect()

    return look


def test_all_is_well(api: AwsApi, pulumi_history: FakePulumi, run: Run) -> None:
    deployed(api)
    ran = run("status")
    assert (ran.code, ran.err) == (0, "")
    for words in (
        "dev in us-east-1, account 123456789012",
        "http://conducky-dev.example.com",
        "ago by Ada: Page the timeline (0123456 + uncommitted changes)",
        "conducky-dev-backend  7  1 of 1 tasks",
        "sha256:777777777777  build-7",
        "1a2b3c4d  healthy",
        "us-east-1a  Spot",
        "has reached a steady state.",
        "conducky-dev-database1a2b3c4  available  PostgreSQL 15.18",
        "db.t4g.micro, 20 GiB, us-east-1a",
        "kept 7 days",
        "rds-ca-rsa2048-g1 until 2026-11-26, protected against deletion",
    ):
        assert words in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "jwtSecret" not in ran.out


def test_json_holds_everything_as_plain_values(api: AwsApi, pulumi_history: FakePulumi, run: Run) -> None:
    deployed(api)
    seen = json.loads(run("status", "--json").out)
    assert seen["problems"] == []
    assert seen["services"][0]["tasks"][0]["started"] == STARTED.isoformat()
    assert seen["release"]["commit"] == "0123456789abcdef"
    assert seen["database"]["backups"] == 7


def test_what_is_not_well_is_said_last_and_is_exit_code_3(api: AwsApi, pulumi_history: FakePulumi, run: Run) -> None:
    deployed(api, service(runningCount=0), service("frontend"))
    api.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceStatus="storage-full")]})
    ran = run("status")
    assert ran.code == 3
    assert ran.out.splitlines()[-2:] == [
        "✗ conducky-dev-backend: 0 of 1 tasks run",
        "✗ database: it is storage-full",
    ]
    api.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceStatus="stopped")]})
    assert run("status").out.splitlines()[-1] == "✗ database: it is stopped: run `conducky start --stack dev`"


def test_the_load_balancers_opinion_of_a_task_is_in_words(api: AwsApi, status: Any, target: Target) -> None:  # noqa: ANN401
    status()
    bad = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "Codes: [500]"}
    answer = {"TargetHealthDescriptions": [{"Target": {"Id": "172.31.0.7"}, "TargetHealth": bad}]}
    api.answer("elbv2.DescribeTargetHealth", answer)
    backend = Collector(target).collect().services[0]
    assert backend.tasks[0].why == "it answered another code than 200 (Codes: [500])"
    assert backend.problem == "1 of 1 tasks do not pass the health check"


def test_of_a_service_with_two_target_groups_both_are_asked(api: AwsApi, status: Any, target: Target) -> None:  # noqa: ANN401
    """Where ECS shifts the traffic, its tasks are in either."""
    other = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/backend-g/2"
    rule = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/one/1/2/3"
    advanced = {"alternateTargetGroupArn": other, "productionListenerRule": rule}
    backend = service()
    backend["loadBalancers"][0]["advancedConfiguration"] = advanced
    healthy = {"Target": {"Id": "172.31.0.7"}, "TargetHealth": {"State": "healthy"}}

    def health(request: dict[str, Any]) -> dict[str, Any]:
        return {"TargetHealthDescriptions": [healthy] if request["TargetGroupArn"] == other else []}

    status(backend, service("frontend"))
    api.answer("elbv2.DescribeTargetHealth", health)
    (task,) = Collector(target).collect().services[0].tasks
    assert task.target == "healthy"


def test_a_failed_deployment_and_what_it_leaves(status: Any) -> None:  # noqa: ANN401
    deployments = [
        {**service()["deployments"][0], "rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start."},
        {**service()["deployments"][0], "status": "ACTIVE", "taskDefinition": "a/conducky-dev-backend:6"},
    ]
    backend = status(service(deployments=deployments), service("frontend")).services[0]
    assert backend.problem == "the deployment of conducky-dev-backend:7 failed"
    assert [each.primary for each in backend.deployments] == [True, False]


def test_stopped_tasks_say_why_in_words(api: AwsApi, status: Any, target: Target) -> None:  # noqa: ANN401
    status()
    ended = task("dead1", lastStatus="STOPPED", stoppedAt=STARTED, stoppedReason="OutOfMemoryError: Container killed")
    tasks(api, task(), stopped=[ended])
    (seen,) = Collector(target).collect().services[0].stopped
    assert seen.why == "it ran out of memory"


def test_one_off_tasks_belong_to_no_service(api: AwsApi, status: Any, target: Target) -> None:  # noqa: ANN401
    status()
    tasks(api, task(), task("once1", group="family:conducky-dev-backend"))
    assert [each.id for each in Collector(target).collect().services[0].tasks] == ["1a2b3c4d5e6f"]


def test_what_cannot_be_seen_is_noted_and_hides_nothing_else(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    deployed(api, service())
    api.refuse("rds.DescribeDBInstances", "AccessDenied")
    pulumi.answer("services", "history", err="error: no\n", code=255)
    ran = run("status")
    assert "conducky-dev-backend  7  1 of 1 tasks" in ran.out
    assert "not shown: these AWS credentials are not allowed to see the database" in ran.out
    assert " ".join(ran.out.split()).endswith(
        "✗ the service conducky-dev-frontend does not exist: run `make deploy STACK=dev LAYER=services`"
    )
    assert "stack history" in ran.out


def test_a_database_that_is_gone_is_not_well_and_says_how_to_create_one(
    api: AwsApi, pulumi_history: FakePulumi, run: Run
) -> None:
    deployed(api)
    api.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceIdentifier="other")]})
    ran = run("status")
    assert ran.code == 3
    last = " ".join(ran.out.split()).partition("✗ ")[2]
    assert "the database conducky-dev-database does not exist" in last
    assert "`pulumi -C platform refresh --stack dev && make deploy STACK=dev LAYER=platform`" in last
    assert "nothing is wrong" not in ran.out
    assert json.loads(run("status", "--json").out)["problems"] != []


def test_no_tasks_and_no_worker_are_not_missing_where_nobody_wants_them(
    api: AwsApi, pulumi_history: FakePulumi, run: Run
) -> None:
    none = [service(name, desiredCount=0, runningCount=0) for name in ("backend", "frontend")]
    deployed(api, *none)
    tasks(api)
    assert run("status").code == 0


def test_without_pulumi_what_aws_knows_is_shown(
    api: AwsApi, pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(api)
    monkeypatch.setenv("PATH", "/nowhere")
    ran = run("status")
    assert ran.code == 0
    assert "not shown: Pulumi cannot be asked" in ran.out


def test_services_that_were_deleted_are_not_deployed(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    deployed(api, service(status="INACTIVE"))
    ran = run("status")
    assert ran.code == 1
    assert "make deploy STACK=dev" in ran.err


def test_watching_looks_again_until_ctrl_c(
    api: AwsApi, pulumi_history: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conducky.operations import status_view as watch  # noqa: PLC0415
    from conducky.signals import Interrupted  # noqa: PLC0415

    deployed(api)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            raise Interrupted(2)

    monkeypatch.setattr(watch, "sleep", sleep)
    ran = run("status", "--watch")
    assert ran.code == 130
    assert ran.out.count("dev in us-east-1") == 2
    assert OUTPUTS["cluster_name"] == api.made("ecs.DescribeServices")[1]["cluster"]


def test_a_database_that_was_replaced_is_named_while_it_costs(api: AwsApi, run: Run) -> None:
    deployed(api)
    old = database(
        DBInstanceIdentifier="conducky-dev-database0",
        TagList=[{"Key": "ReplacedBy", "Value": "database-2"}],
        InstanceCreateTime=STARTED - timedelta(days=1),
    )
    given_up = {**old, "DBInstanceIdentifier": "conducky-dev-database-2", "InstanceCreateTime": STARTED + timedelta(1)}
    api.answer("rds.DescribeDBInstances", {"DBInstances": [old, database(), given_up]})
    shown = run("status").out
    assert "conducky-dev-database1a2b3c4  available" in shown
    for name in ("database0", "database-2"):
        assert f"replaced conducky-dev-{name}, until `conducky database forget --stack dev`" in shown
