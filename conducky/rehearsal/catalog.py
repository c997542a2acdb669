"""Every type of resource that the three programs use, by its Pulumi token.

A type that is missing here is refused by name. To add one: an entry with its name rule, the inputs that replace it and
where the provider says so, and what it answers; if it has to do something, a behaviour in `behaviours.py`.

Sources are files of the Terraform provider that pulumi-aws is built from (hashicorp/terraform-provider-aws, v6), where
`ForceNew` and `RequiresReplace` mark what cannot be changed in place.
"""

import json
import re
import secrets
import string

from conducky.rehearsal.resource_type import (
    ACCOUNT_ID,
    Made,
    NameRule,
    Place,
    ResourceType,
    at_most,
    digits,
    one_of,
)
from conducky.rehearsal.wire import UNKNOWN, Properties, bag, bags
from conducky.settings import FARGATE_SIZES

_HYPHENATED = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_RETENTION = (
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def _named(service: str, kind: str, *, separator: str = "/", regional: bool = True, arn_is_id: bool = False):  # noqa: ANN202
    """Resources whose ARN ends in their name."""

    def make(inputs: Properties, place: Place, _seed: str) -> Made:
        name = str(inputs.get("name"))
        path = str(inputs.get("path") or "/").strip("/")
        arn = place.arn(service, f"{kind}{separator}{path + '/' if path else ''}{name}", regional=regional)
        return Made(arn if arn_is_id else name, {"arn": arn})

    return make


def _repository(inputs: Properties, place: Place, _seed: str) -> Made:
    name = str(inputs["name"])
    url = f"{ACCOUNT_ID}.dkr.ecr.{place.region}.amazonaws.com/{name}"
    return Made(name, {"arn": place.arn("ecr", f"repository/{name}"), "repositoryUrl": url, "registryId": ACCOUNT_ID})


def _numbered(prefix: str, kind: str):  # noqa: ANN202
    """Resources that AWS numbers, such as `sg-0123456789abcdef0`."""

    def make(_inputs: Properties, place: Place, seed: str) -> Made:
        ident = f"{prefix}-0{digits(seed)}"
        return Made(ident, {"arn": place.arn("ec2", f"{kind}/{ident}")})

    return make


def _balancing(kind: str):  # noqa: ANN202
    def make(inputs: Properties, place: Place, seed: str) -> Made:
        name = str(inputs["name"])
        arn = place.arn("elasticloadbalancing", f"{kind}/{name}/{digits(seed)}")
        outputs: Properties = {"arn": arn, "arnSuffix": arn.split(":", 5)[5].removeprefix("loadbalancer/")}
        if kind == "loadbalancer/app":
            host = f"{name}-{int(digits(name, 8), 16)}.{place.region}.elb.amazonaws.com"
            outputs |= {"dnsName": host, "zoneId": "Z35SXDOTRQ7X7K"}
        return Made(arn, outputs)

    return make


def _below(parent: str, old: str, new: str):  # noqa: ANN202
    """A listener below its load balancer, a rule below its listener."""

    def make(inputs: Properties, _place: Place, seed: str) -> Made:
        arn = f"{str(inputs[parent]).replace(old, new, 1)}/{digits(seed)}"
        return Made(arn, {"arn": arn})

    return make


def _database(inputs: Properties, place: Place, _seed: str) -> Made:
    name = str(inputs["identifier"])
    host = f"{name}.c{digits(name, 11)}.{place.region}.rds.amazonaws.com"
    port = inputs.get("port") or 5432
    arn = place.arn("rds", f"db:{name}")
    return Made(name, {"arn": arn, "address": host, "port": port, "endpoint": f"{host}:{port}", "status": "available"})


def _task_definition(inputs: Properties, place: Place, _seed: str) -> Made:
    # The real number counts up; the behaviour that knows the earlier ones sets it.
    family = str(inputs["family"])
    bare = place.arn("ecs", f"task-definition/{family}")
    return Made(family, {"arn": f"{bare}:1", "arnWithoutRevision": bare, "revision": 1})


def _service(inputs: Properties, place: Place, _seed: str) -> Made:
    cluster = str(inputs["cluster"]).rpartition("/")[2]
    arn = place.arn("ecs", f"service/{cluster}/{inputs['name']}")
    return Made(arn, {"arn": arn})


def _cluster(inputs: Properties, place: Place, _seed: str) -> Made:
    arn = place.arn("ecs", f"cluster/{inputs['name']}")
    return Made(arn, {"arn": arn})


def _parameter(inputs: Properties, place: Place, _seed: str) -> Made:
    name = str(inputs["name"])
    arn = place.arn("ssm", f"parameter{name if name.startswith('/') else '/' + name}")
    return Made(name, {"arn": arn, "version": 1})


def _image(inputs: Properties, _place: Place, seed: str) -> Made:
    digest = f"sha256:{digits(seed, 64)}"
    tag = (inputs.get("tags") or ["image"])[0]
    return Made(digest, {"digest": digest, "ref": f"{tag}@{digest}", "contextHash": digits(seed, 64)})


def _password(inputs: Properties, _place: Place, _seed: str) -> Made:
    alphabet = string.ascii_letters + string.digits
    result = "".join(secrets.choice(alphabet) for _ in range(int(inputs.get("length") or 16)))
    return Made("none", {"result": result, "bcryptHash": "not-made-in-a-rehearsal"})


def _random_id(inputs: Properties, _place: Place, _seed: str) -> Made:
    number = secrets.token_hex(int(inputs.get("byteLength") or 4))
    return Made(number, {"hex": number, "dec": str(int(number, 16))})


def _attached(*properties: str):  # noqa: ANN202
    """Resources without a name of their own: the id joins what they connect."""

    def make(inputs: Properties, _place: Place, _seed: str) -> Made:
        return Made("/".join(str(inputs.get(name)) for name in properties), {})

    return make


def _fixed_response(inputs: Properties) -> str | None:
    """The provider takes 2xx, 4xx and 5xx only (internal/service/elbv2/listener.go)."""
    for action in bags(inputs, "defaultActions") + bags(inputs, "actions"):
        code = str(bag(action, "fixedResponse").get("statusCode") or "200")
        if code != UNKNOWN and not re.fullmatch(r"[245]\d\d", code):
            return f"a fixed response may have status 2XX, 4XX or 5XX, and not {code}"
    return None


def _fargate_size(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html."""
    cpu, memory = (str(inputs.get(name)) for name in ("cpu", "memory"))
    if UNKNOWN in (cpu, memory):
        return None
    offered = FARGATE_SIZES.get(int(cpu), ()) if cpu.isdecimal() else ()
    if memory in map(str, offered):
        return None
    return f"Fargate offers no task of {cpu} CPU units with {memory} MiB"


def _containers(inputs: Properties) -> str | None:
    text = inputs.get("containerDefinitions")
    if text == UNKNOWN:
        return None
    try:
        return None if json.loads(str(text)) else "a task definition needs a container"
    except ValueError:
        return "`containerDefinitions` is not JSON"


_POLICY_LIMIT = at_most("policy", 6144, spaces=False)

CATALOG: dict[str, ResourceType] = {
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(
        _named("logs", "log-group", separator=":"),
        "internal/service/logs/group.go",
        NameRule(length=512, pattern=r"[A-Za-z0-9_/.#-]+"),
        replaces=frozenset({"name", "logGroupClass"}),
        checks=(one_of("retentionInDays", _RETENTION),),
    ),
    "aws:ec2/securityGroup:SecurityGroup": ResourceType(
        _numbered("sg", "security-group"),
        "internal/service/ec2/vpc_security_group.go",
        NameRule(length=255, pattern=r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+"),
        replaces=frozenset({"name", "description", "vpcId"}),
        checks=(at_most("description", 255),),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ResourceType(
        _numbered("sgr", "security-group-rule"),
        "internal/service/ec2/vpc_security_group_ingress_rule.go",
        required=("securityGroupId", "ipProtocol"),
        replaces=frozenset({"securityGroupId"}),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ResourceType(
        _numbered("sgr", "security-group-rule"),
        "internal/service/ec2/vpc_security_group_ingress_rule.go",
        required=("securityGroupId", "ipProtocol"),
        replaces=frozenset({"securityGroupId"}),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ResourceType(
        _attached("repository"),
        "internal/service/ecr/lifecycle_policy.go; single: github.com/pulumi/pulumi-aws/pull/2085",
        required=("repository", "policy"),
        replaces=frozenset({"repository", "policy"}),
        single=True,
    ),
    "aws:ecr/repository:Repository": ResourceType(
        _repository,
        "internal/service/ecr/repository.go",
        NameRule(length=256, pattern=r"[a-z0-9]+([._/-][a-z0-9]+)*"),
        replaces=frozenset({"name", "encryptionConfigurations"}),
        outputs=frozenset({"arn", "repositoryUrl", "registryId"}),
    ),
    "aws:ecs/cluster:Cluster": ResourceType(
        _cluster,
        "internal/service/ecs/cluster.go",
        NameRule(length=255, pattern=r"[A-Za-z0-9_-]+"),
        replaces=frozenset({"name"}),
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ResourceType(
        _attached("clusterName"),
        "internal/service/ecs/cluster_capacity_providers.go",
        required=("clusterName",),
        replaces=frozenset({"clusterName"}),
    ),
    "aws:ecs/service:Service": ResourceType(
        _service,
        "internal/service/ecs/service.go",
        NameRule(length=255, pattern=r"[A-Za-z0-9_-]+"),
        required=("cluster", "taskDefinition"),
        replaces=frozenset({"name", "cluster", "launchType", "iamRole", "schedulingStrategy"}),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": ResourceType(
        _task_definition,
        "internal/service/ecs/task_definition.go",
        NameRule("family", 255, r"[A-Za-z0-9_-]+"),
        required=("containerDefinitions",),
        replaces=frozenset({"*"}),
        updates=frozenset({"tags", "tagsAll", "skipDestroy", "trackLatest"}),
        checks=(_fargate_size, _containers),
        outputs=frozenset({"arn", "arnWithoutRevision", "revision"}),
    ),
    "aws:iam/policy:Policy": ResourceType(
        _named("iam", "policy", regional=False, arn_is_id=True),
        "internal/service/iam/policy.go",
        NameRule(length=128, pattern=r"[\w+=,.@-]+"),
        required=("policy",),
        replaces=frozenset({"name", "path", "description"}),
        checks=(_POLICY_LIMIT,),
    ),
    "aws:iam/role:Role": ResourceType(
        _named("iam", "role", regional=False),
        "internal/service/iam/role.go",
        NameRule(length=64, pattern=r"[\w+=,.@-]+"),
        required=("assumeRolePolicy",),
        replaces=frozenset({"name", "path"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceType(
        _attached("role", "name"),
        "internal/service/iam/role_policy.go",
        NameRule(length=128, pattern=r"[\w+=,.@-]+"),
        required=("role", "policy"),
        replaces=frozenset({"name", "role"}),
        checks=(at_most("policy", 10240, spaces=False),),
    ),
    "aws:iam/user:User": ResourceType(
        _named("iam", "user", regional=False),
        "internal/service/iam/user.go",
        NameRule(length=64, pattern=r"[\w+=,.@-]+"),
    ),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ResourceType(
        _attached("user", "policyArn"),
        "internal/service/iam/user_policy_attachment.go",
        required=("user", "policyArn"),
        replaces=frozenset({"user", "policyArn"}),
    ),
    "aws:lb/listener:Listener": ResourceType(
        _below("loadBalancerArn", ":loadbalancer/", ":listener/"),
        "internal/service/elbv2/listener.go",
        required=("loadBalancerArn", "defaultActions"),
        replaces=frozenset({"loadBalancerArn"}),
        checks=(_fixed_response,),
    ),
    "aws:lb/listenerRule:ListenerRule": ResourceType(
        _below("listenerArn", ":listener/", ":listener-rule/"),
        "internal/service/elbv2/listener_rule.go",
        required=("listenerArn", "actions", "conditions"),
        replaces=frozenset({"listenerArn"}),
        checks=(_fixed_response,),
    ),
    "aws:lb/loadBalancer:LoadBalancer": ResourceType(
        _balancing("loadbalancer/app"),
        "internal/service/elbv2/load_balancer.go",
        NameRule(length=32, pattern=r"(?!internal-)" + _HYPHENATED),
        replaces=frozenset({"name", "internal", "loadBalancerType"}),
        outputs=frozenset({"arn", "dnsName", "zoneId"}),
    ),
    "aws:lb/targetGroup:TargetGroup": ResourceType(
        _balancing("targetgroup"),
        "internal/service/elbv2/target_group.go",
        NameRule(length=32, pattern=_HYPHENATED),
        replaces=frozenset({"name", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"}),
    ),
    "aws:rds/instance:Instance": ResourceType(
        _database,
        "internal/service/rds/instance.go",
        NameRule("identifier", 63, r"[a-z](-?[a-z0-9])*"),
        required=("instanceClass", "username", "password"),
        replaces=frozenset({"engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "availabilityZone"}),
        outputs=frozenset({"arn", "address", "endpoint", "port"}),
    ),
    "aws:rds/parameterGroup:ParameterGroup": ResourceType(
        _named("rds", "pg", separator=":"),
        "internal/service/rds/parameter_group.go",
        NameRule(length=255, pattern=r"[a-z](-?[a-z0-9])*"),
        required=("family",),
        replaces=frozenset({"name", "family", "description"}),
    ),
    "aws:rds/subnetGroup:SubnetGroup": ResourceType(
        _named("rds", "subgrp", separator=":"),
        "internal/service/rds/subnet_group.go",
        NameRule(length=255, pattern=r"[a-z0-9 ._-]+"),
        required=("subnetIds",),
        replaces=frozenset({"name"}),
    ),
    "aws:ssm/parameter:Parameter": ResourceType(
        _parameter,
        "internal/service/ssm/parameter.go",
        NameRule(length=1011, pattern=r"(?!/?(aws|ssm))[A-Za-z0-9_./-]+"),
        required=("type",),
        replaces=frozenset({"name"}),
        checks=(at_most("value", 4096), one_of("type", ("String", "StringList", "SecureString"))),
        outputs=frozenset({"arn", "version"}),
        moving=frozenset({"version"}),
    ),
    "docker-build:index:Image": ResourceType(
        _image,
        "github.com/pulumi/pulumi-docker-build, provider/internal/image.go: every change is an update",
        required=("push",),
        # Its token is new each time, and ignored.
        ignores=frozenset({"registries"}),
        outputs=frozenset({"digest", "ref", "contextHash"}),
        moving=frozenset({"digest", "ref", "contextHash"}),
    ),
    "random:index/randomId:RandomId": ResourceType(
        _random_id,
        "github.com/hashicorp/terraform-provider-random, internal/provider/resource_id.go",
        required=("byteLength",),
        replaces=frozenset({"*"}),
        outputs=frozenset({"hex", "dec"}),
    ),
    "random:index/randomPassword:RandomPassword": ResourceType(
        _password,
        "github.com/hashicorp/terraform-provider-random, internal/provider/resource_password.go",
        required=("length",),
        replaces=frozenset({"*"}),
        secrets=frozenset({"result", "bcryptHash"}),
        outputs=frozenset({"result", "bcryptHash"}),
    ),
}

REFUSED = (
    "the rehearsal does not know the resource type {token}: add it to CATALOG in conducky/rehearsal/catalog.py "
    "(name rule, what replaces it, what it answers)"
)
