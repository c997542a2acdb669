"""The way in without a load balancer: an HTTP API that reaches the tasks through a VPC link."""

import pulumi
import pytest

from conducky.catalog import lookups
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

API = "aws:apigatewayv2/api:Api"
LINK = "aws:apigatewayv2/vpcLink:VpcLink"
NAMESPACE = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def test_there_is_no_load_balancer(gateway_platform: Evaluation) -> None:
    assert [each.type for each in gateway_platform.resources if each.type.startswith("aws:lb/")] == []


def test_both_applications_have_the_apis_address_with_https(gateway_platform: Evaluation) -> None:
    exports = gateway_platform.exports
    assert exports["frontend_url"] == exports["backend_url"] == gateway_platform.one(API).outputs["apiEndpoint"]
    assert exports["frontend_url"].startswith("https://")


def test_it_is_deployed_without_a_path_of_its_own(gateway_platform: Evaluation) -> None:
    inputs = gateway_platform.one("aws:apigatewayv2/stage:Stage").inputs
    assert (inputs["name"], inputs["autoDeploy"]) == ("$default", True)


def test_the_contract_says_which_entrance_there_is(gateway_platform: Evaluation) -> None:
    entrance = gateway_platform.exports["entrance"]
    assert entrance["kind"] == "http-api"
    assert entrance["api_id"] in gateway_platform.one(API).outputs["arn"]
    assert entrance["vpc_link_id"] in gateway_platform.one(LINK).outputs["arn"]
    assert entrance["namespace_id"] in gateway_platform.one(NAMESPACE).outputs["arn"]


def test_the_link_is_in_the_tasks_subnets_and_in_the_entrances_group(gateway_platform: Evaluation) -> None:
    inputs = gateway_platform.one(LINK).inputs
    assert inputs["subnetIds"] == gateway_platform.exports["subnet_ids"]
    assert inputs["securityGroupIds"] == [gateway_platform.exports["entrance_security_group_id"]]


def test_other_zones_leave_the_link_where_it_is(gateway_platform: Evaluation) -> None:
    """AWS replaces it for other subnets, and deletes none that integrations of the services layer name."""
    assert gateway_platform.one(LINK).ignore_changes == ("subnetIds",)


def test_nothing_reaches_it_from_outside(gateway_platform: Evaluation) -> None:
    entrance = gateway_platform.exports["entrance_security_group_id"]
    assert gateway_platform.of(INGRESS)
    assert [rule.name for rule in gateway_platform.of(INGRESS) if rule.inputs["securityGroupId"] == entrance] == []
    assert not [rule for rule in gateway_platform.of(INGRESS) if rule.inputs.get("cidrIpv4")]


def test_the_entrances_group_is_the_same_one(platform: Evaluation, gateway_platform: Evaluation) -> None:
    """Rules of the services layer name it: another one could not take its place."""
    names = {
        each.name
        for made in (platform, gateway_platform)
        for each in made.of(GROUP)
        if each.outputs["arn"].rpartition("/")[2] == made.exports["entrance_security_group_id"]
    }
    assert names == {"conducky-dev-entrance"}


def test_its_limits_are_told_when_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def tell(text: str, *_more: object) -> None:
        told.append(text)

    monkeypatch.setattr(pulumi.log, "info", tell)
    evaluate("platform", config={"entrance": "http-api"})
    (limits,) = told
    for limit in ("30 s", "10 MB", "streamed", "web sockets", "release"):
        assert limit in limits
    evaluate("platform")
    assert len(told) == 1


def test_a_load_balancer_for_each_application_is_refused_with_it() -> None:
    with pytest.raises(UserError) as error:
        evaluate("platform", config={"entrance": "http-api", "loadBalancers": "dedicated"})
    assert "`loadBalancers`" in error.value.problem
    assert "rm loadBalancers" in error.value.fix


def test_a_zone_without_vpc_links_is_refused_by_name() -> None:
    """The third zone of the example account is use1-az3."""
    with pytest.raises(UserError, match="use1-az3 has no VPC links"):
        evaluate("platform", config={"entrance": "http-api", "availabilityZones": '["us-east-1a","us-east-1c"]'})
    assert evaluate("platform", config={"availabilityZones": '["us-east-1a","us-east-1c"]'}).exports["subnet_ids"]


def test_a_zone_without_vpc_links_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Place("us-east-1", ACCOUNT_ID)

    def zone_id(_place: Place, zone: str) -> str:
        return {"a": "use1-az3"}.get(zone[-1], "use1-az1")

    monkeypatch.setattr(lookups, "zone_id", zone_id)
    chosen = evaluate("platform", config={"entrance": "http-api"}).exports["subnet_ids"]
    assert chosen == [lookups.subnets(here)[zone] for zone in ("us-east-1b", "us-east-1c")]
