"""HTTPS through CloudFront: no public address, no domain, and nothing but CloudFront gets in."""

import json
import re
from ipaddress import ip_network

import pytest
from distribution import require_vpc_origins

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties, bags
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

DISTRIBUTION, ORIGIN = "aws:cloudfront/distribution:Distribution", "aws:cloudfront/vpcOrigin:VpcOrigin"
SUBNET, BALANCER = "aws:ec2/subnet:Subnet", "aws:lb/loadBalancer:LoadBalancer"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture(scope="module")
def cdn() -> Evaluation:
    return evaluate("platform", config={"https": "cloudfront"})


def test_the_load_balancer_has_no_public_address(cdn: Evaluation) -> None:
    balancer = cdn.one(BALANCER)
    assert balancer.inputs["internal"] is True
    private = [each.outputs["arn"].rpartition("/")[2] for each in cdn.of(SUBNET)]
    assert balancer.inputs["subnets"] == private


def test_its_subnets_are_private_and_as_large_as_a_load_balancer_needs(cdn: Evaluation) -> None:
    zones = [each.inputs["availabilityZone"] for each in cdn.of(SUBNET)]
    assert zones == ["us-east-1a", "us-east-1b"]
    assert all(ip_network(each.inputs["cidrBlock"]).prefixlen == 27 for each in cdn.of(SUBNET))
    assert not any(each.inputs["mapPublicIpOnLaunch"] for each in cdn.of(SUBNET))
    table = cdn.one("aws:ec2/routeTable:RouteTable")
    assert not table.inputs.get("routes"), "its own table leads nowhere but into the VPC"
    assert len(cdn.of("aws:ec2/routeTableAssociation:RouteTableAssociation")) == 2


def test_another_origin_takes_the_place_of_one_that_is_changed(cdn: Evaluation) -> None:
    assert cdn.one(ORIGIN).replace_on_changes == ("vpcOriginEndpointConfig",)


def test_it_has_another_name_which_aws_wants_to_be_its_own(cdn: Evaluation) -> None:
    name = cdn.one(ORIGIN).inputs["vpcOriginEndpointConfig"]["name"]
    assert re.fullmatch(r"conducky-dev-cdn-[0-9a-f]{8}", name)
    again = evaluate("platform", config={"https": "cloudfront", "databaseBackupDays": "3"})
    assert again.one(ORIGIN).inputs["vpcOriginEndpointConfig"]["name"] == name, "nothing of it has changed"
    elsewhere = evaluate("platform", config={"https": "cloudfront"}, variables={"AWS_REGION": "eu-central-1"})
    assert elsewhere.one(ORIGIN).inputs["vpcOriginEndpointConfig"]["name"] != name, "for another load balancer"


def test_only_cloudfronts_addresses_get_in(cdn: Evaluation) -> None:
    entrance = cdn.exports["entrance_security_group_id"]
    (rule,) = [each.inputs for each in cdn.of(INGRESS) if each.inputs["securityGroupId"] == entrance]
    assert rule["prefixListId"].startswith("pl-")
    assert "cidrIpv4" not in rule
    assert (rule["fromPort"], rule["toPort"]) == (80, 80)


def test_everything_is_passed_on_and_nothing_is_cached(cdn: Evaluation) -> None:
    behavior = cdn.one(DISTRIBUTION).inputs["defaultCacheBehavior"]
    assert len(behavior["allowedMethods"]) == 7
    assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled"
    # Managed-AllViewerAndCloudFrontHeaders-2022-06
    assert behavior["originRequestPolicyId"] == "33f36d7e-f396-46d9-90e0-52428a34d9dc"
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"


