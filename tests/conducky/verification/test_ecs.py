"""What ECS says, read through the real boto3."""

import re
from pathlib import Path

import pytest

from conducky.verification import ecs
from tests.fakes.aws import FakeAws, deployment, revision, service
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


def test_the_newest_rollout_says_why_it_failed(aws: FakeAws) -> None:
    aws.rollout(
        revision("backend", 7),
        "ROLLBACK_SUCCESSFUL",
        rollback={"reason": "Service deployment rolled back because the circuit breaker was triggered."},
        deploymentCircuitBreaker={"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        alarms={"status": "TRIGGERED", "triggeredAlarmNames": ["conducky-dev-5xx"]},
    )
    rollout = ecs.last_deployment(ecs.clients("us-east-1"), CLUSTER, BACKEND)
    assert rollout
    assert rollout.failed
    for part in ("circuit breaker was triggered", "3 tasks failed", "alarm conducky-dev-5xx"):
        assert part in rollout.reason


@pytest.mark.parametrize(
    ("status", "succeeded", "failed"),
    [
        ("SUCCESSFUL", True, False),
        ("STOPPED", False, True),
        ("ROLLBACK_FAILED", False, True),
        ("IN_PROGRESS", False, False),
        ("STOP_REQUESTED", False, False),
        ("ROLLBACK_IN_PROGRESS", False, False),
    ],
)
def test_only_a_final_state_counts(aws: FakeAws, status: str, succeeded: bool, failed: bool) -> None:  # noqa: FBT001
    aws.rollout(revision("backend", 7), status)
    rollout = ecs.last_deployment(ecs.clients("us-east-1"), CLUSTER, BACKEND)
    assert rollout
    assert (rollout.succeeded, rollout.failed) == (succeeded, failed)


def test_a_revision_has_a_task_definition_and_digests(aws: FakeAws) -> None:
    aws.rollout(revision("backend", 7), digest="sha256:7")
    found = ecs.service_revision(ecs.clients("us-east-1"), "arn")
    assert found == ecs.ServiceRevision(revision("backend", 7), {"backend": "sha256:7"})


def test_what_ecs_keeps_no_more_is_none(aws: FakeAws) -> None:
    aws.answers["ListServiceDeployments"] = {"serviceDeployments": []}
    aws.answers["DescribeServiceRevisions"] = {"serviceRevisions": []}
    assert ecs.last_deployment(ecs.clients("us-east-1"), CLUSTER, BACKEND) is None
    assert ecs.service_revision(ecs.clients("us-east-1"), "arn") is None


def test_why_tasks_stopped_the_newest_first(aws: FakeAws) -> None:
    container = {"name": "backend", "exitCode": 1, "reason": "OutOfMemoryError: killed"}
    aws.stopped(
        *(
            {
                "taskDefinitionArn": revision("backend", 7),
                "stoppedAt": 1_760_000_000 + number,
                "stoppedReason": "Essential container in task exited",
                "containers": [container],
            }
            for number in range(12)
        )
    )
    stopped = ecs.stopped_tasks(ecs.clients("us-east-1"), CLUSTER, BACKEND)
    assert [task.task_id for task in stopped] == [str(number) for number in range(11, 1, -1)]
    assert stopped[0].revision == "conducky-dev-backend:7"
    assert stopped[0].reason.cause == "it ran out of memory"


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


def test_the_deployer_may_ask_all_of_it() -> None:
    """tests/iam proves that the deployer's policies allow what DAY_TWO lists."""
    source = Path(ecs.__file__).read_text(encoding="utf-8")
    calls = re.findall(r"clients\.(ecs|logs)\.(\w+)\(", source)
    asked = {f"{service}:{call.title().replace('_', '')}" for service, call in calls}
    assert len(asked) >= 8
    assert asked <= {call for calls in DAY_TWO.values() for call in calls}
