"""The default VPC and exactly two of its subnets, the same two each time."""

from collections.abc import Callable

import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

VPCS = "aws:ec2/getVpcs:getVpcs"
SUBNETS = "aws:ec2/getSubnets:getSubnets"
HERE = lookups.subnets(Place("us-east-1", ACCOUNT_ID))

Answers = Callable[[str, list[str]], None]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Properties]:
    """What the program asked, by function."""
    questions: dict[str, Properties] = {}
    original = lookups.answer

    def note(token: str, arguments: Properties, place: Place) -> Properties | None:
        questions[token] = arguments
        return original(token, arguments, place)

    monkeypatch.setattr(lookups, "answer", note)
    return questions


@pytest.fixture
def account_has(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let one of the lookups find these ids instead."""

    def have(token: str, ids: list[str]) -> None:
        original = lookups.answer

        def different(asked: str, arguments: Properties, place: Place) -> Properties | None:
            found = original(asked, arguments, place)
            return {**found, "ids": ids} if found and asked == token else found

        monkeypatch.setattr(lookups, "answer", different)

    return have


def test_it_is_the_default_vpc(platform: Evaluation) -> None:
    assert platform.exports["vpc_id"] == lookups.VPC


def test_only_default_networks_are_considered(asked: dict[str, Properties]) -> None:
    evaluate("platform")
    assert asked[VPCS]["filters"] == [{"name": "is-default", "values": ["true"]}]
    assert asked[SUBNETS]["filters"] == [
        {"name": "vpc-id", "values": [lookups.VPC]},
        {"name": "default-for-az", "values": ["true"]},
    ]


def test_it_takes_two_subnets_in_the_first_two_zones(platform: Evaluation) -> None:
    assert platform.exports["subnet_ids"] == [HERE["us-east-1a"], HERE["us-east-1b"]]


@pytest.mark.parametrize("order", [sorted(HERE.values()), sorted(HERE.values(), reverse=True)])
def test_the_choice_does_not_depend_on_the_order_of_awss_answer(account_has: Answers, order: list[str]) -> None:
    account_has(SUBNETS, order)
    assert evaluate("platform").exports["subnet_ids"] == [HERE["us-east-1a"], HERE["us-east-1b"]]


def test_named_zones_are_taken() -> None:
    named = evaluate("platform", config={"availabilityZones": '["us-east-1c","us-east-1a"]'})
    assert named.exports["subnet_ids"] == [HERE["us-east-1a"], HERE["us-east-1c"]]


def test_another_region_has_its_own_subnets() -> None:
    there = lookups.subnets(Place("eu-central-1", ACCOUNT_ID))
    found = evaluate("platform", variables={"AWS_REGION": "eu-central-1"}).exports["subnet_ids"]
    assert found == [there["eu-central-1a"], there["eu-central-1b"]]


def test_no_default_vpc_is_refused(account_has: Answers, begun: list[str]) -> None:
    account_has(VPCS, [])
    with pytest.raises(UserError) as caught:
        evaluate("platform")
    assert "no default VPC in us-east-1" in caught.value.problem
    assert caught.value.fix == "run `aws ec2 create-default-vpc --region us-east-1`"
    assert begun == []


def test_a_zone_without_a_default_subnet_is_refused(begun: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        evaluate("platform", config={"availabilityZones": '["us-east-1a","us-east-1z"]'})
    assert "us-east-1z (it has us-east-1a, us-east-1b, us-east-1c)" in caught.value.problem
    assert "`pulumi -C platform config set availabilityZones ZONES --stack dev`" in caught.value.fix
    assert "`aws ec2 create-default-subnet --availability-zone us-east-1z`" in caught.value.fix
    assert begun == []


@pytest.mark.parametrize("subnets", [[], [HERE["us-east-1b"]]])
def test_fewer_than_two_zones_are_refused(account_has: Answers, subnets: list[str], begun: list[str]) -> None:
    account_has(SUBNETS, subnets)
    with pytest.raises(UserError, match="fewer than two zones") as caught:
        evaluate("platform")
    assert caught.value.fix.startswith("run `aws ec2 create-default-subnet ")
    assert begun == []


def test_the_same_zone_twice_is_refused(begun: list[str]) -> None:
    with pytest.raises(UserError, match="must be two different zones"):
        evaluate("platform", config={"availabilityZones": '["us-east-1a","us-east-1a"]'})
    assert begun == []