def test_what_nextjs_built_is_cached(cdn: Evaluation) -> None:
    (behavior,) = cdn.one(DISTRIBUTION).inputs["orderedCacheBehaviors"]
    assert behavior["pathPattern"] == "/_next/static/*"
    assert behavior["cachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6", "Managed-CachingOptimized"
    assert "originRequestPolicyId" not in behavior, "neither cookies nor query make a difference"


def test_browsers_are_told_to_stay_with_https_everywhere(cdn: Evaluation) -> None:
    inputs = cdn.one(DISTRIBUTION).inputs
    for behavior in (inputs["defaultCacheBehavior"], *inputs["orderedCacheBehaviors"]):
        assert behavior["responseHeadersPolicyId"] == "67f7725c-6f97-4210-82d7-5512b31e9d03", "SecurityHeadersPolicy"


def test_the_contract_has_awss_own_name_and_both_proxies(cdn: Evaluation, platform: Evaluation) -> None:
    host = cdn.one(DISTRIBUTION).outputs["domainName"]
    assert cdn.exports["frontend_url"] == cdn.exports["backend_url"] == f"https://{host}"
    assert cdn.exports["entrance"]["trusted_proxies"] == 2
    assert platform.exports["entrance"]["trusted_proxies"] == 1


def test_the_backend_believes_both_proxies(cdn: Evaluation) -> None:
    bootstrap = evaluate("bootstrap")
    services = evaluate("services", upstream={"bootstrap": bootstrap.exports, "platform": cdn.exports})
    definition = services.one("aws:ecs/taskDefinition:TaskDefinition", "conducky-dev-backend")
    assert '"TRUSTED_PROXIES", "value": "2"' in definition.inputs["containerDefinitions"]


@pytest.mark.parametrize("protected", ["true", "false"])
def test_of_a_protected_stack_it_stays(protected: str) -> None:
    made = evaluate("platform", config={"https": "cloudfront", "deletionProtection": protected})
    assert made.one(DISTRIBUTION).protect == (protected == "true"), "people know its name"


def test_a_zone_without_vpc_origins_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lookups.LOOKUPS["aws:ec2/getSubnet:getSubnet"]

    def third_first(arguments: Properties, place: Place) -> Properties | None:
        found = real(arguments, place)
        return found and {**found, "availabilityZoneId": f"use1-az{'312'['abc'.index(found['availabilityZone'][-1])]}"}

    monkeypatch.setitem(lookups.LOOKUPS, "aws:ec2/getSubnet:getSubnet", third_first)
    made = evaluate("platform", config={"https": "cloudfront"})
    assert [each.inputs["availabilityZone"] for each in made.of(SUBNET)] == ["us-east-1b", "us-east-1c"]


def test_a_region_without_vpc_origins_is_refused() -> None:
    with pytest.raises(UserError, match="no VPC origins in ap-southeast-6") as refused:
        require_vpc_origins("ap-southeast-6")
    assert "set https hosted-zone" in refused.value.fix


Subnets = list[tuple[str, str]]  # zones and their blocks
TOP = ["172.31.255.224/27", "172.31.255.192/27"]
THIRD = "172.31.255.160/27"


def blocks(monkeypatch: pytest.MonkeyPatch, zones: str, own: Subnets, others: Subnets | None = None) -> list[str]:
    """What the subnets get in these zones where there are those of this stack's state, and others."""
    every: Subnets = [*own, *(others or [])]
    there = {f"subnet-{number}": each for number, each in enumerate(every)}
    real_list, real = (lookups.LOOKUPS[f"aws:ec2/getSubnet{s}:getSubnet{s}"] for s in ("s", ""))

    def listed(arguments: Properties, place: Place) -> Properties | None:
        found = real_list(arguments, place)
        is_default = any(each["name"] == "default-for-az" for each in bags(arguments, "filters"))
        return found if is_default else found and {**found, "ids": [*found["ids"], *there]}

    def one(arguments: Properties, place: Place) -> Properties | None:
        if (subnet := there.get(str(arguments["id"]))) is None:
            return real(arguments, place)
        return {"id": arguments["id"], "availabilityZone": subnet[0], "cidrBlock": subnet[1], "tags": {}}

    monkeypatch.setitem(lookups.LOOKUPS, "aws:ec2/getSubnets:getSubnets", listed)
    monkeypatch.setitem(lookups.LOOKUPS, "aws:ec2/getSubnet:getSubnet", one)
    deployed: dict[tuple[str, str], Properties] = {
        (SUBNET, f"private-{number}"): {"availabilityZone": zone, "cidrBlock": block}
        for number, (zone, block) in enumerate(own, start=1)
    }
    config = {"https": "cloudfront", "availabilityZones": json.dumps([f"eu-west-1{zone}" for zone in zones])}
    made = evaluate("platform", config=config, variables={"AWS_REGION": "eu-west-1"}, deployed=deployed)
    return [each.inputs["cidrBlock"] for each in made.of(SUBNET)]


def test_blocks_are_the_highest_free_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blocks(monkeypatch, "ab", []) == TOP
    taken = [("eu-west-1a", "172.31.255.0/24")]
    assert blocks(monkeypatch, "ab", [], taken) == ["172.31.254.224/27", "172.31.254.192/27"]


def test_its_own_blocks_of_before_stay_whatever_has_become_free_since(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [("eu-west-1a", TOP[1]), ("eu-west-1b", "172.31.200.0/27")]
    assert blocks(monkeypatch, "ab", own) == [TOP[1], "172.31.200.0/27"]


def test_a_subnet_that_changes_its_zone_takes_no_block_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is created before the present ones go, and AWS gives no address to two subnets."""
    own = [("eu-west-1a", TOP[0]), ("eu-west-1b", TOP[1])]
    assert blocks(monkeypatch, "ac", own) == [TOP[0], THIRD]
    moved = blocks(monkeypatch, "bc", own)
    assert not {*moved} & {*TOP}
    assert len({*moved}) == 2
