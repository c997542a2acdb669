"""Is it live? Rolled back, half there, not answering and answering as another revision are all told apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.settings.services import ServicesSettings
from conducky.verification import ecs
from conducky.verification.release import Expected, NotLiveError, ReleaseCheck, expected_services
from tests.conducky.verification.conftest import FakeApplications
from tests.fakes.aws import FakeAws, deployment, revision, service
from tests.fakes.web_server import Answer

CLUSTER = "conducky-dev-cluster"
DIGEST = "sha256:7"
Prove = Callable[..., list[str]]


@pytest.fixture
def prove(aws: FakeAws, applications: FakeApplications) -> Prove:
    """Prove the backend's revision 7, with no real waiting; `limit` in seconds, none unless given."""

    def run(limit: float = 0, name: str = "backend") -> list[str]:
        expected = Expected(
            name, f"conducky-dev-{name}", revision(name, 7), DIGEST, f"conducky-dev-{name}", applications.address
        )
        with httpx.Client() as http:
            check = ReleaseCheck(ecs.clients("us-east-1"), http, CLUSTER, limit, sleep=lambda _: None)
            return list(check.prove([expected]))

    return run


def not_live(prove: Prove) -> NotLiveError:
    with pytest.raises(NotLiveError) as caught:
        prove()
    return caught.value


def test_a_release_that_is_live(aws: FakeAws, applications: FakeApplications, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    assert prove() == [
        "backend runs conducky-dev-backend:7 in 1 of 1 tasks",
        f"backend answers at {applications.address}/api/status as build-7",
    ]
    assert applications.paths == ["/api/status"] * 3, "one answer may come from a task that is leaving"


def test_the_frontend_answers_at_its_page(aws: FakeAws, applications: FakeApplications, prove: Prove) -> None:
    aws.services(service("frontend", deployment(revision("frontend", 7))))
    prove(name="frontend")
    assert applications.paths[0] == "/"


def test_a_worker_is_proven_by_ecs_alone(
    aws: FakeAws, applications: FakeApplications, evaluate_services: Callable[..., Evaluation]
) -> None:
    made = evaluate_services(config={"worker": '{"command": ["node", "worker.js"]}'})
    *_, worker = expected_services(made.exports, "dev")
    assert (worker.service, worker.url) == ("worker", "")
    aws.services(service("worker", deployment(worker.task_definition)))
    with httpx.Client() as http:
        check = ReleaseCheck(ecs.clients("us-east-1"), http, CLUSTER, 0, sleep=lambda _: None)
        assert list(check.prove([worker])) == ["worker runs conducky-dev-worker:1 in 1 of 1 tasks"]
    assert applications.paths == []


def test_the_rollout_and_its_image_are_compared(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    aws.rollout(revision("backend", 7), digest=DIGEST)
    assert prove()[0] == "backend runs conducky-dev-backend:7 in 1 of 1 tasks"


def test_another_image_under_the_same_revision_is_not_it(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    aws.rollout(revision("backend", 7), digest="sha256:6")
    assert "runs the image sha256:6 and not sha256:7" in not_live(prove).problem


def test_a_rollback_says_why_and_what_to_do(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 6))))
    breaker = {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    aws.rollout(revision("backend", 7), "ROLLBACK_SUCCESSFUL", deploymentCircuitBreaker=breaker)
    failed = {"taskDefinitionArn": revision("backend", 7), "containers": [{"name": "backend", "exitCode": 1}]}
    replaced = {"taskDefinitionArn": revision("backend", 6), "stopCode": "ServiceSchedulerInitiated"}
    aws.stopped(replaced, failed, failed, log=["migrating", "Error: P3009", "npm notice new"])
    error = not_live(prove)
    assert error.problem == (
        "backend was rolled back, it runs conducky-dev-backend:6 and not conducky-dev-backend:7 (3 tasks failed): "
        'its command failed (exit code 1); its log says "Error: P3009"'
    )
    assert "prisma migrate resolve" in error.fix
    lines = list(error.diagnosis.lines())
    assert lines[0] == "2 tasks stopped: its command failed (exit code 1)"
    assert any(line.endswith("is steady.") for line in lines), "what a rollback looks like to those who only wait"


def test_a_rollback_of_a_release_that_was_never_exported_names_that_one(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    aws.rollout(revision("backend", 8), "ROLLBACK_SUCCESSFUL")
    assert "it runs conducky-dev-backend:7 and not conducky-dev-backend:8" in not_live(prove).problem


def test_a_rollout_is_waited_for_until_its_final_state(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    aws.rollout(revision("backend", 7), "ROLLBACK_IN_PROGRESS")
    assert "not live after 0 s (its deployment is being rolled back)" in not_live(prove).problem
    aws.rollout(revision("backend", 7), "PENDING")
    assert "its deployment is pending" in not_live(prove).problem


def test_the_log_is_that_of_the_first_failed_task(aws: FakeAws, prove: Prove) -> None:
    """After a migration that failed, the later tasks only say that there is a failed one."""
    aws.services(service("backend", deployment(revision("backend", 6))))
    aws.rollout(revision("backend", 7), "ROLLBACK_SUCCESSFUL")
    failed = {"taskDefinitionArn": revision("backend", 7), "containers": [{"name": "backend", "exitCode": 1}]}
    aws.stopped(*({**failed, "stoppedAt": 1_760_000_000 + second} for second in (20, 0, 40)))

    def log(request: dict[str, Any]) -> dict[str, Any]:
        first = request["logStreamName"].endswith("/1")
        return {"events": [{"message": 'Error: relation "reports" exists' if first else "Error: P3009"}]}

    aws.answers["GetLogEvents"] = log
    assert 'its log says "Error: relation "reports" exists"' in not_live(prove).problem


def test_a_stopped_rollout_is_told_apart(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 6))))
    aws.rollout(revision("backend", 7), "STOPPED")
    assert "backend was stopped" in not_live(prove).problem


