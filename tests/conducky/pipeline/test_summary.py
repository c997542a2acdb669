"""The job's summary: what helps to fix a failure, and no secret in it."""

from pathlib import Path

import pytest

from conducky.naming import Names
from conducky.pipeline.summary import Step, anchor, summarise
from conducky.verification.ecs import AwsClients, clients
from tests.conducky.engine.test_event_log import FAILURE, step, write
from tests.fakes.aws import ARN, FakeAws, deployment, revision, service
from tests.fakes.runner import SECRETS, Runner


def told(layer: str, outcome: str, log: Path | None = None, verb: str = "deploy") -> None:
    summarise(Step(verb, layer, "dev", outcome), log, Names("conducky", "dev"), lambda: clients("us-east-1"))


@pytest.fixture
def broken(aws: FakeAws) -> FakeAws:
    """A backend whose new revision does not start, and was rolled back."""
    failed = deployment(
        revision("backend", 7), status="ACTIVE", rolloutState="FAILED", rolloutStateReason="tasks failed"
    )
    aws.services(service("backend", deployment(revision("backend", 6)), failed))
    aws.answers["ListTasks"] = {"taskArns": [f"{ARN}:task/conducky-dev-cluster/0123456789ab"]}
    aws.answers["DescribeTasks"] = {
        "tasks": [
            {
                "taskArn": f"{ARN}:task/conducky-dev-cluster/0123456789ab",
                "taskDefinitionArn": revision("backend", 7),
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "backend", "exitCode": 1}],
            }
        ]
    }
    aws.answers["GetLogEvents"] = {
        "events": [{"message": f"connecting to postgresql://app:hunter2@db/x with {SECRETS['JWT_SECRET']}"}]
    }
    return aws


def test_success_says_what_changed(runner: Runner, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told("platform", "success", write(tmp_path, step("same", "a"), step("update", "b")))
    assert runner.summary.startswith("### ✅ platform/dev is deployed\n")
    assert "<summary>update 1</summary>" in runner.summary
    assert "update aws:ecs/service:Service b" in runner.summary
    assert capsys.readouterr().out == "", "no annotation where nothing is wrong"


def test_success_without_changes(runner: Runner, tmp_path: Path) -> None:
    told("platform", "success", write(tmp_path, step("same", "a")))
    assert "Nothing changed." in runner.summary


def test_a_failed_release_has_all_that_explains_it(
    runner: Runner, tmp_path: Path, broken: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    told("services", "failure", write(tmp_path, step("update", "b"), FAILURE))
    for part in (
        "### ❌ services/dev: deploy failed",
        "conducky-dev-backend: waiting for ECS Service: timeout",
        "Done before that: <details><summary>update 1</summary>",
        "#### conducky-dev-backend",
        "now: conducky-dev-backend:6, 1 of 1 tasks, completed",
        "before: conducky-dev-backend:7, 1 of 1 tasks, failed tasks failed",
        "(service conducky-dev-backend) is steady.",
        "its command failed (exit code 1)",
        "conducky-dev-backend:7 (01234567): Essential container in task exited; backend ended with exit code 1",
        "connecting to postgresql://***@db/x with ***",
        "[docs/pipeline-failures.md](https://github.example/acme/conducky/blob/0123456789abcdef/docs/pipeline-failures.md#services-fails)",
    ):
        assert part in runner.summary, f"{part!r} is missing in:\n{runner.summary}"
    assert capsys.readouterr().out == (
        "::error title=services/dev%3A deploy failed::conducky-dev-backend: waiting for ECS Service: timeout\n"
    )


def test_no_secret_is_in_it(runner: Runner, tmp_path: Path, broken: FakeAws) -> None:
    told("services", "failure", write(tmp_path, FAILURE))
    assert "hunter2" not in runner.summary
    for name, value in SECRETS.items():
        assert value not in runner.summary, name


def test_a_release_that_is_not_live_shows_ecs_as_well(runner: Runner, broken: FakeAws) -> None:
    """Pulumi itself did not fail, so its log has no cause."""
    told("services", "failure")
    assert "### ❌ services/dev: deploy failed" in runner.summary
    assert "Why tasks stopped" in runner.summary
    assert "#services-fails" in runner.summary


def test_a_failed_platform_needs_nothing_from_ecs(runner: Runner, aws: FakeAws, tmp_path: Path) -> None:
    told("platform", "failure", write(tmp_path, FAILURE))
    assert aws.operations == []
    assert "#platform-fails" in runner.summary


def test_without_an_answer_from_aws_the_rest_is_there(runner: Runner, aws: FakeAws, tmp_path: Path) -> None:
    told("services", "failure", write(tmp_path, FAILURE))
    assert "waiting for ECS Service: timeout" in runner.summary
    assert "ECS could not be read:" in runner.summary
    assert "not authorized to perform: DescribeServices" in runner.summary


def test_what_may_not_be_read_is_said_in_its_place(runner: Runner, broken: FakeAws) -> None:
    del broken.answers["GetLogEvents"]
    told("services", "failure")
    assert "Essential container in task exited" in runner.summary
    assert "not authorized to perform: GetLogEvents" in runner.summary


def test_clients_that_cannot_be_made_are_no_second_failure(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from conducky.environment import region  # noqa: PLC0415

    monkeypatch.delenv("AWS_REGION")

    def make() -> AwsClients:
        return clients(region())

    summarise(Step("deploy", "services", "dev", "failure"), None, Names("conducky", "dev"), make)
    assert "AWS_REGION is not set" in runner.summary


def test_no_service_yet(runner: Runner, aws: FakeAws) -> None:
    aws.services()
    told("services", "failure")
    assert "The cluster `conducky-dev-cluster` has no services yet." in runner.summary


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("cancelled", "### ❌ platform/dev: deploy was cancelled"), ("skipped", "platform/dev: deploy was skipped")],
)
def test_other_ends(runner: Runner, outcome: str, said: str) -> None:
    told("platform", outcome)
    assert said in runner.summary


@pytest.mark.parametrize(("verb", "layer"), [("deploy", "platform"), ("deploy", "services"), ("destroy", "services")])
def test_the_page_has_the_heading_that_is_linked(verb: str, layer: str) -> None:
    from conducky.repository import ROOT  # noqa: PLC0415

    heading = anchor(Step(verb, layer, "dev", "failure")).replace("-", " ")
    page = (ROOT / "docs" / "pipeline-failures.md").read_text(encoding="utf-8").lower()
    assert f"\n## {heading}\n" in page
