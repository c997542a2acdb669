"""What an exported state holds."""

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import exported, read_state
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
    assert exported(cli(pulumi), "platform") is None


def test_a_layer_is_deployed_once_it_has_outputs(pulumi: FakePulumi) -> None:
    assert exported(cli(pulumi), "platform") is None
    pulumi.deployed("platform")
    assert exported(cli(pulumi), "platform")


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
    assert raised.value.problem == "the state of platform cannot be read"
    assert raised.value.fix == "see what `pulumi -C platform stack export --stack dev` prints"


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
    assert raised.value.problem == "Pulumi is not logged in (error: PULUMI_ACCESS_TOKEN must be set)"
    assert raised.value.fix == "run `pulumi login`, or set PULUMI_ACCESS_TOKEN"


@pytest.mark.parametrize("text", ["hunter2", "[]", '"hunter2"'])
def test_outputs_that_cannot_be_read_are_not_quoted(pulumi: FakePulumi, text: str) -> None:
    pulumi.answer("platform", "output", out=text)
    with pytest.raises(UserError) as raised:
        exported(cli(pulumi), "platform")
    assert raised.value.problem == "the outputs of platform cannot be read"
    assert "`pulumi -C platform stack output --json --stack dev`" in raised.value.fix
