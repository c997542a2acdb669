"""Names that AWS gives out once."""

import pytest

from conducky.catalog.property_bag import Properties
from conducky.catalog.types import CATALOG
from tests.conducky.rehearsal.client import Client, RefusedError

GROUP = "aws:ec2/securityGroup:SecurityGroup"


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