def test_a_secret_in_the_log_is_not_in_the_error(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 6))))
    aws.rollout(revision("backend", 7), "ROLLBACK_SUCCESSFUL")
    failed = {"taskDefinitionArn": revision("backend", 7), "containers": [{"name": "backend", "exitCode": 1}]}
    aws.stopped(failed, log=["connecting to postgresql://app:hunter2@db/x"])
    error = not_live(prove)
    assert "its log ends with" in error.problem
    assert "hunter2" not in "\n".join([error.problem, *error.diagnosis.lines()])


def test_no_capacity_is_read_from_the_events(aws: FakeAws, prove: Prove) -> None:
    event = "(service x) was unable to place a task. Reason: Capacity is unavailable at this time."
    events = [{"id": "1", "createdAt": 1_760_000_000, "message": event}]
    aws.services(service("backend", deployment(revision("backend", 7), runningCount=0), events=events))
    error = not_live(prove)
    assert "no capacity" in error.problem
    assert "on-demand" in error.fix


def test_what_aws_does_not_show_is_said_and_hides_nothing(aws: FakeAws, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 6))))
    aws.rollout(revision("backend", 7), "ROLLBACK_SUCCESSFUL")
    del aws.answers["ListTasks"]
    error = not_live(prove)
    assert "was rolled back" in error.problem
    assert any("not allowed to read the stopped tasks of backend" in line for line in error.diagnosis.lines())


@pytest.mark.parametrize("known", [True, False])
def test_a_later_deployment_is_not_called_a_rollback(aws: FakeAws, prove: Prove, known: bool) -> None:  # noqa: FBT001
    aws.services(service("backend", deployment(revision("backend", 8))))
    if known:
        aws.rollout(revision("backend", 8))
    assert not_live(prove).problem == (
        "backend runs conducky-dev-backend:8 and not conducky-dev-backend:7: something else has been deployed since"
    )


def test_a_failed_deployment(aws: FakeAws, prove: Prove) -> None:
    failed = deployment(revision("backend", 7), rolloutState="FAILED", rolloutStateReason="tasks failed to start.")
    aws.services(service("backend", failed))
    assert "the deployment of conducky-dev-backend:7 failed (tasks failed to start.)" in str(not_live(prove))


@pytest.mark.parametrize("found", [None, service("backend", status="INACTIVE")])
def test_no_such_service(aws: FakeAws, prove: Prove, found: dict[str, Any] | None) -> None:
    aws.services(*([found] if found else []))
    assert not_live(prove).problem == "backend: ECS has no service conducky-dev-backend in conducky-dev-cluster"


def test_too_few_tasks(aws: FakeAws, prove: Prove) -> None:
    half = deployment(revision("backend", 7), desiredCount=2)
    old = deployment(revision("backend", 6), status="ACTIVE")
    aws.services(service("backend", half, old, desiredCount=2, pendingCount=1))
    assert not_live(prove).problem == (
        "backend is not live after 0 s (1 of 2 tasks run conducky-dev-backend:7, 1 are starting, "
        "and an older revision is not gone yet)"
    )


