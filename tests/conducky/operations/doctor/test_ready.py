"""`conducky deploy` first reports everything that it would otherwise find out after a quarter of an hour."""

import json
from pathlib import Path

import pytest

from conducky.operations.doctor import computer
from tests.conducky.operations.conftest import Run
from tests.fakes.aws_api import AwsApi
from tests.fakes.docker import docker
from tests.fakes.pulumi import FakePulumi

ZONES = [{"AvailabilityZone": f"us-east-1{zone}", "AvailabilityZoneId": f"use1-az{zone}"} for zone in "ab"]


@pytest.fixture(autouse=True)
def computer_that_can_deploy(pulumi: FakePulumi, api: AwsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(pulumi.binary.parent)
    monkeypatch.setattr(computer.platform, "machine", lambda: "x86_64")
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        monkeypatch.setenv(name, "fake-secret-of-32-characters-and-more")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr("conducky.operations.doctor.account.settings_of", lambda *_: _Any())  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    api.answer("ec2.DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1"}]})
    api.answer("ec2.DescribeSubnets", {"Subnets": ZONES})
    pulumi.answer("bootstrap", "output", out=json.dumps({"name_prefix": "conducky-dev-"}))
    # Proving the release is not what is tested here.
    monkeypatch.setattr("conducky.verification.verify.verify", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]


class _Any:
    """Settings that ask for nothing."""

    account_id = None
    availability_zones = None


def test_what_is_ready_is_deployed(pulumi: FakePulumi, run: Run) -> None:
    assert run("deploy", "--yes").code == 0
    assert [words.split()[1:3] for words in pulumi.changes] == [["platform", "up"], ["services", "up"]]


def broken(kind: str, pulumi: FakePulumi, api: AwsApi, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: PLR0911
    """Break one thing; returns what has to be in the message."""
    match kind:
        case "a secret is missing":
            monkeypatch.delenv("JWT_SECRET")
            return "JWT_SECRET"
        case "no docker":
            docker(pulumi.binary.parent, daemon=False)
            return "docker"
        case "no emulation":
            docker(pulumi.binary.parent, platforms="linux/amd64")
            return "binfmt --install arm64"
        case "no language host":
            pulumi.binary.with_name("pulumi-language-python").unlink()
            return "pulumi-language-python"
        case "no bootstrap":
            pulumi.answer("bootstrap", "output", out="{}")
            return "make deploy STACK=dev LAYER=bootstrap"
        case "no stack":
            pulumi.no_stack("services")
            return "-C services stack init --stack dev"
        case "no default VPC":
            api.answer("ec2.DescribeVpcs", {"Vpcs": []})
            return "create-default-vpc"
        case _:
            api.refuse("sts.GetCallerIdentity", "ExpiredToken")
            return "expired"


@pytest.mark.parametrize(
    "kind",
    [
        "a secret is missing",
        "no docker",
        "no emulation",
        "no language host",
        "no bootstrap",
        "no stack",
        "no default VPC",
        "expired credentials",
    ],
)
def test_it_is_reported_before_anything_is_created(
    pulumi: FakePulumi, api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    says = broken(kind, pulumi, api, monkeypatch)
    ran = run("deploy")
    assert ran.code == 1
    assert says in ran.err.replace("Docker", "docker")
    assert "nothing was deployed" in ran.err.splitlines()[-1]
    assert pulumi.changes == []


def test_a_misspelt_key_of_services_is_reported_with_its_line(
    pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from conducky import repository  # noqa: PLC0415
    from conducky.operations.doctor import settings  # noqa: PLC0415
    from conducky.settings.offline import settings_of  # noqa: PLC0415

    for layer in repository.LAYERS:
        (tmp_path / layer).mkdir()
        text = "config:\n  conducky-services:backendCuont: 2\n" if layer == "services" else "config: {}\n"
        (tmp_path / layer / "Pulumi.dev.yaml").write_text(text)
    monkeypatch.setattr(settings, "settings_of", lambda kind, stack: settings_of(kind, stack, tmp_path))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    monkeypatch.setattr(
        "conducky.operations.doctor.doctor.with_lines",
        lambda text, stack: repository.with_lines(text, stack, tmp_path),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    )
    ran = run("deploy", "--layer", "platform")
    assert "did you mean `backendCount`" in ran.err
    assert "delete line 2 of services/Pulumi.dev.yaml" in ran.err
    assert pulumi.changes == []


@pytest.mark.parametrize(("answer", "created"), [("", True), ("y", True), ("n", False)])
def test_a_missing_stack_is_created_after_asking(
    pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, *, created: bool
) -> None:
    pulumi.no_stack("services")
    pulumi.answer("services", "init", script='rm "$FAKE_ANSWERS"/services.*.code')
    monkeypatch.setattr("conducky.operations.doctor.doctor.is_interactive", lambda: True)
    monkeypatch.setattr("conducky.operations.doctor.doctor.ask", lambda *_: answer)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    ran = run("deploy")
    assert any("stack init --stack dev" in call.words for call in pulumi.calls) == created
    assert (ran.code == 0) == created
    assert bool(pulumi.changes) == created


def test_a_job_of_github_actions_does_not_ask_aws_again(api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run("deploy", "--yes").code == 0
    assert api.calls == []
