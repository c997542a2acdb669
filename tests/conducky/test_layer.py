"""How every program begins: settings, region and account are right, or nothing is created."""

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.repository import LAYERS

BELOW: dict[str, dict[str, object]] = {"bootstrap": {}, "platform": {}}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_wrong_setting_stops_every_layer(layer: str, begun: list[str]) -> None:
    with pytest.raises(UserError, match=f"`projctName` is not a setting of {layer}"):
        evaluate(layer, config={"projctName": "x"}, upstream=BELOW)
    assert begun == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_missing_region_stops_every_layer(layer: str, begun: list[str]) -> None:
    with pytest.raises(UserError, match="AWS_REGION is not set"):
        evaluate(layer, variables={"AWS_REGION": None}, upstream=BELOW)
    assert begun == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_region_in_the_stack_file_stops_every_layer(layer: str, begun: list[str]) -> None:
    with pytest.raises(UserError, match=r"aws:region.* AWS_REGION"):
        evaluate(layer, config={"aws:region": "eu-west-1"}, upstream=BELOW)
    assert begun == []


@pytest.mark.parametrize("layer", LAYERS)
def test_another_region_than_the_settings_stops_every_layer(layer: str, begun: list[str]) -> None:
    with pytest.raises(UserError, match=r"us-east-1.*eu-west-1 \(setting `region`\)") as caught:
        evaluate(layer, config={"region": "eu-west-1"}, upstream=BELOW)
    assert caught.value.fix == "run `export AWS_REGION=eu-west-1`"
    assert begun == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_deployed_stack_is_not_moved_to_another_region(layer: str, begun: list[str]) -> None:
    """An admin's `up` of bootstrap would rewrite every policy for a region where nothing is."""
    with pytest.raises(
        UserError, match=f"{layer}/dev is deployed to `eu-west-1`, but AWS_REGION is us-east-1"
    ) as caught:
        evaluate(layer, upstream={**BELOW, layer: {"region": "eu-west-1"}})
    assert caught.value.fix.startswith("run `export AWS_REGION=eu-west-1`")
    assert begun == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_deployed_stack_is_not_renamed(layer: str, begun: list[str]) -> None:
    """AWS would refuse half-way: the tasks' roles carry the boundary that bootstrap would replace."""
    with pytest.raises(UserError, match=f"{layer}/dev is deployed .*`conducky-dev-`.*`shop-dev-`") as caught:
        evaluate(layer, config={"projectName": "shop"}, upstream={**BELOW, layer: {"name_prefix": "conducky-dev-"}})
    assert f"`pulumi -C {layer} config set projectName conducky --stack dev`" in caught.value.fix
    assert begun == []


def test_a_deployed_stack_stays_where_it_is() -> None:
    assert evaluate("platform", config={"region": "us-east-1"}, upstream={"platform": {"region": "us-east-1"}}).exports


@pytest.mark.parametrize("layer", LAYERS)
def test_another_account_stops_every_layer(layer: str, begun: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        evaluate(layer, config={"accountId": "999999999999"}, upstream=BELOW)
    missing = [
        noun for noun in ("123456789012", "stack dev", "999999999999", "`accountId`") if noun not in str(caught.value)
    ]
    assert missing == []
    assert "`export AWS_PROFILE=…`" in caught.value.fix
    assert begun == []


def test_the_right_account_passes() -> None:
    assert evaluate("bootstrap", config={"accountId": "123456789012"}).exports


def test_names_tags_and_region_reach_the_resources() -> None:
    there = evaluate("bootstrap", config={"projectName": "shop"}, variables={"AWS_REGION": "eu-central-1"})
    assert there.exports["name_prefix"] == "shop-dev-"
    repository = there.one("aws:ecr/repository:Repository", "backend")
    assert repository.inputs["tags"] == {"Project": "shop", "Stack": "dev", "Layer": "bootstrap"}
    assert there.exports["backend_repository_arn"] == (
        "arn:aws:ecr:eu-central-1:123456789012:repository/shop-dev-backend"
    )
