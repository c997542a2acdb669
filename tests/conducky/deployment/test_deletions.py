"""A deployment of a protected stack deletes no data by the way: it stops before anything is changed."""

import json

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.deployment.deploy import deploy
from conducky.errors import UserError
from tests.fakes.pulumi import FakePulumi

ERRORS = Console(stderr=True)
DATABASE = "conducky:platform:Database$aws:rds/instance:Instance::conducky-dev-database"
BALANCER = "conducky:platform:LoadBalancer$aws:lb/loadBalancer:LoadBalancer::conducky-dev-api"
CDN = "conducky:platform:Distribution$aws:cloudfront/distribution:Distribution::conducky-dev-cdn"
BUCKET = "conducky:platform:AccessLogs$aws:s3/bucket:Bucket::conducky-dev-access-logs"
LOGS = "aws:cloudwatch/logGroup:LogGroup::conducky-dev-backend"
GROUP = "aws:ec2/securityGroup:SecurityGroup::conducky-dev-frontend"


def would(pulumi: FakePulumi, layer: str, **steps: str) -> None:
    """What a preview of the layer says: an operation on each resource."""
    found = [{"op": op, "urn": f"urn:pulumi:dev::conducky-{layer}::{urn}"} for op, urn in steps.items()]
    pulumi.answer(layer, "preview", out=json.dumps({"steps": found}))


def run(pulumi: FakePulumi, layer: str, *options: str, allow_deletion: bool = False) -> int:
    cli = PulumiCli(Selection.of("dev", layer), pulumi.root)
    return deploy(cli, options, ERRORS, yes=True, allow_deletion=allow_deletion)


def ups(pulumi: FakePulumi) -> list[str]:
    return [call for call in pulumi.changes if " up " in call]


@pytest.fixture(params=["platform's settings", "what bootstrap gave the deployer"])
def protected(request: pytest.FixtureRequest, pulumi: FakePulumi) -> FakePulumi:
    if request.param == "platform's settings":
        (pulumi.root / "platform").mkdir(exist_ok=True)
        settings = "config:\n  conducky-platform:deletionProtection: true\n"
        (pulumi.root / "platform" / "Pulumi.dev.yaml").write_text(settings)
    else:
        pulumi.answer("bootstrap", "output", out='{"is_protected": true}')
    return pulumi


@pytest.mark.parametrize(
    ("layer", "urn", "named"),
    [
        ("platform", DATABASE, "the database conducky-dev-database"),
        ("platform", BALANCER, "the load balancer conducky-dev-api"),
        ("platform", CDN, "the distribution conducky-dev-cdn"),
        ("platform", BUCKET, "the bucket conducky-dev-access-logs"),
        ("services", LOGS, "the log group conducky-dev-backend"),
    ],
)
@pytest.mark.parametrize("operation", ["delete", "replace", "delete-replaced"])
def test_it_stops_before_and_names_the_command(
    protected: FakePulumi, layer: str, urn: str, named: str, operation: str
) -> None:
    would(protected, layer, **{"same": GROUP, operation: urn})
    with pytest.raises(UserError, match="nothing was changed: dev is protected") as caught:
        run(protected, layer)
    assert named in caught.value.problem
    assert f"make deploy STACK=dev LAYER={layer} ARGS=--allow-deletion" in caught.value.fix
    assert "`destroy_role_arn`" in caught.value.fix
    assert ups(protected) == []


def test_an_admin_says_that_it_is_meant(protected: FakePulumi) -> None:
    would(protected, "platform", delete=DATABASE)
    assert run(protected, "platform", allow_deletion=True) == 0
    assert len(ups(protected)) == 1
    assert "--allow-deletion" not in ups(protected)[0]


@pytest.mark.parametrize(("operation", "urn"), [("delete", GROUP), ("update", DATABASE), ("create", BALANCER)])
def test_other_changes_are_deployed(protected: FakePulumi, operation: str, urn: str) -> None:
    would(protected, "platform", **{operation: urn})
    assert run(protected, "platform") == 0
    assert len(ups(protected)) == 1


def test_a_database_that_only_leaves_the_state_is_not_deleted(protected: FakePulumi) -> None:
    step = {"op": "delete", "urn": f"urn:pulumi:dev::conducky-platform::{DATABASE}"}
    protected.answer("platform", "preview", out=json.dumps({"steps": [{**step, "oldState": {"retainOnDelete": True}}]}))
    assert run(protected, "platform") == 0
    assert len(ups(protected)) == 1


def test_the_preview_gets_the_options_that_change_what_happens(protected: FakePulumi) -> None:
    would(protected, "platform", same=GROUP)
    run(protected, "platform", "--event-log", "events.json", "--target", "urn:x", "--skip-preview")
    (preview,) = [call for call in protected.changes if " preview " in call]
    assert "--target urn:x" in preview
    assert "events.json" not in preview
    assert "--skip-preview" not in preview


def test_a_preview_that_fails_is_left_to_the_deployment(protected: FakePulumi) -> None:
    protected.answer("platform", "preview", err="error: the program is wrong\n", code=255)
    assert run(protected, "platform") == 0
    assert len(ups(protected)) == 1


def test_an_unprotected_stack_is_its_deployers(pulumi: FakePulumi) -> None:
    would(pulumi, "platform", delete=DATABASE)
    assert run(pulumi, "platform") == 0
    assert len(ups(pulumi)) == 1
    assert [call for call in pulumi.changes if " preview " in call] == []


def test_protection_that_bootstrap_does_not_know_of_yet_is_said(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    (pulumi.root / "platform").mkdir(exist_ok=True)
    (pulumi.root / "platform" / "Pulumi.dev.yaml").write_text("config: {conducky-platform:deletionProtection: true}\n")
    pulumi.answer("bootstrap", "output", out='{"is_protected": false}')
    assert run(pulumi, "platform") == 0
    assert "make deploy STACK=dev LAYER=bootstrap" in " ".join(capsys.readouterr().err.split())
