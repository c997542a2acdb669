"""Every name fits what AWS takes, also the longest that this repository allows."""

import re
from typing import NamedTuple

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import LONGEST_PREFIX
from conducky.repository import LAYERS
from tests.guardrails.conftest import ALARMS, GITHUB

LONGEST_PROJECT = "a" * (LONGEST_PREFIX - len("-dev-"))


class Limit(NamedTuple):
    property: str
    length: int
    pattern: str = r"[A-Za-z0-9-]+"


# From AWS's API references, and kept apart from the rehearsal's catalogue on purpose: the one checks the other.
LIMITS = {
    "aws:budgets/budget:Budget": Limit("name", 100, r"[^:\\]+"),
    "aws:apigatewayv2/api:Api": Limit("name", 128),
    "aws:apigatewayv2/vpcLink:VpcLink": Limit("name", 128),
    "aws:cloudwatch/dashboard:Dashboard": Limit("dashboardName", 255, r"[A-Za-z0-9_-]+"),
    "aws:cloudwatch/eventRule:EventRule": Limit("name", 64, r"[.A-Za-z0-9_-]+"),
    "aws:cloudwatch/logGroup:LogGroup": Limit("name", 512),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Limit("name", 255),
    "aws:ec2/securityGroup:SecurityGroup": Limit("name", 255, r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+"),
    "aws:ecr/repository:Repository": Limit("name", 256, r"[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "aws:ecs/cluster:Cluster": Limit("name", 255),
    "aws:ecs/service:Service": Limit("name", 255),
    "aws:ecs/taskDefinition:TaskDefinition": Limit("family", 255),
    "aws:iam/policy:Policy": Limit("name", 128),
    "aws:iam/role:Role": Limit("name", 64),
    "aws:iam/rolePolicy:RolePolicy": Limit("name", 128),
    "aws:iam/user:User": Limit("name", 64),
    "aws:lb/loadBalancer:LoadBalancer": Limit("name", 32, r"(?!internal-)[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
    "aws:lb/targetGroup:TargetGroup": Limit("name", 32, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
    "aws:rds/instance:Instance": Limit("identifier", 63, r"[a-z](-?[a-z0-9])*"),
    "aws:rds/parameterGroup:ParameterGroup": Limit("name", 255, r"[a-z](-?[a-z0-9])*"),
    "aws:rds/subnetGroup:SubnetGroup": Limit("name", 255, r"[a-z0-9._-]+"),
    "aws:s3/bucket:Bucket": Limit("bucket", 63, r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "aws:scheduler/schedule:Schedule": Limit("name", 64, r"[0-9A-Za-z_.-]+"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": Limit("name", 253, r"[a-z0-9-]{1,63}\.internal"),
    "aws:servicediscovery/service:Service": Limit("name", 127),
    "aws:sns/topic:Topic": Limit("name", 256, r"[A-Za-z0-9_-]+"),
    "aws:ssm/parameter:Parameter": Limit("name", 1011, r"(/(?!aws|ssm)[A-Za-z0-9_.-]+)+"),
}
# What makes the most names.
MOST = {
    "bootstrap": GITHUB,
    "platform": {"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken", "accessLogDays": "90"},
    "services": ALARMS,
}
UNNAMED = {
    "aws:acm/certificate:Certificate",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:cloudfront/distribution:Distribution",
    "aws:cloudfront/vpcOrigin:VpcOrigin",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/subnet:Subnet",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/stage:Stage",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/serviceLinkedRole:ServiceLinkedRole",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:lb/listener:Listener",
    "aws:lb/listenerRule:ListenerRule",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}


def names(made: Evaluation) -> list[tuple[str, str, Limit]]:
    """(type, physical name, what AWS takes) of every named resource."""
    return [
        (resource.type, resource.outputs[limit.property], limit)
        for resource in made.resources
        if (limit := LIMITS.get(resource.type))
    ]


def check(made: Evaluation) -> None:
    assert names(made)
    for token, name, limit in names(made):
        assert len(name) <= limit.length, f"{token}: {name} has {len(name)} characters, and AWS takes {limit.length}"
        assert re.fullmatch(limit.pattern, name), f"{token}: AWS refuses the name {name}"


def test_every_name_is_one_that_aws_takes(made: Evaluation) -> None:
    check(made)


@pytest.mark.parametrize("layer", LAYERS)
def test_also_with_the_longest_project_and_stack(layer: str) -> None:
    made = evaluate(layer, config={"projectName": LONGEST_PROJECT, **MOST.get(layer, {})})
    assert len(made.exports["name_prefix"]) == LONGEST_PREFIX
    check(made)


def test_every_type_with_a_name_is_checked(made: Evaluation) -> None:
    types = {resource.type for resource in made.resources if resource.type.startswith("aws:")}
    unknown = types - LIMITS.keys() - UNNAMED
    assert unknown == set(), f"add {unknown} to LIMITS, with what AWS's API reference says, or to UNNAMED"


def test_every_name_begins_with_the_stacks_prefix(made: Evaluation) -> None:
    """The deployer's policies reach nothing else. The account's budget is an AWS admin's, and no stack's alone."""
    prefix = made.exports["name_prefix"]
    path = f"/{prefix.replace('-', '/')}"
    own = [name for token, name, _ in names(made) if token != "aws:budgets/budget:Budget"]
    outside = [name for name in own if not name.startswith((prefix, path))]
    assert outside == [], f"the deployer may not make {outside}: take names from `conducky.naming.Names`"


def test_a_resource_that_can_be_replaced_has_a_name_of_its_own(platform_of_each_stack: Evaluation) -> None:
    """Without the random end, the new one could not be created before the old one goes."""
    for token in (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:rds/instance:Instance",
        "aws:s3/bucket:Bucket",
    ):
        for resource in platform_of_each_stack.of(token):
            name = LIMITS[token].property
            assert name not in resource.inputs, f"{resource.name} has a fixed {name}"
