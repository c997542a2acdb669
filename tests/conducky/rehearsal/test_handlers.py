from conducky.catalog.property_bag import secret
from conducky.catalog.types import CATALOG
from tests.conducky.rehearsal.client import Client
from tests.conducky.rehearsal.ecs.deployed_service import PARAMETER


def test_every_type_with_a_handler_is_in_the_catalog(client: Client) -> None:
    assert set(client.stand_ins.handlers()) <= set(CATALOG)


def test_a_created_subnet_is_listed_with_its_block_and_is_no_default_one(client: Client) -> None:
    inputs = {"vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "172.31.255.224/27"}
    made = client.create("aws:ec2/subnet:Subnet", "private-1", inputs)

    vpc, default = {"name": "vpc-id", "values": ["vpc-1"]}, {"name": "default-for-az", "values": ["true"]}
    every, of_default = (
        set(client.invoke("aws:ec2/getSubnets:getSubnets", {"filters": each})["ids"])
        for each in ([vpc], [vpc, default])
    )
    assert every - of_default == {made.id}
    assert client.invoke("aws:ec2/getSubnet:getSubnet", {"id": made.id})["cidrBlock"] == "172.31.255.224/27"


def test_a_parameters_version_counts_its_values_and_nothing_else(client: Client) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("one")}
    made = client.create(PARAMETER, "parameter", inputs)

    described = client.update(made, {**inputs, "description": "what it is for"})
    changed = client.update(described, {**inputs, "value": secret("two")})
    again = client.update(changed, {**inputs, "value": secret("two")})

    assert [resource["version"] for resource in (made, described, changed, again)] == [1, 1, 2, 2]
