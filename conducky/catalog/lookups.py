"""What the rehearsal's AWS answers when a program asks (data sources, `get_…` functions)."""

import re
from collections.abc import Callable
from typing import TypeAlias

from conducky.catalog.outputs import digits, filled
from conducky.catalog.property_bag import Properties
from conducky.naming import Place

VPC = "vpc-0" + digits("default vpc")
PREFIX_LIST = "pl-" + digits("CloudFront's addresses", 8)
GATEWAY = "igw-0" + digits("gateway")
ZONES = ("a", "b", "c")
REGISTRY_TOKEN = "rehearsal-registry-token"  # noqa: S105  # visibly fake: nothing is pushed anywhere

GITHUB = "token.actions.githubusercontent.com"

UNANSWERED = "the rehearsal has no answer to {token}: add one to `LOOKUPS` in conducky/catalog/lookups.py"

Lookup: TypeAlias = Callable[[Properties, Place], Properties | None]


def subnets(place: Place) -> dict[str, str]:
    """The default subnets: zone to id."""
    return {place.region + zone: f"subnet-0{digits(place.region + zone)}" for zone in ZONES}


def zone_id(place: Place, zone: str) -> str:
    """The id of a zone, which is the same in every account: `use1-az1` for us-east-1a."""
    area, *direction, number = place.region.split("-")
    words = re.findall("north|south|east|west|central", "".join(direction))
    return f"{area}{''.join(word[0] for word in words)}{number}-az{ZONES.index(zone[-1]) + 1}"


def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
    """The answer of an account with a default VPC of three zones that has GitHub's identity provider.

    None if the question is unknown, or asks for something that the account does not have.
    """
    lookup = LOOKUPS.get(token)
    return lookup(arguments, place) if lookup else None


def _subnet(arguments: Properties, place: Place) -> Properties | None:
    for zone, subnet in subnets(place).items():
        if subnet == arguments.get("id"):
            block = f"172.31.{16 * ZONES.index(zone[-1])}.0/20"
            zones = {"availabilityZone": zone, "availabilityZoneId": zone_id(place, zone), "cidrBlock": block}
            return {"id": subnet, "vpcId": VPC, "region": place.region, "mapPublicIpOnLaunch": True, **zones}
    return None


def _zone(arguments: Properties, _place: Place) -> Properties:
    """Every public zone that somebody asks for is in this account."""
    name = str(arguments.get("name"))
    return {"name": name, "zoneId": f"Z{digits(name).upper()}", "privateZone": False}


def _openid_connect_provider(arguments: Properties, place: Place) -> Properties | None:
    if arguments.get("url") != f"https://{GITHUB}":
        return None
    arn = place.arn("iam", f"oidc-provider/{GITHUB}")
    return {"arn": arn, "id": arn, "url": GITHUB, "clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": []}


def _fixed(**answer: object) -> Lookup:
    """The same answer to whatever is asked; a text can name the `region` and the `account`."""

    def lookup(_arguments: Properties, place: Place) -> Properties:
        known = {"region": place.region, "account": place.account_id}
        return {name: filled(value, known) if isinstance(value, str) else value for name, value in answer.items()}

    return lookup


LOOKUPS: dict[str, Lookup] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _fixed(
        accountId="{account}", arn="arn:aws:iam::{account}:user/rehearsal", id="{account}", userId="AIDAREHEARSAL"
    ),
    "aws:ec2/getInternetGateway:getInternetGateway": _fixed(id=GATEWAY, internetGatewayId=GATEWAY, region="{region}"),
    "aws:ec2/getVpcs:getVpcs": _fixed(ids=[VPC], id="{region}", region="{region}"),
    "aws:ec2/getSubnets:getSubnets": lambda _arguments, place: {
        "ids": sorted(subnets(place).values()),
        "id": place.region,
        "region": place.region,
    },
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _fixed(
        id="{region}",
        userName="AWS",
        password=REGISTRY_TOKEN,
        authorizationToken=REGISTRY_TOKEN,
        proxyEndpoint="https://{account}.dkr.ecr.{region}.amazonaws.com",
        expiresAt="2100-01-01T00:00:00Z",
    ),
    # Nothing is pushed yet, and a new account has no roles; a rehearsal answers from what it made
    "aws:ecr/getImages:getImages": _fixed(imageIds=[], region="{region}"),
    "aws:ec2/getManagedPrefixLists:getManagedPrefixLists": _fixed(ids=[PREFIX_LIST], id="{region}"),
    "aws:route53/getZone:getZone": _zone,
    "aws:iam/getRoles:getRoles": _fixed(names=[], arns=[]),
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": _openid_connect_provider,
}
