"""What an exported state says."""

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import is_deployed, read_state
from conducky.errors import UserError
from tests.fakes.pulumi import FakePulumi, resource


def cli(pulumi: FakePulumi) -> PulumiCli:
    return PulumiCli(Selection("dev"), pulumi.root)


def test_only_what_is_in_aws_counts(pulumi: FakePulumi) -> None:
    pulumi.deployed(
        "platform",
        resource("aws:rds/instance:Instance", "database"),
        resource("aws:ec2/vpc:Vpc", "default", external=True),
        resource("conducky:platform:Database", "database") | {"custom": False},
    )
    state = read_state(cli(pulumi), "platform")
    assert state is not None
    assert state.count == 1
    assert len(state.resources) == 5, "Pulumi's own are to be destroyed as well, they are only not counted"


@pytest.mark.parametrize("text", ['{"version": 3, "deployment": {}}', '{"deployment": null}', "{}"])
def test_an_empty_stack_holds_nothing(pulumi: FakePulumi, text: str) -> None:
    pulumi.answer("platform", "export", out=text)
    state = read_state(cli(pulumi), "platform")
    assert state is not None
    assert state.resources == ()


def test_a_missing_stack_is_none_and_not_deployed(pulumi: FakePulumi) -> None:
    pulumi.no_stack("platform")
    assert read_state(cli(pulumi), "platform") is None
    assert not is_deployed(cli(pulumi), "platform")


def test_a_layer_is_deployed_once_it_has_outputs(pulumi: FakePulumi) -> None:
    assert not is_deployed(cli(pulumi), "platform")
    pulumi.deployed("platform")
    assert is_deployed(cli(pulumi), "platform")


@pytest.mark.parametrize(
    "properties",
    [
        {"protect": True},
        {"inputs": {"deletionProtection": True}},
        {"outputs": {"deletionProtection": True}},
        {"inputs": {"enableDeletionProtection": True}, "outputs": {"enableDeletionProtection": False}},
    ],
)
def test_protected_is_what_pulumi_or_aws_would_not_delete(pulumi: FakePulumi, properties: dict[str, object]) -> None:
    pulumi.deployed("platform", resource("aws:x", "this"), resource("aws:y", "that", **properties))
    state = read_state(cli(pulumi), "platform")
    assert state is not None
    assert state.protected == ["that"]


def test_a_state_that_cannot_be_read_is_not_quoted(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "export", out='{"deployment": "hunter2"}')
    with pytest.raises(UserError) as raised:
        read_state(cli(pulumi), "platform")
    assert str(raised.value) == (
        "the state of platform cannot be read: see what `pulumi -C platform stack export --stack dev` prints"
    )


def test_a_question_that_fails_ends_with_pulumis_last_line(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "export", err="warning: slow\nerror: 503 Service Unavailable\n", code=1)
    with pytest.raises(UserError) as raised:
        read_state(cli(pulumi), "platform")
    assert str(raised.value) == (
        "`pulumi -C platform stack export --stack dev` failed with exit code 1 (error: 503 Service Unavailable)"
    )


def test_not_logged_in_is_one_sentence(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "export", err="error: PULUMI_ACCESS_TOKEN must be set\n", code=3)
    with pytest.raises(UserError) as raised:
        read_state(cli(pulumi), "platform")
    assert str(raised.value) == (
        "Pulumi is not logged in: run `pulumi login`, or set PULUMI_ACCESS_TOKEN "
        "(error: PULUMI_ACCESS_TOKEN must be set)"
    )
