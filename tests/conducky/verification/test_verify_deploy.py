"""`conducky deploy` ends with the proof, or with why there is none."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.evaluation.evaluate import Evaluation
from conducky.verification.release import NotLiveError
from conducky.verification.verify import deploy_and_prove
from tests.conducky.verification.conftest import FakeApplications
from tests.fakes.aws import FakeAws, deployment, revision, service
from tests.fakes.pulumi import FakePulumi, fake_pulumi


@pytest.fixture
def pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: Evaluation, applications: FakeApplications
) -> FakePulumi:
    made = fake_pulumi(tmp_path, monkeypatch)
    outputs = services.exports | {"frontend_url": applications.address, "backend_url": applications.address}
    made.answer("services", "output", out=json.dumps(outputs))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return made


def run(pulumi: FakePulumi, layer: str | None = None) -> tuple[int, str]:
    said = Console(file=io.StringIO(), width=200)
    cli = PulumiCli(Selection.of("dev", layer), pulumi.root)
    code = deploy_and_prove(cli, [], said, said, yes=True)
    assert isinstance(said.file, io.StringIO)
    return code, said.file.getvalue()


def live(aws: FakeAws, services: Evaluation) -> None:
    names = ("backend", "frontend")
    aws.services(*(service(each, deployment(services.exports[f"{each}_task_definition_arn"])) for each in names))


def test_a_deployment_ends_with_the_proof(pulumi: FakePulumi, aws: FakeAws, services: Evaluation) -> None:
    live(aws, services)
    code, said = run(pulumi)
    assert code == 0
    assert "✓ backend answers at" in said
    assert "✓ frontend answers at" in said


def test_what_pulumi_calls_done_and_is_not_live_fails(pulumi: FakePulumi, aws: FakeAws, services: Evaluation) -> None:
    live(aws, services)
    aws.rollout(services.exports["backend_task_definition_arn"], "ROLLBACK_SUCCESSFUL")
    with pytest.raises(NotLiveError):
        run(pulumi)


def test_in_github_actions_it_is_the_same_and_at_the_top_of_the_run(
    pulumi: FakePulumi,
    aws: FakeAws,
    services: Evaluation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Were it a job of its own, running the failed jobs again would repeat the proof and never the release."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    live(aws, services)
    assert "✓ frontend answers at" in run(pulumi)[1]
    aws.rollout(services.exports["backend_task_definition_arn"], "ROLLBACK_SUCCESSFUL")
    with pytest.raises(NotLiveError):
        run(pulumi, "services")
    assert "::error title=Release of dev::backend" in capsys.readouterr().out


def test_platform_alone_proves_nothing(pulumi: FakePulumi, aws: FakeAws) -> None:
    assert run(pulumi, "platform")[0] == 0
    assert aws.operations == []


def test_a_failed_deployment_is_explained(pulumi: FakePulumi, aws: FakeAws) -> None:
    pulumi.answer("services", "up", code=255)
    aws.services(service("backend", deployment(revision("backend", 6))))
    aws.rollout(revision("backend", 7), "ROLLBACK_SUCCESSFUL")
    failed = {"taskDefinitionArn": revision("backend", 7), "containers": [{"name": "backend", "exitCode": 137}]}
    aws.stopped({**failed, "stoppedReason": "OutOfMemoryError: Container killed"})
    code, said = run(pulumi)
    assert code == 255
    assert "backend: the last deployment did not succeed" in said
    assert "1 task stopped: it ran out of memory" in said
    assert "what to do: raise `backendMemory`" in said


def test_a_deployment_that_failed_before_ecs_blames_no_service(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation
) -> None:
    pulumi.answer("services", "up", code=255)
    live(aws, services)
    aws.rollout(services.exports["backend_task_definition_arn"])
    _, said = run(pulumi)
    assert "did not succeed" not in said


def test_an_explanation_that_fails_hides_no_exit_code(pulumi: FakePulumi, aws: FakeAws) -> None:
    pulumi.answer("services", "up", code=3)
    code, said = run(pulumi)
    assert code == 3
    assert "read why the release failed" in said


def test_an_interrupted_deployment_asks_nothing(pulumi: FakePulumi, aws: FakeAws) -> None:
    pulumi.answer("platform", "up", code=130)
    assert run(pulumi)[0] == 130
    assert aws.operations == []
