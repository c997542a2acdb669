"""A deployed stack `dev`: what Pulumi exports of it, and what AWS answers about it."""

import json
import signal
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from conducky.cli.app import main
from conducky.naming import Names
from conducky.operations.target import Target
from tests.fakes.aws_api import ACCOUNT, REGION, AwsApi, aws_api
from tests.fakes.pulumi import FakePulumi, fake_pulumi

ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
DIGEST = "sha256:" + "7" * 64
STARTED = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
OUTPUTS: dict[str, Any] = {
    # Without a worker
    **{f"worker_{key}": "" for key in ("service_name", "task_definition_arn", "image", "log_group", "release")},
    "name_prefix": "conducky-dev-",
    "cluster_name": "conducky-dev-cluster",
    "region": REGION,
    "database_url_parameter_arn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/conducky/dev/backend/DATABASE_URL",
    **{f"worker_{key}": "" for key in ("service_name", "task_definition_arn", "image", "log_group", "release")},
    **{
        f"{name}_{key}": value
        for name in ("backend", "frontend")
        for key, value in {
            "service_name": f"conducky-dev-{name}",
            "task_definition_arn": f"{ECS}:task-definition/conducky-dev-{name}:7",
            "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/conducky-dev-{name}@{DIGEST}",
            "log_group": f"conducky-dev-{name}",
            "release": "1",
            "url": "http://conducky-dev.example.com",
        }.items()
    },
}


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsApi]:
    with aws_api(monkeypatch) as made:
        yield made


@pytest.fixture
def pulumi(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:  # noqa: ANN401
    made = fake_pulumi(tmp_path, monkeypatch)
    made.answer("services", "output", out=json.dumps(OUTPUTS))
    return made


@pytest.fixture
def target(api: AwsApi) -> Target:
    return Target("dev", Names("conducky", "dev"), REGION, ACCOUNT, OUTPUTS)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Generator[Run]:
    """Run `conducky …` in this process, as `main` does, on 80 columns."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("conducky.cli.app.write_what_the_locale_can", lambda: None)  # of pytest's own streams

    def conducky(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["conducky", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Ran(code if isinstance(code, int) else int(bool(code)), printed.out, printed.err)

    yield conducky
    for number, handler in before.items():
        signal.signal(number, handler)


def task(ident: str = "1a2b3c4d5e6f", name: str = "backend", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A running task as DescribeTasks gives it."""
    return {
        "taskArn": f"{ECS}:task/conducky-dev-cluster/{ident}",
        "clusterArn": f"{ECS}:cluster/conducky-dev-cluster",
        "taskDefinitionArn": f"{ECS}:task-definition/conducky-dev-{name}:7",
        "group": f"service:conducky-dev-{name}",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "healthStatus": "UNKNOWN",
        "availabilityZone": "us-east-1a",
        "capacityProviderName": "FARGATE_SPOT",
        "enableExecuteCommand": True,
        "createdAt": STARTED,
        "startedAt": STARTED,
        "attachments": [
            {"type": "ElasticNetworkInterface", "details": [{"name": "privateIPv4Address", "value": "172.31.0.7"}]}
        ],
        "containers": [
            {
                "name": name,
                "runtimeId": f"{ident}-42",
                "imageDigest": DIGEST,
                "lastStatus": "RUNNING",
                "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}],
            }
        ],
        **more,
    }


def tasks(api: AwsApi, *running: dict[str, Any], stopped: list[dict[str, Any]] | None = None) -> None:
    """Let ECS list and describe these tasks."""
    every = {each["taskArn"]: each for each in (*running, *(stopped or []))}

    def listed(request: dict[str, Any]) -> dict[str, Any]:
        of = f"service:{request['serviceName']}" if "serviceName" in request else None
        wanted = (stopped or []) if request.get("desiredStatus") == "STOPPED" else running
        return {"taskArns": [each["taskArn"] for each in wanted if of in {None, each["group"]}]}

    api.answer("ecs.ListTasks", listed)
    api.answer("ecs.DescribeTasks", lambda request: {"tasks": [every[arn] for arn in request["tasks"]]})


def service(name: str = "backend", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A service as DescribeServices gives it, steady on revision 7."""
    return {
        "serviceName": f"conducky-dev-{name}",
        "status": "ACTIVE",
        "taskDefinition": f"{ECS}:task-definition/conducky-dev-{name}:7",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "loadBalancers": [{"targetGroupArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/1"}],
        "deployments": [
            {
                "id": "ecs-svc/1",
                "status": "PRIMARY",
                "taskDefinition": f"{ECS}:task-definition/conducky-dev-{name}:7",
                "desiredCount": 1,
                "runningCount": 1,
                "rolloutState": "COMPLETED",
                "rolloutStateReason": "ECS deployment ecs-svc/1 completed.",
                "updatedAt": STARTED,
            }
        ],
        "events": [
            {
                "id": "1",
                "createdAt": STARTED,
                "message": f"(service conducky-dev-{name}) has reached a steady state.",
            }
        ],
        **more,
    }


def database(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The database instance as RDS gives it."""
    return {
        "DBInstanceIdentifier": "conducky-dev-database1a2b3c4",
        "DBInstanceStatus": "available",
        "DBInstanceClass": "db.t4g.micro",
        "Engine": "postgres",
        "EngineVersion": "15.18",
        "AllocatedStorage": 20,
        "AvailabilityZone": "us-east-1a",
        "BackupRetentionPeriod": 7,
        "LatestRestorableTime": STARTED,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": STARTED},
        "DeletionProtection": True,
        "InstanceCreateTime": STARTED,
        "Endpoint": {"Address": "conducky-dev-database1a2b3c4.abc.us-east-1.rds.amazonaws.com", "Port": 5432},
        **more,
    }


def deployed(api: AwsApi, *services: dict[str, Any]) -> None:
    """Let AWS have the whole stack: both services, a task each, healthy, and the database."""
    found = {each["serviceName"]: each for each in services or (service(), service("frontend"))}
    api.answer(
        "ecs.DescribeServices",
        lambda request: {"services": [found[name] for name in request["services"] if name in found], "failures": []},
    )
    tasks(api, task(), task("9f8e7d6c5b4a", "frontend"))
    container = {"image": OUTPUTS["backend_image"], "environment": [{"name": "APP_REVISION", "value": "build-7"}]}
    api.answer("ecs.DescribeTaskDefinition", {"taskDefinition": {"containerDefinitions": [container]}})
    health = {"Target": {"Id": "172.31.0.7"}, "TargetHealth": {"State": "healthy"}}
    api.answer("elbv2.DescribeTargetHealth", {"TargetHealthDescriptions": [health]})
    api.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceIdentifier="other"), database()]})
