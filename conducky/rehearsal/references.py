"""What cannot be deleted because something else in the account uses it; AWS's own words for each."""

from collections.abc import Callable, Iterator

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.account import Account, ResourceFailedError

_LISTENER = "aws:lb/listener:Listener"
_RULE = "aws:lb/listenerRule:ListenerRule"


def require_unused(account: Account, token: str, ident: str, outputs: Properties) -> None:
    """Refuse to delete what is in use.

    Raises:
        ResourceFailedError: it is, by a resource that the message names.
    """
    found = _REFUSALS.get(token)
    for reason in found(account, {**outputs, "id": ident}) if found else ():
        raise ResourceFailedError(reason)


def forwards_to(resource: Properties) -> set[str]:
    """The target groups that a rule or a listener leads to."""
    actions = bags(resource, "actions") + bags(resource, "defaultActions")
    weighted = [str(group["arn"]) for action in actions for group in bags(bag(action, "forward"), "targetGroups")]
    return {*weighted, *(str(action["targetGroupArn"]) for action in actions if action.get("targetGroupArn"))}


def _security_group(account: Account, group: Properties) -> Iterator[str]:
    ident = group["id"]
    holders: tuple[tuple[str, str, Callable[[Properties], list[str]]], ...] = (
        ("aws:lb/loadBalancer:LoadBalancer", "name", lambda found: texts(found, "securityGroups")),
        ("aws:apigatewayv2/vpcLink:VpcLink", "name", lambda found: texts(found, "securityGroupIds")),
        ("aws:rds/instance:Instance", "identifier", lambda found: texts(found, "vpcSecurityGroupIds")),
        (
            "aws:ecs/service:Service",
            "name",
            lambda found: texts(bag(found, "networkConfiguration"), "securityGroups"),
        ),
        *(
            (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule", "id", _referenced)
            for way in ("Ingress", "Egress")
        ),
    )
    for token, name, groups in holders:
        for found in account.of(token):
            if ident in groups(found) and found.get("securityGroupId") != ident:
                yield f"DependencyViolation: resource {ident} has a dependent object ({found.get(name)})"


def _referenced(rule: Properties) -> list[str]:
    return [str(rule.get("referencedSecurityGroupId"))]


def _target_group(account: Account, group: Properties) -> Iterator[str]:
    for token in (_RULE, _LISTENER):
        for found in account.of(token):
            if group["arn"] in forwards_to(found):
                yield f"ResourceInUse: Target group '{group['arn']}' is currently in use by a listener or a rule"


def _namespace(account: Account, namespace: Properties) -> Iterator[str]:
    for found in account.of("aws:servicediscovery/service:Service"):
        if bag(found, "dnsConfig").get("namespaceId") == namespace["id"]:
            yield f"ResourceInUse: Namespace {namespace['id']} has the service {found['name']}"


def _subnet_group(account: Account, group: Properties) -> Iterator[str]:
    for found in account.of("aws:rds/instance:Instance"):
        if found.get("dbSubnetGroupName") == group["name"]:
            yield (
                f"InvalidDBSubnetGroupStateFault: Cannot delete the subnet group '{group['name']}' because at least "
                f"one database instance: {found['identifier']} is still using it."
            )


def _parameter_group(account: Account, group: Properties) -> Iterator[str]:
    for found in account.of("aws:rds/instance:Instance"):
        if found.get("parameterGroupName") == group["name"]:
            yield (
                "InvalidDBParameterGroupState: One or more database instances are still members of this parameter "
                f"group {group['name']}, so the group cannot be deleted ({found['identifier']})"
            )


def _cluster(account: Account, cluster: Properties) -> Iterator[str]:
    for found in account.of("aws:ecs/service:Service"):
        if found.get("cluster") == cluster["arn"]:
            yield (
                "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active "
                f"({found['name']})"
            )


def _attached(holder: str, *tokens: str) -> Callable[[Account, Properties], Iterator[str]]:
    def reasons(account: Account, entity: Properties) -> Iterator[str]:
        for token in tokens:
            for found in account.of(token):
                if found.get(holder) == entity["name"]:
                    what = found.get("policyArn") or found.get("name")
                    yield f"DeleteConflict: Cannot delete entity, must detach all policies first ({what})"

    return reasons


def _policy(account: Account, policy: Properties) -> Iterator[str]:
    for kind in ("role", "user"):
        for found in account.of(f"aws:iam/{kind}PolicyAttachment:{kind.title()}PolicyAttachment"):
            if found.get("policyArn") == policy["arn"]:
                yield f"DeleteConflict: Cannot delete a policy attached to entities ({found[kind]})"
        for found in account.of(f"aws:iam/{kind}:{kind.title()}"):
            if found.get("permissionsBoundary") == policy["arn"]:
                yield f"DeleteConflict: Cannot delete a policy attached to entities ({found['name']}, as boundary)"


_REFUSALS: dict[str, Callable[[Account, Properties], Iterator[str]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:iam/policy:Policy": _policy,
    "aws:iam/role:Role": _attached(
        "role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    ),
    "aws:iam/user:User": _attached("user", "aws:iam/userPolicyAttachment:UserPolicyAttachment"),
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:rds/parameterGroup:ParameterGroup": _parameter_group,
    "aws:rds/subnetGroup:SubnetGroup": _subnet_group,
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _namespace,
}
