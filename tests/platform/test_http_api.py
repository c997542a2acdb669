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
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


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


def test_the_link_is_in_the_tasks_subnets_with_a_group_of_its_own(gateway_platform: Evaluation) -> None:
    inputs = gateway_platform.one(LINK).inputs
    group = gateway_platform.one(GROUP, "conducky-dev-gateway").outputs["arn"].rpartition("/")[2]
    assert inputs["subnetIds"] == gateway_platform.exports["subnet_ids"]
    assert inputs["securityGroupIds"] == [group]


def test_nothing_reaches_it_from_outside_and_it_reaches_the_tasks_only(gateway_platform: Evaluation) -> None:
    names = {each.outputs["arn"].rpartition("/")[2]: each.name for each in gateway_platform.of(GROUP)}
    gateway = next(ident for ident, name in names.items() if name == "conducky-dev-gateway")
    assert [rule.name for rule in gateway_platform.of(INGRESS) if rule.inputs["securityGroupId"] == gateway] == []
    out = [rule.inputs for rule in gateway_platform.of(EGRESS) if rule.inputs["securityGroupId"] == gateway]
    assert {(names[rule["referencedSecurityGroupId"]], rule["fromPort"]) for rule in out} == {
        ("conducky-dev-backend", 4000),
        ("conducky-dev-frontend", 3000),
    }
    into = {
        names[rule.inputs["securityGroupId"]]
        for rule in gateway_platform.of(INGRESS)
        if rule.inputs.get("referencedSecurityGroupId") == gateway
    }
    assert into == {"conducky-dev-backend", "conducky-dev-frontend"}
    assert not [rule for rule in gateway_platform.of(INGRESS) if rule.inputs.get("cidrIpv4")]


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
