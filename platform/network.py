"""The default VPC of the account and region, and which of its subnets are used for what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws

from conducky.errors import UserError, printable
from conducky.settings.errors import config_command

# Where Fargate is not in every zone: the ids of those that have it. A zone's name differs from account to account.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html, read on 2026-11-26
_FARGATE_ZONES = {
    "ap-northeast-1": {"apne1-az1", "apne1-az2", "apne1-az4"},
    "us-west-1": {"usw1-az1", "usw1-az3"},
}

Requirement = tuple[str, Callable[[str], bool]]


@dataclass(frozen=True)
class Network:
    """A VPC, two of its public subnets in different zones, and all that the database may use.

    The database may be in any default subnet: RDS refuses to give up a subnet that it is in, so a change of the two
    zones must not concern it.
    """

    vpc_id: str
    zones: tuple[str, str]
    subnet_ids: tuple[str, str]
    database_subnet_ids: tuple[str, ...]


def default_network(region: str, zones: Sequence[str] | None = None, required: Requirement | None = None) -> Network:
    """The default VPC with a subnet in each of two zones: those given, else the first two in alphabetical order.

    Two, because a load balancer needs two zones and pays for a public address in each. The choice is stable: the
    default subnet of a zone does not change, and new zones sort after old ones. `required` is what a zone must have
    besides Fargate, and whether a zone of an id has it.

    Raises:
        UserError: when there is no default VPC, it is cut off from the internet, or a zone cannot be used.
    """
    vpcs = aws.ec2.get_vpcs(filters=[{"name": "is-default", "values": ["true"]}]).ids
    if not vpcs:
        raise UserError(
            f"this account has no default VPC in {region}", f"run `aws ec2 create-default-vpc --region {region}`"
        )
    _require_gateway(vpcs[0], region)
    found = aws.ec2.get_subnets(
        filters=[{"name": "vpc-id", "values": [vpcs[0]]}, {"name": "default-for-az", "values": ["true"]}]
    ).ids
    by_zone = {subnet.availability_zone: subnet for subnet in map(_subnet, sorted(found))}
    refused = {zone: reason for zone, each in by_zone.items() if (reason := _refusal(each, region, required))}
    usable = [zone for zone in by_zone if zone not in refused]
    for zone in zones or ():
        _require_usable(zone, [*by_zone], refused, region)
    first_two = sorted(zones or usable)[:2]
    if len(first_two) < 2:  # noqa: PLR2004  # a load balancer needs two
        raise UserError(
            f"the default VPC in {region} has default subnets that can be used in fewer than two zones"
            f"{_reasons(refused)}",
            f"run `aws ec2 create-default-subnet --availability-zone {region}a` (or b, c, ...)",
        )
    return Network(
        vpc_id=vpcs[0],
        zones=(first_two[0], first_two[1]),
        subnet_ids=(by_zone[first_two[0]].id, by_zone[first_two[1]].id),
        database_subnet_ids=tuple(sorted(found)),
    )


def _subnet(subnet_id: str) -> aws.ec2.GetSubnetResult:
    return aws.ec2.get_subnet(id=subnet_id)


def _require_gateway(vpc_id: str, region: str) -> None:
    """Refuse a VPC without a way out, which AWS refuses a load balancer and in which tasks hang at their image."""
    try:
        aws.ec2.get_internet_gateway(filters=[{"name": "attachment.vpc-id", "values": [vpc_id]}])
    except Exception as error:  # noqa: BLE001  # the SDK raises bare exceptions here
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip(" *")
        gateway = "$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)"
        raise UserError(
            f"the internet gateway of the default VPC in {region} is missing or cannot be read ({printable(reason)})",
            f"run `aws ec2 attach-internet-gateway --region {region} --vpc-id {vpc_id} --internet-gateway-id {gateway}`"
            ", and add a route to it",
        ) from None


def _require_usable(zone: str, existing: Sequence[str], refused: Mapping[str, str], region: str) -> None:
    others = config_command("platform", "set availabilityZones ZONES")
    if zone not in existing:
        raise UserError(
            f"the default VPC in {region} has no default subnet in {zone} (it has {', '.join(sorted(existing))})",
            f"run {others} with two of those, or `aws ec2 create-default-subnet --availability-zone {zone}`",
        )
    if zone in refused:
        raise UserError(f"the zone {zone} cannot be used: {refused[zone]}", f"run {others} with two others")


def _refusal(subnet: aws.ec2.GetSubnetResult, region: str, required: Requirement | None) -> str | None:
    """Why neither entrance nor tasks could be in a subnet; None where they can."""
    offered = _FARGATE_ZONES.get(region)
    if offered and subnet.availability_zone_id not in offered:
        return f"{subnet.availability_zone_id} has no Fargate"
    if required and not required[1](subnet.availability_zone_id):
        return f"{subnet.availability_zone_id} has no {required[0]}"
    if not subnet.map_public_ip_on_launch:
        return f"its default subnet {subnet.id} is private (it gives out no public addresses)"
    return None


def _reasons(refused: Mapping[str, str]) -> str:
    return f" ({'; '.join(f'{zone}: {reason}' for zone, reason in sorted(refused.items()))})" if refused else ""
