"""Who may talk to whom before there are services: exactly these connections, and no other."""

from typing import NamedTuple

import pytest

from conducky.evaluation.evaluate import Evaluation, Resource

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


class Rule(NamedTuple):
    group: str
    peer: str
    port: int


@pytest.fixture(scope="module")
def roles(platform: Evaluation) -> dict[str, str]:
    """Group id to role."""
    return {
        group.outputs["arn"].rpartition("/")[2]: group.name.removeprefix("conducky-dev-")
        for group in platform.of(GROUP)
    }


def rule(resource: Resource, roles: dict[str, str]) -> Rule:
    inputs = resource.inputs
    assert inputs["fromPort"] == inputs["toPort"], f"{resource.name} opens a range of ports"
    assert inputs["ipProtocol"] == "tcp", f"{resource.name} is for {inputs['ipProtocol']}"
    referenced = inputs.get("referencedSecurityGroupId")
    return Rule(
        roles[inputs["securityGroupId"]], roles[referenced] if referenced else inputs["cidrIpv4"], inputs["fromPort"]
    )


def test_there_is_one_group_for_each_role(roles: dict[str, str]) -> None:
    assert sorted(roles.values()) == ["backend", "database", "entrance", "frontend"]


def test_these_connections_come_in_and_no_others(platform: Evaluation, roles: dict[str, str]) -> None:
    assert sorted(rule(resource, roles) for resource in platform.of(INGRESS)) == [
        Rule("database", "backend", 5432),
        Rule("entrance", "0.0.0.0/0", 80),
    ]


def test_these_connections_go_out_and_no_others(platform: Evaluation, roles: dict[str, str]) -> None:
    assert sorted(rule(resource, roles) for resource in platform.of(EGRESS)) == [
        Rule("backend", "database", 5432),
    ]


def test_rules_are_resources_of_their_own(platform: Evaluation) -> None:
    """Inline rules and rule resources fight over the group at each `up`."""
    inline = [group.name for group in platform.of(GROUP) if {"ingress", "egress"} & group.inputs.keys()]
    assert inline == []


def test_each_rule_says_what_it_is_for(platform: Evaluation) -> None:
    silent = [rule.name for rule in platform.of(INGRESS) + platform.of(EGRESS) if not rule.inputs.get("description")]
    assert silent == []


def test_all_groups_are_in_the_network_that_services_join(platform: Evaluation) -> None:
    assert {group.inputs["vpcId"] for group in platform.of(GROUP)} == {platform.exports["vpc_id"]}


def test_the_contract_hands_each_service_its_own_group(platform: Evaluation, roles: dict[str, str]) -> None:
    assert roles[platform.exports["frontend_security_group_id"]] == "frontend"
    assert roles[platform.exports["backend_security_group_id"]] == "backend"
    assert roles[platform.exports["entrance_security_group_id"]] == "entrance"
