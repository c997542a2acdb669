"""`conducky verify` as a whole: its words, its exit code, and what it hands to GitHub."""

import json
import os
from pathlib import Path

import pytest

from conducky.evaluation.evaluate import Evaluation
from tests.conducky.verification.conftest import FakeApplications
from tests.fakes.aws import FakeAws, deployment, service
from tests.fakes.pulumi import FakePulumi, fake_pulumi
from tests.preloaded import Done, conducky


@pytest.fixture
def pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: Evaluation, applications: FakeApplications
) -> FakePulumi:
    made = fake_pulumi(tmp_path, monkeypatch)
    outputs = services.exports | {"frontend_url": applications.address, "backend_url": applications.address}
    made.answer("services", "output", out=json.dumps(outputs))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return made


def verify(*options: str, **variables: str) -> Done:
    return conducky("verify", *options, environment={**os.environ, **variables})


def both(services: Evaluation, **more: object) -> list[dict[str, object]]:
    return [
        service(name, deployment(services.exports[f"{name}_task_definition_arn"], **more))
        for name in ("backend", "frontend")
    ]


def test_a_live_release(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation, applications: FakeApplications, tmp_path: Path
) -> None:
    aws.services(*both(services))
    result = verify(GITHUB_OUTPUT=str(tmp_path / "output"))
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) == 6
    assert lines[1] == f"✓ backend answers at {applications.address}/api/status as build-7"
    assert lines[3] == f"✓ frontend answers at {applications.address}/ as build-7"
    assert lines[4].endswith("run `conducky administrator-link --stack dev`")
    assert "without HTTPS" in lines[5]
    assert f"\n{applications.address}\n" in (tmp_path / "output").read_text(), "the address of GitHub's deployment"


def test_json_has_the_proof_and_nothing_else_is_printed(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation, applications: FakeApplications
) -> None:
    aws.services(*both(services))
    result = verify("--json", GITHUB_ACTIONS="true")
    assert result.returncode == 0, result.stderr
    proven = json.loads(result.stdout)
    assert (proven["stack"], proven["url"]) == ("dev", applications.address)
    assert set(proven["images"]) == {"backend", "frontend"}
    assert any("answers" in proof for proof in proven["proofs"])


def test_the_images_of_a_live_release_are_kept(pulumi: FakePulumi, aws: FakeAws, services: Evaluation) -> None:
    aws.services(*both(services))
    assert verify().returncode == 0
    assert aws.server
    asked = [each for each in aws.server.asked if each.headers.get("X-Amz-Target", "").endswith(".PutImage")]
    put = [each.content for each in asked]
    assert [each["repositoryName"] for each in put] == ["conducky-dev-backend", "conducky-dev-frontend"]
    assert all(each["imageTag"].startswith("live-") for each in put)
    assert [f"@{each['imageDigest']}" in services.exports["backend_image"] for each in put] == [True, False]


def test_a_release_is_live_even_if_its_images_cannot_be_tagged(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation
) -> None:
    aws.services(*both(services))
    del aws.answers["PutImage"]
    result = verify()
    assert result.returncode == 0
    assert "not allowed to tag the live images in ECR" in result.stdout


def test_the_images_of_a_release_that_is_not_live_are_not(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation
) -> None:
    aws.services(*both(services, rolloutState="FAILED", rolloutStateReason="tasks failed to start."))
    assert verify("--limit", "1").returncode == 1
    assert "PutImage" not in aws.operations


def test_a_release_that_is_not_live_is_exit_1_with_ecs_events(
    pulumi: FakePulumi, aws: FakeAws, services: Evaluation
) -> None:
    aws.services(*both(services, rolloutState="FAILED", rolloutStateReason="tasks failed to start."))
    result = verify("--limit", "1", GITHUB_ACTIONS="true")
    assert result.returncode == 1
    assert "is steady." in result.stdout
    assert "::error title=Release of dev::backend: the deployment of " in result.stdout
    assert result.stderr.startswith("✗ backend: the deployment of ")
    assert "Traceback" not in result.stderr


def test_nothing_deployed(pulumi: FakePulumi, aws: FakeAws) -> None:
    pulumi.no_stack("services")
    result = verify()
    assert (result.returncode, result.stderr) == (
        1,
        "✗ services/dev is not deployed: run `make deploy STACK=dev` first\n",
    )


def test_no_region(pulumi: FakePulumi, aws: FakeAws) -> None:
    result = verify(AWS_REGION="")
    assert result.returncode == 1
    assert result.stderr.startswith("✗ AWS_REGION is not set")