def test_what_is_still_under_way_is_waited_for(aws: FakeAws, applications: FakeApplications, prove: Prove) -> None:
    done = service("backend", deployment(revision("backend", 7)))
    waiting = [service("backend", deployment(revision("backend", 7), runningCount=0), runningCount=0)] * 2
    aws.answers["DescribeServices"] = lambda _: {"services": [waiting.pop() if waiting else done]}
    applications.answers = [Answer("old", headers={"X-Revision": "build-6"}), *applications.answers]
    assert len(prove(60)) == 2
    assert waiting == []
    assert len(applications.paths) == 4, "the old task's answer does not count"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("x", 503, {"X-Revision": "build-7"}), "/api/status answers 503"),
        (Answer("x", headers={"X-Revision": "build-6"}), "/api/status is answered by build-6 and not by build-7"),
    ],
)
def test_a_wrong_answer(aws: FakeAws, applications: FakeApplications, prove: Prove, answer: Answer, said: str) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    applications.answers = [answer]
    assert not_live(prove).problem == f"backend is not live after 0 s ({applications.address}{said})"


def test_an_application_that_names_no_revision_is_proven_by_ecs_alone(
    aws: FakeAws, applications: FakeApplications, prove: Prove
) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    aws.rollout(revision("backend", 7), digest=DIGEST)
    applications.answers = [Answer("x")]
    assert prove()[1] == f"backend answers at {applications.address}/api/status"


def test_two_right_answers_and_a_wrong_one_are_not_enough(
    aws: FakeAws, applications: FakeApplications, prove: Prove
) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    right, wrong = applications.answers[0], Answer("x", headers={"X-Revision": "build-6"})
    applications.answers = [right, right, wrong, wrong]
    assert "is answered by build-6" in str(not_live(prove))


def test_nobody_there(aws: FakeAws, applications: FakeApplications, prove: Prove) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    applications.address = "http://127.0.0.1:1"
    assert "http://127.0.0.1:1/api/status does not answer (" in str(not_live(prove))


def test_a_service_that_is_switched_off_need_not_answer(
    aws: FakeAws, applications: FakeApplications, prove: Prove
) -> None:
    off = deployment(revision("backend", 7), desiredCount=0, runningCount=0)
    aws.services(service("backend", off, desiredCount=0, runningCount=0))
    said = prove()[1]
    assert said.startswith("backend answers nothing")
    assert "`conducky start --stack dev`" in said
    assert applications.paths == []


def test_what_is_expected_comes_from_the_contract(services: Evaluation) -> None:
    backend, frontend = expected_services(services.exports, "dev")
    assert backend.name == services.exports["backend_service_name"]
    assert backend.task_definition == services.exports["backend_task_definition_arn"]
    assert frontend.url == services.exports["frontend_url"]


def test_an_older_contract_is_one_sentence(services: Evaluation) -> None:
    outputs = {name: value for name, value in services.exports.items() if name != "backend_task_definition_arn"}
    with pytest.raises(UserError) as caught:
        expected_services(outputs, "dev")
    assert str(caught.value) == (
        "services/dev exports no `backend_task_definition_arn`: run `make deploy STACK=dev LAYER=services` first"
    )


def test_another_application_is_asked_where_the_rehearsal_asked_it(tmp_path: Path, services: Evaluation) -> None:
    settings = ServicesSettings.model_validate({"backend": {"paths": ["/v1/*"]}})
    found = {each.service: each.path for each in expected_services(services.exports, "dev", settings, tmp_path)}
    assert found == {"frontend": "/", "backend": "/v1/-"}
    sample = {each.service: each.path for each in expected_services(services.exports, "dev", settings)}
    assert sample == {"frontend": None, "backend": None}


@pytest.mark.parametrize(("status", "ok"), [(404, True), (500, False)])
def test_its_backend_may_answer_anything_but_an_error_of_its_own(
    aws: FakeAws, applications: FakeApplications, status: int, *, ok: bool
) -> None:
    aws.services(service("backend", deployment(revision("backend", 7))))
    applications.answers = [Answer("x", status)]
    expected = Expected(
        "backend", "conducky-dev-backend", revision("backend", 7), DIGEST, "x", applications.address, "/v1/"
    )
    with httpx.Client() as http:
        check = ReleaseCheck(ecs.clients("us-east-1"), http, CLUSTER, 0, sleep=lambda _: None)
        if ok:
            assert list(check.prove([expected]))[1] == f"backend answers at {applications.address}/v1/"
        else:
            with pytest.raises(NotLiveError, match=f"answers {status}"):
                list(check.prove([expected]))
