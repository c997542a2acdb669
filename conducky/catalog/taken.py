"""Names of which AWS allows one only, and what it says of a second, in its own words."""

from collections.abc import Iterable
from dataclasses import dataclass

from conducky.catalog.property_bag import Properties


@dataclass(frozen=True)
class Unique:
    """`properties` together are unique among the resources of a type; `words` may name each, and `account_id`."""

    properties: tuple[str, ...]
    words: str


_NAME = ("name",)

UNIQUE: dict[str, Unique] = {
    "aws:apigatewayv2/route:Route": Unique(
        ("routeKey", "apiId"), "ConflictException: Route with key {routeKey} already exists for this API"
    ),
    "aws:apigatewayv2/stage:Stage": Unique(("name", "apiId"), "ConflictException: Stage already exists"),
    "aws:budgets/budget:Budget": Unique(
        _NAME, "DuplicateRecordException: Error creating budget: {name} - the budget already exists."
    ),
    "aws:cloudwatch/logGroup:LogGroup": Unique(
        _NAME, "ResourceAlreadyExistsException: The specified log group already exists ({name})"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Unique(
        ("name", "vpcId"), "InvalidGroup.Duplicate: The security group '{name}' already exists for VPC '{vpcId}'"
    ),
    "aws:ecr/repository:Repository": Unique(
        _NAME,
        "RepositoryAlreadyExistsException: The repository with name '{name}' already exists in the registry with id "
        "'{account_id}'",
    ),
    "aws:ecs/service:Service": Unique(
        ("name", "cluster"), "InvalidParameterException: Creation of service was not idempotent. ({name})"
    ),
    "aws:iam/policy:Policy": Unique(_NAME, "EntityAlreadyExists: A policy called {name} already exists."),
    "aws:iam/role:Role": Unique(_NAME, "EntityAlreadyExists: Role with name {name} already exists."),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": Unique(
        ("awsServiceName",),
        "InvalidInput: Service role name for {awsServiceName} has been taken in this account, please try a different "
        "suffix.",
    ),
    "aws:iam/user:User": Unique(_NAME, "EntityAlreadyExists: User with name {name} already exists."),
    "aws:lb/listener:Listener": Unique(
        ("loadBalancerArn", "port"), "DuplicateListener: A listener already exists on this port ({port})"
    ),
    "aws:lb/loadBalancer:LoadBalancer": Unique(
        _NAME,
        "DuplicateLoadBalancerName: A load balancer with the same name '{name}' exists, but with different settings",
    ),
    "aws:lb/targetGroup:TargetGroup": Unique(
        _NAME,
        "DuplicateTargetGroupName: A target group with the same name '{name}' exists, but with different settings",
    ),
    "aws:rds/instance:Instance": Unique(
        ("identifier",), "DBInstanceAlreadyExists: DB instance already exists ({identifier})"
    ),
    "aws:rds/parameterGroup:ParameterGroup": Unique(
        _NAME, "DBParameterGroupAlreadyExists: Parameter group {name} already exists"
    ),
    "aws:rds/subnetGroup:SubnetGroup": Unique(
        _NAME, "DBSubnetGroupAlreadyExists: The DB subnet group '{name}' already exists."
    ),
    "aws:scheduler/schedule:Schedule": Unique(_NAME, "ConflictException: Schedule {name} already exists."),
    "aws:ssm/parameter:Parameter": Unique(
        _NAME, "ParameterAlreadyExists: The parameter already exists ({name}). To overwrite it, set overwrite to true"
    ),
}


def refusal(token: str, inputs: Properties, existing: Iterable[Properties], account_id: str) -> str | None:
    """What AWS says when another of the type has the same name; None where there is none."""
    unique = UNIQUE.get(token)
    if unique is None or any(inputs.get(name) is None for name in unique.properties[:1]):
        return None
    mine = [inputs.get(name) for name in unique.properties]
    if all(mine != [other.get(name) for name in unique.properties] for other in existing):
        return None
    return unique.words.format(account_id=account_id, **{name: inputs.get(name) for name in unique.properties})
