"""Names that AWS gives out once."""

import pytest

from conducky.catalog.property_bag import Properties
from conducky.catalog.types import CATALOG
from tests.conducky.rehearsal.client import Client, RefusedError

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.mark.parametrize(
    ("token", "inputs", "says"),
    [
        (GROUP, {"name": "a", "vpcId": "vpc-0"}, "InvalidGroup.Duplicate: The security group 'a' already exists"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "a"}, "ResourceAlreadyExistsException"),
        ("aws:ecr/repository:Repository", {"name": "a"}, "RepositoryAlreadyExistsException.*123456789012"),
        ("aws:iam/role:Role", {"name": "a", "assumeRolePolicy": "{}"}, "EntityAlreadyExists: Role with name a"),
        ("aws:lb/targetGroup:TargetGroup", {"name": "a"}, "DuplicateTargetGroupName"),
        (
            "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
            {"name": "a.internal", "vpc": "vpc-0"},
            "ConflictingDomainExists.*vpc-0",
        ),
        ("aws:servicediscovery/service:Service", {"name": "a", "dnsConfig": {"namespaceId": "ns-0"}}, "ServiceAlready"),
        ("aws:ssm/parameter:Parameter", {"name": "/a", "type": "String", "value": "v"}, "ParameterAlreadyExists"),
    ],
)
def test_a_second_of_the_same_name_is_refused_in_aws_own_words(
    client: Client, token: str, inputs: Properties, says: str
) -> None:
    first = client.create(token, "first", inputs)

    with pytest.raises(RefusedError, match=says):
        client.create(token, "second", inputs)
    client.delete(first)
    client.create(token, "second", inputs)


def test_a_security_groups_name_is_unique_in_its_vpc_only(client: Client) -> None:
    for vpc in ("vpc-0", "vpc-1"):
        client.create(GROUP, vpc, {"name": "a", "vpcId": vpc})


PEER = {"referencedSecurityGroupId": "sg-1"}
BASE = {"securityGroupId": "sg-0", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "description": "One"}


@pytest.mark.parametrize("token", [INGRESS, EGRESS])
@pytest.mark.parametrize(
    ("peer", "again", "named"),
    [
        (PEER, PEER, "sg-1"),
        ({"prefixListId": "pl-1"}, {"prefixListId": "pl-1"}, "pl-1"),
        ({"cidrIpv4": "0.0.0.0/0"}, {"cidrIpv4": "0.0.0.0/0"}, "0.0.0.0/0"),
        ({"cidrIpv4": "10.0.0.0/16"}, {"cidrIpv4": "10.0.3.1/16"}, "10.0.3.1/16"),
        ({"cidrIpv6": "::/0"}, {"cidrIpv6": "::/0"}, "::/0"),
    ],
)
def test_a_second_rule_for_the_same_peer_and_ports_is_refused_as_ec2_does(
    client: Client, token: str, peer: Properties, again: Properties, named: str
) -> None:
    first = client.create(token, "first", {**BASE, **peer})

    with pytest.raises(RefusedError) as refused:
        client.create(token, "second", {**BASE, **again, "description": "Another"})
    said = f'InvalidPermission.Duplicate: the specified rule "peer: {named}, TCP, from port: 443, to port: 443, ALLOW"'
    assert f"{said} already exists" in str(refused.value)
    client.delete(first)
    client.create(token, "second", {**BASE, **again})


@pytest.mark.parametrize(
    "other",
    [
        {"securityGroupId": "sg-2"},
        {"referencedSecurityGroupId": "sg-2"},
        {"referencedSecurityGroupId": None, "cidrIpv4": "0.0.0.0/0"},
        {"ipProtocol": "udp"},
        {"toPort": 444},
    ],
)
def test_rules_that_differ_in_group_peer_protocol_or_ports_exist_together(client: Client, other: Properties) -> None:
    for token in (INGRESS, EGRESS):
        for inputs in ({**BASE, **PEER}, {**BASE, **PEER, **other}):
            client.create(token, "one", {name: value for name, value in inputs.items() if value is not None})


def test_every_type_with_a_name_of_its_own_is_told_apart() -> None:
    """A cluster, dashboard, rule or topic of a name is the same one, a task definition its next revision.

    The names of APIs and VPC links only describe them.
    """
    named = {token for token, kind in CATALOG.items() if kind.name}

    assert named - {token for token, kind in CATALOG.items() if kind.unique} == {
        "aws:apigatewayv2/api:Api",
        "aws:apigatewayv2/vpcLink:VpcLink",
        "aws:appautoscaling/policy:Policy",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ecs/cluster:Cluster",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:sns/topic:Topic",
    }
