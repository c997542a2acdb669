"""What AWS refuses to delete while something uses it."""

import pytest

from tests.conducky.rehearsal.client import Client, RefusedError
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

GROUP = "aws:ec2/securityGroup:SecurityGroup"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
INSTANCE = "aws:rds/instance:Instance"


@pytest.mark.parametrize("name", ["load-balancer", "backend", "database"])
def test_a_security_group_in_use_cannot_go(deployed: DeployedService, name: str) -> None:
    """In use by the load balancer, a rule of another group, or the database."""
    with pytest.raises(RefusedError, match=f"DependencyViolation: resource {deployed.groups[name].id} has a dependent"):
        deployed.client.delete(deployed.groups[name])

    assert deployed.client.exists(deployed.groups[name])


def test_a_security_group_goes_with_its_own_rules(client: Client) -> None:
    group = client.create(GROUP, "alone", {"vpcId": "vpc-0"})
    rule = {"securityGroupId": group.id, "ipProtocol": "-1", "referencedSecurityGroupId": group.id}
    client.create("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "own", rule)

    client.delete(group)

    assert not client.exists(group)


@pytest.mark.parametrize(
    ("token", "named", "says"),
    [
        (SUBNETS, "dbSubnetGroupName", "InvalidDBSubnetGroupStateFault"),
        (PARAMETERS, "parameterGroupName", "InvalidDBParameterGroupState"),
    ],
)
def test_what_a_database_uses_cannot_go(client: Client, token: str, named: str, says: str) -> None:
    made = client.create(token, "database", {"subnetIds": ["subnet-0"], "family": "postgres15"})
    client.account.remember(INSTANCE, "db", {"identifier": "db", "password": "fake-password", named: made["name"]})

    with pytest.raises(RefusedError, match=says):
        client.delete(made)
    client.account.forget(INSTANCE, "db")
    client.delete(made)


def test_a_target_group_that_a_rule_leads_to_cannot_go(deployed: DeployedService) -> None:
    with pytest.raises(RefusedError, match="ResourceInUse: Target group"):
        deployed.client.delete(deployed.target_group)
    deployed.client.delete(deployed.listener_rule)
    deployed.client.delete(deployed.target_group)


def test_a_vpc_link_that_an_integration_names_cannot_go(client: Client) -> None:
    link = client.create("aws:apigatewayv2/vpcLink:VpcLink", "api", {"subnetIds": ["s"], "securityGroupIds": ["g"]})
    client.account.remember("aws:apigatewayv2/integration:Integration", "i", {"id": "i", "connectionId": link.id})

    with pytest.raises(RefusedError, match=f"Cannot delete vpc link. Vpc link '{link.id}', is referenced"):
        client.delete(link)
    client.account.forget("aws:apigatewayv2/integration:Integration", "i")
    client.delete(link)


def test_a_cluster_with_a_service_cannot_go(deployed: DeployedService) -> None:
    service = deployed.deploy(deployed.version("1"), count=0)

    with pytest.raises(RefusedError, match="ClusterContainsServicesException"):
        deployed.client.delete(deployed.cluster)
    deployed.client.delete(service)
    deployed.client.delete(deployed.cluster)


def test_a_role_with_policies_and_a_boundary_in_use_cannot_go(deployed: DeployedService) -> None:
    for resource in (deployed.execution_role, deployed.boundary):
        with pytest.raises(RefusedError, match="DeleteConflict"):
            deployed.client.delete(resource)
