"""What the stand-in for a cloud answers when a program asks (data sources, `get_…` functions)."""

from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import digits
from conducky.naming import Place

VPC = "vpc-0" + digits("default vpc")
ZONES = ("a", "b", "c")
# An obvious stand-in: nothing is pushed anywhere.
REGISTRY_TOKEN = "rehearsal-registry-token"  # noqa: S105

GITHUB = "token.actions.githubusercontent.com"

UNANSWERED = "the rehearsal has no answer to {token}: add one to `answer` in conducky/catalog/lookups.py"


def subnets(place: Place) -> dict[str, str]:
    """The default subnets: zone to id."""
    return {place.region + zone: f"subnet-0{digits(place.region + zone)}" for zone in ZONES}


def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
    """The answer of an account with a default VPC of three zones that knows GitHub, or None to an unknown question."""
    zones = {subnet: zone for zone, subnet in subnets(place).items()}
    found: Properties | None = None
    match token:
        case "aws:index/getCallerIdentity:getCallerIdentity":
            user = place.arn("iam", "user/rehearsal")
            found = {"accountId": place.account_id, "arn": user, "id": place.account_id, "userId": "AIDAREHEARSAL"}
        case "aws:ec2/getVpcs:getVpcs":
            found = {"ids": [VPC], "id": place.region, "region": place.region}
        case "aws:ec2/getSubnets:getSubnets":
            found = {"ids": sorted(zones), "id": place.region, "region": place.region}
        case "aws:ec2/getSubnet:getSubnet" if arguments.get("id") in zones:
            subnet = str(arguments["id"])
            found = {"id": subnet, "availabilityZone": zones[subnet], "vpcId": VPC, "region": place.region}
        case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
            registry = f"https://{place.account_id}.dkr.ecr.{place.region}.amazonaws.com"
            token_fields = {"userName": "AWS", "password": REGISTRY_TOKEN, "authorizationToken": REGISTRY_TOKEN}
            found = {**token_fields, "id": place.region, "proxyEndpoint": registry, "expiresAt": "2100-01-01T00:00:00Z"}
        case "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider" if arguments.get("url") == f"https://{GITHUB}":
            arn = place.arn("iam", f"oidc-provider/{GITHUB}")
            found = {
                "arn": arn,
                "id": arn,
                "url": GITHUB,
                "clientIdLists": ["sts.amazonaws.com"],
                "thumbprintLists": [],
            }
        case _:
            pass
    return found
