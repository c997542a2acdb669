"""What AWS returns when it creates a resource of each type: its id, and the outputs that it adds."""

import secrets
import string
from collections.abc import Callable
from typing import TypeAlias

from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import Made, digits
from conducky.naming import Place

Make: TypeAlias = Callable[[Properties, Place, str], Made]


def named(service: str, kind: str, *, separator: str = "/", arn_is_id: bool = False) -> Make:
    """Resources whose ARN ends with their name."""

    def make(inputs: Properties, place: Place, _seed: str) -> Made:
        name = str(inputs.get("name"))
        path = str(inputs.get("path") or "/").strip("/")
        arn = place.arn(service, f"{kind}{separator}{path + '/' if path else ''}{name}")
        return Made(arn if arn_is_id else name, {"arn": arn})

    return make


SERVICE_ROLES = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
}


def service_linked_role(inputs: Properties, place: Place, _seed: str) -> Made:
    """The role that AWS defines for a service; AWS gives it its name."""
    service = str(inputs["awsServiceName"])
    name, path = SERVICE_ROLES[service], f"/aws-service-role/{service}/"
    arn = place.arn("iam", f"role{path}{name}")
    return Made(arn, {"arn": arn, "name": name, "path": path})


def repository(inputs: Properties, place: Place, _seed: str) -> Made:
    """An ECR repository and its address."""
    name = str(inputs["name"])
    url = f"{place.account_id}.dkr.ecr.{place.region}.amazonaws.com/{name}"
    arn = place.arn("ecr", f"repository/{name}")
    return Made(name, {"arn": arn, "repositoryUrl": url, "registryId": place.account_id})


def budget(inputs: Properties, place: Place, _seed: str) -> Made:
    """A budget of the account."""
    name = str(inputs["name"])
    return Made(f"{place.account_id}:{name}", {"arn": place.arn("budgets", f"budget/{name}")})


def numbered(prefix: str, kind: str) -> Make:
    """Resources that AWS numbers, such as `sg-0123456789abcdef0`."""

    def make(_inputs: Properties, place: Place, seed: str) -> Made:
        ident = f"{prefix}-0{digits(seed)}"
        return Made(ident, {"arn": place.arn("ec2", f"{kind}/{ident}")})

    return make


def balancing(kind: str) -> Make:
    """Load balancers and target groups; the host name of a load balancer depends on its name."""

    def make(inputs: Properties, place: Place, seed: str) -> Made:
        name = str(inputs["name"])
        arn = place.arn("elasticloadbalancing", f"{kind}/{name}/{digits(seed)}")
        outputs: Properties = {"arn": arn, "arnSuffix": arn.split(":", 5)[5].removeprefix("loadbalancer/")}
        if kind == "loadbalancer/app":
            host = f"{name}-{int(digits(name, 8), 16)}.{place.region}.elb.amazonaws.com"
            outputs |= {"dnsName": host, "zoneId": "Z35SXDOTRQ7X7K"}
        return Made(arn, outputs)

    return make


def below(parent: str, old: str, new: str) -> Make:
    """A listener below its load balancer, a rule below its listener."""

    def make(inputs: Properties, _place: Place, seed: str) -> Made:
        arn = f"{str(inputs[parent]).replace(old, new, 1)}/{digits(seed)}"
        return Made(arn, {"arn": arn})

    return make


def database(inputs: Properties, place: Place, _seed: str) -> Made:
    """An RDS instance and its address."""
    name = str(inputs["identifier"])
    host = f"{name}.c{digits(name, 11)}.{place.region}.rds.amazonaws.com"
    port = inputs.get("port") or 5432
    arn = place.arn("rds", f"db:{name}")
    return Made(name, {"arn": arn, "address": host, "port": port, "endpoint": f"{host}:{port}", "status": "available"})


def task_definition(inputs: Properties, place: Place, _seed: str) -> Made:
    """A task definition in its first revision; the handler, which knows the earlier ones, counts up."""
    family = str(inputs["family"])
    bare = place.arn("ecs", f"task-definition/{family}")
    return Made(family, {"arn": f"{bare}:1", "arnWithoutRevision": bare, "revision": 1})


def service(inputs: Properties, place: Place, _seed: str) -> Made:
    """An ECS service, below its cluster."""
    cluster = str(inputs["cluster"]).rpartition("/")[2]
    arn = place.arn("ecs", f"service/{cluster}/{inputs['name']}")
    return Made(arn, {"arn": arn})


def cluster(inputs: Properties, place: Place, _seed: str) -> Made:
    """An ECS cluster."""
    arn = place.arn("ecs", f"cluster/{inputs['name']}")
    return Made(arn, {"arn": arn})


def parameter(inputs: Properties, place: Place, _seed: str) -> Made:
    """An SSM parameter in its first version."""
    name = str(inputs["name"])
    arn = place.arn("ssm", f"parameter{name if name.startswith('/') else '/' + name}")
    return Made(name, {"arn": arn, "version": 1})


def image(inputs: Properties, _place: Place, seed: str) -> Made:
    """An image; the handler that builds it returns the real digest."""
    digest = f"sha256:{digits(seed, 64)}"
    tag = (inputs.get("tags") or ["image"])[0]
    return Made(digest, {"digest": digest, "ref": f"{tag}@{digest}", "contextHash": digits(seed, 64)})


def password(inputs: Properties, _place: Place, _seed: str) -> Made:
    """A random password of letters and digits."""
    alphabet = string.ascii_letters + string.digits
    result = "".join(secrets.choice(alphabet) for _ in range(int(inputs.get("length") or 16)))
    return Made("none", {"result": result, "bcryptHash": "not-made-in-a-rehearsal"})


def random_id(inputs: Properties, _place: Place, _seed: str) -> Made:
    """Random bytes as hexadecimal and decimal numbers."""
    number = secrets.token_hex(int(inputs.get("byteLength") or 4))
    return Made(number, {"hex": number, "dec": str(int(number, 16))})


def api(_inputs: Properties, place: Place, seed: str) -> Made:
    """An HTTP API and its address, which is HTTPS from the start."""
    ident = digits(seed, 10)
    endpoint = f"https://{ident}.execute-api.{place.region}.amazonaws.com"
    return Made(ident, {"arn": place.arn("apigateway", f"/apis/{ident}"), "apiEndpoint": endpoint})


def in_gateway(kind: str) -> Make:
    """What API Gateway numbers: VPC links by themselves, all else below its API."""

    def make(inputs: Properties, place: Place, seed: str) -> Made:
        ident = str(inputs["name"]) if kind == "stages" else digits(seed, 10)
        path = f"/vpclinks/{ident}" if kind == "vpclinks" else f"/apis/{inputs['apiId']}/{kind}/{ident}"
        return Made(ident, {"arn": place.arn("apigateway", path)})

    return make


def in_cloud_map(kind: str) -> Make:
    """A Cloud Map namespace, with its hosted zone, or a service in one."""

    def make(_inputs: Properties, place: Place, seed: str) -> Made:
        ident = f"{'ns' if kind == 'namespace' else 'srv'}-{digits(seed)}"
        zone = {"hostedZone": f"Z{digits(seed, 20).upper()}"} if kind == "namespace" else {}
        return Made(ident, {"arn": place.arn("servicediscovery", f"{kind}/{ident}"), **zone})

    return make


def attached(*properties: str) -> Make:
    """Resources without a name of their own: the id joins what they connect."""

    def make(inputs: Properties, _place: Place, _seed: str) -> Made:
        return Made("/".join(str(inputs.get(name)) for name in properties), {})

    return make
