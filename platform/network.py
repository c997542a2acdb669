"""The default VPC of the account and region, and the two of its subnets that everything uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws

from conducky.errors import UserError
from conducky.settings.errors import config_command


@dataclass(frozen=True)
class Network:
    """A VPC and exactly two of its public subnets, in different zones."""

    vpc_id: str
    subnet_ids: tuple[str, str]


def default_network(region: str, zones: Sequence[str] | None = None) -> Network:
    """The default VPC with a subnet in each of two zones: those given, else the first two in alphabetical order.

    Two, because a load balancer wants two zones and pays for a public address in each. The choice is stable: the
    default subnet of a zone does not change, and new zones sort after old ones.

    Raises:
        UserError: when there is no default VPC, or a zone has no default subnet.
    """
    vpcs = aws.ec2.get_vpcs(filters=[{"name": "is-default", "values": ["true"]}]).ids
    if not vpcs:
        raise UserError(
            f"this account has no default VPC in {region}",
            f"run `aws ec2 create-default-vpc --region {region}`",
        )
    found = aws.ec2.get_subnets(
        filters=[{"name": "vpc-id", "values": [vpcs[0]]}, {"name": "default-for-az", "values": ["true"]}]
    ).ids
    by_zone = {aws.ec2.get_subnet(id=subnet).availability_zone: subnet for subnet in sorted(found)}
    if missing := sorted(set(zones or ()) - set(by_zone)):
        raise UserError(
            f"the default VPC in {region} has no default subnet in {missing[0]} (it has {', '.join(sorted(by_zone))})",
            f"run {config_command('platform', 'set availabilityZones ZONES')} with two of those, or "
            f"`aws ec2 create-default-subnet --availability-zone {missing[0]}`",
        )
    first_two = sorted(zones or by_zone)[:2]
    if len(first_two) < 2:  # noqa: PLR2004
        raise UserError(
            f"the default VPC in {region} has default subnets in fewer than two zones",
            f"run `aws ec2 create-default-subnet --availability-zone {region}a` (or b, c, ...)",
        )
    return Network(vpc_id=vpcs[0], subnet_ids=(by_zone[first_two[0]], by_zone[first_two[1]]))
