"""Names and tags: one form for all, within AWS's limits, and no stack reaching into another."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.naming import LONGEST_PREFIX, Names, tags


def test_names_begin_with_project_and_stack() -> None:
    names = Names("conducky", "dev")
    assert names.prefix == "conducky-dev-"
    assert names.of("backend") == "conducky-dev-backend"
    assert names.parameter("backend", "JWT_SECRET") == "/conducky/dev/backend/JWT_SECRET"


def test_tags_say_whose_a_resource_is() -> None:
    assert tags(Names("conducky", "dev"), "platform") == {"Project": "conducky", "Stack": "dev", "Layer": "platform"}


@pytest.mark.parametrize("stack", ["dev", "prod", "pr12", "a"])
def test_these_are_stack_names(stack: str) -> None:
    assert Names("conducky", stack).prefix == f"conducky-{stack}-"


@pytest.mark.parametrize("stack", ["dev-2", "Dev", "2dev", "dev_2", "dev.2", "", "größe", "dev\n"])
def test_these_are_not(stack: str) -> None:
    """A hyphen would let the policies of `dev`, scoped by prefix, reach into `dev-2`."""
    with pytest.raises(UserError, match=r"must be lower-case letters and digits.*`pulumi stack rename dev`"):
        Names("conducky", stack)


def test_no_stacks_names_begin_like_anothers() -> None:
    assert not Names("conducky", "dev2").prefix.startswith(Names("conducky", "dev").prefix)


def test_the_longest_prefix_leaves_room_for_a_target_group() -> None:
    assert len(Names("a" * 14, "dev").of("frontend-1a2b")) == 32
    assert len(Names("a" * 14, "dev").prefix) == LONGEST_PREFIX


def test_one_character_more_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        Names("a" * 15, "dev")
    missing = [
        noun for noun in ("`aaaaaaaaaaaaaaa`", "`dev`", "18 characters", "17") if noun not in caught.value.problem
    ]
    assert missing == []
    assert "`pulumi -C LAYER config set projectName NAME --stack dev`" in caught.value.fix


def test_a_name_that_is_far_too_long_is_shortened() -> None:
    with pytest.raises(UserError) as caught:
        Names("a" * 5000, "dev")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("project", ["aws", "awsome", "ssm", "ssmall", "internal", "sg"])
def test_what_aws_reserves_for_itself_is_refused(project: str, begun: list[str]) -> None:
    """A parameter below /aws…, a load balancer internal-…, a security group sg-…: AWS refuses them half-way."""
    with pytest.raises(UserError, match=f"project name `{project}` .* AWS reserves"):
        evaluate("platform", config={"projectName": project})
    assert begun == []


@pytest.mark.parametrize("project", ["saws", "internals", "sgx", "shop"])
def test_what_only_resembles_it_is_fine(project: str) -> None:
    assert Names(project, "dev").project == project


def test_a_resources_own_tags_win(tmp_path: Path) -> None:
    program = """
import pulumi, pulumi_aws as aws
from conducky.layer import tag_everything
from conducky.naming import Names
tag_everything(Names("conducky", "dev"), "platform")
aws.ec2.SecurityGroup("plain")
aws.ec2.SecurityGroup("own", tags={"Layer": "mine", "Colour": "blue"})
"""
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "__main__.py").write_text(program)
    (tmp_path / "platform" / "Pulumi.dev.yaml").write_text("config: {}\n")
    made = evaluate("platform", root=tmp_path)
    group = "aws:ec2/securityGroup:SecurityGroup"
    common = {"Project": "conducky", "Stack": "dev", "Layer": "platform"}
    assert made.one(group, "plain").inputs["tags"] == common
    assert made.one(group, "own").inputs["tags"] == {**common, "Layer": "mine", "Colour": "blue"}
