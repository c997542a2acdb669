"""What the rehearsal's AWS answers when a program asks (data sources, `get_…` functions)."""

import re
from collections.abc import Callable
from typing import TypeAlias

from conducky.catalog.outputs import digits
from conducky.catalog.property_bag import Properties
from conducky.naming import Place

VPC = "vpc-0" + digits("default vpc")
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


def _caller_identity(_arguments: Properties, place: Place) -> Properties:
    user = place.arn("iam", "user/rehearsal")
    return {"accountId": place.account_id, "arn": user, "id": place.account_id, "userId": "AIDAREHEARSAL"}


def _vpcs(_arguments: Properties, place: Place) -> Properties:
    return {"ids": [VPC], "id": place.region, "region": place.region}


def _subnets(_arguments: Properties, place: Place) -> Properties:
    return {"ids": sorted(subnets(place).values()), "id": place.region, "region": place.region}


def _subnet(arguments: Properties, place: Place) -> Properties | None:
    for zone, subnet in subnets(place).items():
        if subnet == arguments.get("id"):
            zones = {"availabilityZone": zone, "availabilityZoneId": zone_id(place, zone)}
            return {"id": subnet, "vpcId": VPC, "region": place.region, "mapPublicIpOnLaunch": True, **zones}
    return None


def _internet_gateway(_arguments: Properties, place: Place) -> Properties:
    gateway = "igw-0" + digits("gateway")
    return {"id": gateway, "internetGatewayId": gateway, "region": place.region}


def _authorization_token(_arguments: Properties, place: Place) -> Properties:
    return {
        "id": place.region,
        "userName": "AWS",
        "password": REGISTRY_TOKEN,
        "authorizationToken": REGISTRY_TOKEN,
        "proxyEndpoint": f"https://{place.account_id}.dkr.ecr.{place.region}.amazonaws.com",
        "expiresAt": "2100-01-01T00:00:00Z",
    }


def _roles(_arguments: Properties, _place: Place) -> Properties:
    """A new account has no roles yet."""
    return {"names": [], "arns": []}


def _images(_arguments: Properties, place: Place) -> Properties:
    """Nothing is pushed yet; a rehearsal answers from what it built."""
    return {"imageIds": [], "region": place.region}


def _openid_connect_provider(arguments: Properties, place: Place) -> Properties | None:
    if arguments.get("url") != f"https://{GITHUB}":
        return None
    arn = place.arn("iam", f"oidc-provider/{GITHUB}")
    return {"arn": arn, "id": arn, "url": GITHUB, "clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": []}


LOOKUPS: dict[str, Lookup] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:ec2/getInternetGateway:getInternetGateway": _internet_gateway,
    "aws:ec2/getVpcs:getVpcs": _vpcs,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
    "aws:ecr/getImages:getImages": _images,
    "aws:iam/getRoles:getRoles": _roles,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": _openid_connect_provider,
}
