"""Two small private subnets in the default VPC: CloudFront's VPC origins ask that their load balancer is in such."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

import pulumi
import pulumi_aws as aws
from network import Network

from conducky.deployed import deployed_resources
from conducky.errors import UserError
from conducky.naming import Names

PRIVATE = "private"  # the component, whose name its subnets begin with
# Of every default VPC: https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
_DEFAULT_VPC = IPv4Network("172.31.0.0/16")
# The smallest that a load balancer takes:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
_BITS = 27


@dataclass(frozen=True)
class PrivateSubnetsArgs:
    """The VPC and its zones, and the block of addresses for each."""

    names: Names
    network: Network
    blocks: tuple[str, str]


class PrivateSubnets(pulumi.ComponentResource):
    """A subnet in each zone, with a route table that leads nowhere but into the VPC."""

    ids: list[pulumi.Output[str]]

    def __init__(self, name: str, args: PrivateSubnetsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:PrivateSubnets", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        label = {"Name": args.names.of(name)}
        table = aws.ec2.RouteTable(name, vpc_id=args.network.vpc_id, tags=label, opts=child)
        self.ids = []
        for number, (zone, block) in enumerate(zip(args.network.zones, args.blocks, strict=True), start=1):
            subnet = aws.ec2.Subnet(
                f"{name}-{number}",
                vpc_id=args.network.vpc_id,
                availability_zone=zone,
                cidr_block=block,
                map_public_ip_on_launch=False,
                tags=label,
                opts=child,
            )
            # Without one of its own, a subnet has the VPC's table, and with it a way to the internet.
            association = aws.ec2.RouteTableAssociation(
                f"{name}-{number}", subnet_id=subnet.id, route_table_id=table.id, opts=child
            )
            self.ids.append(pulumi.Output.all(subnet.id, association.id).apply(lambda both: str(both[0])))
        self.register_outputs({})


def free_blocks(network: Network) -> tuple[str, str]:
    """A block of addresses for each zone: that of its subnet of before, else the highest ones that nobody has.

    A subnet that changes its zone is another one, created before the present ones go: it takes none of their blocks.
    To be called before anything is registered.

    Raises:
        UserError: the VPC has no addresses left.
    """
    found = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [network.vpc_id]}]).ids
    taken = [ip_network(aws.ec2.get_subnet(id=each).cidr_block) for each in found]
    free = (str(block) for block in _from_the_top() if not any(block.overlaps(other) for other in taken))
    before = deployed_resources("aws:ec2/subnet:Subnet")

    def kept(name: str, zone: str) -> str | None:
        subnet = before.get(name, {})
        return str(subnet["cidrBlock"]) if subnet.get("availabilityZone") == zone else None

    try:
        first, second = (
            kept(f"{PRIVATE}-{number}", zone) or next(free) for number, zone in enumerate(network.zones, start=1)
        )
    except RuntimeError:  # what a generator makes of another's end
        raise UserError(
            "the default VPC has no 32 free addresses in a row, which `https: cloudfront` needs in each of two zones",
            "delete a subnet that nobody uses: `aws ec2 describe-subnets` lists them",
        ) from None
    return first, second


def _from_the_top() -> Iterator[IPv4Network]:
    size = 2 ** (32 - _BITS)
    for start in range(int(_DEFAULT_VPC.broadcast_address) + 1 - size, int(_DEFAULT_VPC.network_address) - 1, -size):
        yield IPv4Network((start, _BITS))
