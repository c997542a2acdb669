"""What ECS says, read through the real boto3."""

import re
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.verification import ecs
from tests.fakes.aws import ARN, FakeAws, deployment, revision, service
from tests.iam.calls import DAY_TWO

CLUSTER, BACKEND = "conducky-dev-cluster", "conducky-dev-backend"


def test_a_service_with_its_deployments_and_events(aws: FakeAws) -> None:
    old = deployment(
        revision("backend", 6), status="ACTIVE", rolloutState="FAILED", rolloutStateReason="tasks\x1b died"
    )
    aws.services(service("backend", deployment(revision("backend", 7)), old, pendingCount=2))
    found = ecs.describe(ecs.clients("us-east-1"), CLUSTER, [BACKEND, "conducky-dev-frontend"])
    assert list(found) == [BACKEND], "what does not exist is left out"
    backend = found[BACKEND]
    assert (backend.active, backend.desired, backend.running, backend.pending) == (True, 1, 1, 2)
    assert backend.primary is not None
    assert backend.primary.revision == "conducky-dev-backend:7"
    assert backend.deployments[1].reason == "tasks\\x1b died"
    assert backend.events[0].endswith("(service conducky-dev-backend) is steady.")


def test_why_a_deployment_was_rolled_back(aws: FakeAws) -> None:
    aws.answers["ListServiceDeployments"] = {
        "serviceDeployments": [
            {"status": "ROLLBACK_SUCCESSFUL", "statusReason": "Service deployment rolled back because of the breaker."},
            {"status": "STOPPED", "statusReason": "older"},
        ]
    }
    said = ecs.why_rolled_back(ecs.clients("us-east-1"), CLUSTER, BACKEND)
    assert said == "Service deployment rolled back because of the breaker."


def test_a_deployment_that_succeeded_was_not_rolled_back(aws: FakeAws) -> None:
    aws.answers["ListServiceDeployments"] = {"serviceDeployments": [{"status": "SUCCESSFUL", "statusReason": "done"}]}
    assert ecs.why_rolled_back(ecs.clients("us-east-1"), CLUSTER, BACKEND) is None


def test_why_tasks_stopped_the_newest_first(aws: FakeAws) -> None:
    aws.answers["ListTasks"] = {"taskArns": [f"{ARN}:task/{CLUSTER}/{n}" for n in range(5)]}
    aws.answers["DescribeTasks"] = {
        "tasks": [
            {
                "taskArn": f"{ARN}:task/{CLUSTER}/{n}",
                "taskDefinitionArn": revision("backend", 7),
                "stoppedAt": 1_760_000_000 + n,
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "backend", "exitCode": 1, "reason": "OutOfMemoryError: killed"}],
            }
            for n in range(5)
        ]
    }
    stopped = ecs.stopped_tasks(ecs.clients("us-east-1"), CLUSTER, BACKEND)
    assert [task.task_id for task in stopped] == ["4", "3", "2"]
    assert stopped[0] == ecs.StoppedTask(
        task_id="4",
        revision="conducky-dev-backend:7",
        reason="Essential container in task exited; backend ended with exit code 1; backend: OutOfMemoryError: killed",
    )


def test_no_stopped_task_is_no_question(aws: FakeAws) -> None:
    aws.answers["ListTasks"] = {"taskArns": []}
    assert ecs.stopped_tasks(ecs.clients("us-east-1"), CLUSTER, BACKEND) == []
    assert aws.operations == ["ListTasks"], "ECS refuses DescribeTasks without tasks"


def test_the_last_lines_come_from_the_tasks_own_stream(aws: FakeAws) -> None:
    asked: list[dict[str, object]] = []

    def answer(request: dict[str, object]) -> dict[str, object]:
        asked.append(request)
        return {"events": [{"timestamp": 1, "message": "boom\x07\n"}]}

    aws.answers["GetLogEvents"] = answer
    assert ecs.last_lines(ecs.clients("us-east-1"), BACKEND, "backend", "abc") == ["boom\\x07"]
    assert (asked[0]["logGroupName"], asked[0]["logStreamName"]) == (BACKEND, "backend/backend/abc")


def test_a_refusal_is_one_sentence(aws: FakeAws) -> None:
    with pytest.raises(UserError) as caught, ecs.aws_errors():
        ecs.describe(ecs.clients("us-east-1"), CLUSTER, [BACKEND])
    said = str(caught.value)
    assert said.startswith("AWS could not be asked (An error occurred (AccessDeniedException)")
    assert said.endswith(": check the credentials and AWS_REGION")


def test_no_credentials_are_one_sentence(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(UserError, match="Unable to locate credentials"), ecs.aws_errors():
        ecs.describe(ecs.clients("us-east-1"), CLUSTER, [BACKEND])


def test_the_deployer_may_ask_all_of_it() -> None:
    """tests/iam proves that the deployer's policies allow what DAY_TWO lists."""
    source = Path(ecs.__file__).read_text(encoding="utf-8")
    asked = {f"{of}:{call.title().replace('_', '')}" for of, call in re.findall(r"aws\.(ecs|logs)\.(\w+)\(", source)}
    assert len(asked) >= 6
    assert asked <= {call for calls in DAY_TWO.values() for call in calls}
