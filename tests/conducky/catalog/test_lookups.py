from conducky.catalog.lookups import VPC, answer, subnets
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.naming import Place

PLACE = Place("eu-west-1", ACCOUNT_ID)


def ask(token: str, **arguments: object) -> Properties:
    given = answer(token, arguments, PLACE)
    assert given is not None, f"no answer to {token}"
    return given


def test_an_unknown_question_has_no_answer() -> None:
    assert answer("aws:s3/getBucket:getBucket", {}, PLACE) is None


def test_there_is_one_default_vpc_with_a_subnet_in_each_of_three_zones() -> None:
    assert ask("aws:ec2/getVpcs:getVpcs")["ids"] == [VPC]

    found = [ask("aws:ec2/getSubnet:getSubnet", id=subnet) for subnet in ask("aws:ec2/getSubnets:getSubnets")["ids"]]

    assert {str(subnet["availabilityZone"]) for subnet in found} == {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
    assert {str(subnet["vpcId"]) for subnet in found} == {VPC}


def test_a_subnet_that_is_not_there_is_not_found() -> None:
    assert answer("aws:ec2/getSubnet:getSubnet", {"id": "subnet-mine"}, PLACE) is None


def test_subnets_are_the_same_in_every_run_and_differ_between_regions() -> None:
    assert subnets(PLACE) == subnets(Place("eu-west-1", ACCOUNT_ID))
    assert not set(subnets(PLACE).values()) & set(subnets(Place("us-east-1", ACCOUNT_ID)).values())


def test_the_account_is_the_one_in_the_arns() -> None:
    identity = ask("aws:index/getCallerIdentity:getCallerIdentity")

    assert identity["accountId"] == ACCOUNT_ID
    assert f"::{ACCOUNT_ID}:" in str(identity["arn"])


def test_the_registry_takes_a_token_that_opens_nothing() -> None:
    token = ask("aws:ecr/getAuthorizationToken:getAuthorizationToken")

    assert token["userName"] == "AWS"
    assert "rehearsal" in str(token["password"])
    assert str(token["proxyEndpoint"]) == f"https://{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com"
