"""The default VPC and exactly two of its subnets, the same two each time."""

from collections.abc import Callable

import grpc
import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

GATEWAY = "aws:ec2/getInternetGateway:getInternetGateway"
SUBNET = "aws:ec2/getSubnet:getSubnet"
VPCS = "aws:ec2/getVpcs:getVpcs"
SUBNETS = "aws:ec2/getSubnets:getSubnets"
HERE = lookups.subnets(Place("us-east-1", ACCOUNT_ID))

Answers = Callable[[str, list[str]], None]
Changes = Callable[[Properties], Properties]


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


@pytest.fixture
def subnets_are(monkeypatch: pytest.MonkeyPatch) -> Callable[[Changes], None]:
    """Change what the lookup of each subnet finds."""

    def be(change: Changes) -> None:
        original = lookups.answer

        def different(asked: str, arguments: Properties, place: Place) -> Properties | None:
            found = original(asked, arguments, place)
            return {**found, **change(found)} if found and asked == SUBNET else found

        monkeypatch.setattr(lookups, "answer", different)

    return be


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


def test_a_zone_without_fargate_is_passed_over(subnets_are: Callable[[Changes], None]) -> None:
    """Zone names differ from account to account, their ids do not: here us-west-1a is the one without."""
    there = lookups.subnets(Place("us-west-1", ACCOUNT_ID))
    ids = {there["us-west-1a"]: "usw1-az2", there["us-west-1b"]: "usw1-az3", there["us-west-1c"]: "usw1-az1"}
    subnets_are(lambda found: {"availabilityZoneId": ids[str(found["id"])]})
    found = evaluate("platform", variables={"AWS_REGION": "us-west-1"})
    assert found.exports["subnet_ids"] == [there["us-west-1b"], there["us-west-1c"]]


def test_a_named_zone_without_fargate_is_refused(begun: list[str]) -> None:
    with pytest.raises(UserError, match="apne1-az3 has no Fargate") as caught:
        evaluate(
            "platform",
            config={"availabilityZones": '["ap-northeast-1a","ap-northeast-1c"]'},
            variables={"AWS_REGION": "ap-northeast-1"},
        )
    assert "config set availabilityZones" in caught.value.fix
    assert begun == []


def test_a_private_subnet_is_passed_over(subnets_are: Callable[[Changes], None]) -> None:
    subnets_are(lambda found: {"mapPublicIpOnLaunch": found["id"] != HERE["us-east-1a"]})
    assert evaluate("platform").exports["subnet_ids"] == [HERE["us-east-1b"], HERE["us-east-1c"]]


def test_a_named_zone_whose_subnet_is_private_is_refused(
    subnets_are: Callable[[Changes], None], begun: list[str]
) -> None:
    subnets_are(lambda found: {"mapPublicIpOnLaunch": found["id"] != HERE["us-east-1a"]})
    with pytest.raises(UserError, match=f"us-east-1a cannot be used: .*{HERE['us-east-1a']} is private"):
        evaluate("platform", config={"availabilityZones": '["us-east-1a","us-east-1b"]'})
    assert begun == []


def test_private_subnets_everywhere_are_refused_with_the_reason(
    subnets_are: Callable[[Changes], None], begun: list[str]
) -> None:
    subnets_are(lambda _found: {"mapPublicIpOnLaunch": False})
    with pytest.raises(UserError, match=r"fewer than two zones \(us-east-1a: .* is private"):
        evaluate("platform")
    assert begun == []


def test_a_vpc_without_a_gateway_is_refused(monkeypatch: pytest.MonkeyPatch, begun: list[str]) -> None:
    """AWS would refuse the load balancer, after the database was made; tasks would hang at pulling their image."""
    original = lookups.answer

    def without(asked: str, arguments: Properties, place: Place) -> Properties | None:
        if asked == GATEWAY:
            assert arguments["filters"] == [{"name": "attachment.vpc-id", "values": [lookups.VPC]}]
            raise NoMatchError
        return original(asked, arguments, place)

    monkeypatch.setattr(lookups, "answer", without)
    with pytest.raises(
        UserError, match=r"internet gateway .* is missing .*\(no matching EC2 Internet Gateway found\)"
    ) as caught:
        evaluate("platform")
    assert f"`aws ec2 attach-internet-gateway --region us-east-1 --vpc-id {lookups.VPC} " in caught.value.fix
    assert begun == []


class NoMatchError(grpc.RpcError):
    """The engine's answer, in the form in which the SDK handles it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "invocation of aws:ec2/getInternetGateway returned an error:\n  * no matching EC2 Internet Gateway found"
