"""A third stack, in another region, by copying one file: its names, its region and its protection are its own."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import LAYERS, environment
from tests.scenarios.deployment import QUIET, STAYS, assert_released, rehearsed, up, wait_for_both
from tests.scenarios.repository import copy_of

pytestmark = [pytest.mark.engine, pytest.mark.slow]

REPOSITORY = "aws:ecr/repository:Repository"
DATABASE = "aws:rds/instance:Instance"


@pytest.fixture(scope="module")
def staging(stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsal]:
    """The stack `staging`, which is as protected as prod, in Ireland."""
    root = copy_of(stand_ins, tmp_path_factory.mktemp("third") / "repository")
    shutil.copy(root / "platform" / "Pulumi.prod.yaml", root / "platform" / "Pulumi.staging.yaml")
    with environment({"AWS_REGION": "eu-west-1"}), rehearsed(root, "staging", images) as rehearsal:
        yield rehearsal


def test_one_copied_file_is_a_stack_that_can_be_deployed_kept_and_removed(staging: Rehearsal) -> None:
    rehearsal = staging
    up(rehearsal)
    assert wait_for_both(rehearsal)
    assert_released(rehearsal)
    assert [result.operations for result in up(rehearsal).values()] == [{}, {}, {}]

    for layer in LAYERS:
        exported = rehearsal.layer(layer).exports()
        assert (exported["name_prefix"], exported["region"]) == ("conducky-staging-", "eu-west-1")
    arns = [
        str(outputs["arn"])
        for found in rehearsal.account.resources.values()
        for outputs in found.values()
        if ":iam:" not in str(outputs.get("arn", ":iam:"))
    ]
    assert arns
    # CloudFront is one for the whole world.
    assert not [arn for arn in arns if arn.split(":")[3] != "eu-west-1" and ":cloudfront::" not in arn]

    (database,) = rehearsal.account.of(DATABASE)
    assert database["deletionProtection"] is True
    assert database["deleteAutomatedBackups"] is False
    for layer in ("bootstrap", "platform"):
        with pytest.raises(LayerFailedError, match="protected"):
            rehearsal.layer(layer).destroy(QUIET)
    assert len(rehearsal.account.of(DATABASE)) == 1
    kept = {str(each["name"]) for each in rehearsal.account.of(REPOSITORY)}
    assert kept >= {"conducky-staging-backend", "conducky-staging-frontend"}

    for layer in reversed(LAYERS):
        rehearsal.destroy(layer, QUIET)
    assert {token for token, found in rehearsal.account.resources.items() if found} <= STAYS
