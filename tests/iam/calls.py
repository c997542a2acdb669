"""Every call that deploying, checking and removing a stack makes, derived from what the programs register.

`measured_calls.json` holds what the real provider was seen to call for each type and phase. What never appears as a
call of the provider, or was not measured, is `DERIVED` from the services' documentation.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from conducky.evaluation.evaluate import Evaluation, Resource
from tests.iam.caller import Caller
from tests.iam.judge import Context, Request
from tests.iam.targets import BUCKET_KINDS, requests

MEASURED: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "measured_calls.json").read_text(encoding="utf-8")
)

_ELB = "elasticloadbalancing"
# Judged for the caller since October 2024, when a load balancer gets security groups; the page of permissions lacks it.
# https://github.com/kubernetes-sigs/aws-load-balancer-controller/pull/3921
_GROUPS_OF_VPC = "ec2:GetSecurityGroupsForVpc"
# https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
_SEEN_BY_ELB = ["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"]
_PUSH = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
]
_PULL = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def _gateway(*create: str) -> dict[str, list[str]]:
    get = "apigateway:GET"
    return {
        "create": [*create, get],
        "read": [get],
        "update": ["apigateway:PATCH", get],
        "delete": ["apigateway:DELETE", get],
    }


def _of_bucket(what: str, delete: str = "") -> dict[str, list[str]]:
    """What configures a bucket is put and read; the name of the right to delete it is mostly that to put it."""
    put, get = f"s3:Put{what}", f"s3:Get{what}"
    return {"create": [put, get], "read": [get], "update": [put], "delete": [delete or put]}


# By type and phase; where no source is named, it is the service's page in the Service Authorization Reference.
DERIVED: dict[str, dict[str, list[str]]] = {
    # Actions are HTTP methods; `TagResource` is on no page, but AWS names it where it is missing.
    "aws_apigatewayv2_api": _gateway("apigateway:POST", "apigateway:TagResource"),
    "aws_apigatewayv2_integration": _gateway("apigateway:POST"),
    "aws_apigatewayv2_route": _gateway("apigateway:POST"),
    "aws_apigatewayv2_stage": _gateway("apigateway:POST"),
    "aws_apigatewayv2_vpc_link": _gateway("apigateway:POST", "apigateway:TagResource"),
    "aws_acm_certificate": {
        "create": ["acm:RequestCertificate", "acm:AddTagsToCertificate", "acm:DescribeCertificate"],
        "read": ["acm:DescribeCertificate", "acm:ListTagsForCertificate"],
        "update": ["acm:AddTagsToCertificate"],
        "delete": ["acm:DeleteCertificate"],
    },
    "aws_acm_certificate_validation": {"create": ["acm:DescribeCertificate"], "read": ["acm:DescribeCertificate"]},
    "aws_cloudfront_distribution": {
        "create": ["cloudfront:CreateDistribution", "cloudfront:TagResource", "cloudfront:GetDistribution"],
        "read": ["cloudfront:GetDistribution", "cloudfront:ListTagsForResource"],
        "update": ["cloudfront:UpdateDistribution", "cloudfront:TagResource"],
        "delete": ["cloudfront:UpdateDistribution", "cloudfront:GetDistribution", "cloudfront:DeleteDistribution"],
    },
    # What CloudFront asks of the caller besides: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudFrontFullAccess.html
    "aws_cloudfront_vpc_origin": {
        "create": [
            *("cloudfront:CreateVpcOrigin", "cloudfront:TagResource", "cloudfront:GetVpcOrigin"),
            *("ec2:DescribeInstances", "ec2:DescribeInternetGateways", f"{_ELB}:DescribeLoadBalancers"),
        ],
        "read": ["cloudfront:GetVpcOrigin", "cloudfront:ListTagsForResource"],
        "update": ["cloudfront:UpdateVpcOrigin"],
        "delete": ["cloudfront:GetVpcOrigin", "cloudfront:DeleteVpcOrigin"],
    },
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
    "aws_appautoscaling_policy": {
        "create": ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
        "update": ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
        "delete": ["cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"],
    },
    "aws_appautoscaling_target": {
        "create": ["application-autoscaling:TagResource", "ecs:DescribeServices", "ecs:UpdateService"]
    },
    # https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/events
    "aws_cloudwatch_dashboard": {
        "create": ["cloudwatch:PutDashboard"],
        "read": ["cloudwatch:GetDashboard"],
        "update": ["cloudwatch:PutDashboard"],
        "delete": ["cloudwatch:DeleteDashboards"],
    },
    "aws_cloudwatch_event_rule": {
        "create": ["events:PutRule", "events:TagResource"],
        "read": ["events:DescribeRule", "events:ListTagsForResource"],
        "update": ["events:PutRule", "events:TagResource", "events:UntagResource"],
        "delete": ["events:DeleteRule"],
    },
    "aws_cloudwatch_event_target": {
        "create": ["events:PutTargets"],
        "read": ["events:ListTargetsByRule"],
        "update": ["events:PutTargets"],
        "delete": ["events:RemoveTargets"],
    },
    "aws_cloudwatch_log_group": {"create": ["logs:TagResource"]},
    "aws_cloudwatch_metric_alarm": {"create": ["cloudwatch:TagResource"]},
    # One of the restorations instead of a creation, and then what they cannot set, such as the password.
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/rds/instance.go
    "aws_db_instance": {
        "create": [
            "rds:AddTagsToResource",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
            "rds:ModifyDBInstance",
        ],
    },
    "aws_db_parameter_group": {
        "create": ["rds:AddTagsToResource"],
        "update": ["rds:ResetDBParameterGroup"],  # a parameter taken out of the program
    },
    "aws_db_subnet_group": {"create": ["rds:AddTagsToResource"]},
    "aws_ecs_cluster": {"create": ["ecs:TagResource"]},
    # Waiting for a steady state, from provider 6.4 on.
    "aws_ecs_service": {
        "create": ["ecs:TagResource", "iam:PassRole", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"],
        "update": ["iam:PassRole", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"],
    },
    "aws_ecs_task_definition": {"create": ["ecs:TagResource", "iam:PassRole"]},
    "aws_lb": {
        "create": [
            f"{_ELB}:AddTags",
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeAvailabilityZones",  # in the policy that AWS publishes since v9, as the groups since v8
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            _GROUPS_OF_VPC,
            *_SEEN_BY_ELB,
        ],
        "update": ["ec2:DescribeSubnets", _GROUPS_OF_VPC],
    },
    "aws_lb_listener": {
        "create": [f"{_ELB}:AddTags", f"{_ELB}:ModifyListenerAttributes"],  # for Strict-Transport-Security
        "update": [f"{_ELB}:ModifyListenerAttributes"],
    },
    "aws_lb_listener_rule": {"create": [f"{_ELB}:AddTags"], "update": [f"{_ELB}:SetRulePriorities"]},
    "aws_lb_target_group": {"create": [f"{_ELB}:AddTags", *_SEEN_BY_ELB]},
    "aws_security_group": {"create": ["ec2:CreateTags"]},
    # https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html
    "aws_service_discovery_private_dns_namespace": {
        "create": [
            "servicediscovery:CreatePrivateDnsNamespace",
            "servicediscovery:GetOperation",
            "route53:CreateHostedZone",
            "route53:GetHostedZone",
            "route53:ListHostedZonesByName",
            "ec2:DescribeRegions",
            "ec2:DescribeVpcs",
        ],
        "read": ["servicediscovery:GetNamespace", "servicediscovery:ListTagsForResource"],
        "update": ["servicediscovery:UpdatePrivateDnsNamespace", "servicediscovery:GetOperation"],
        "delete": ["servicediscovery:DeleteNamespace", "servicediscovery:GetOperation", "route53:DeleteHostedZone"],
    },
    "aws_service_discovery_service": {
        "create": ["servicediscovery:CreateService"],
        "read": ["servicediscovery:GetService", "servicediscovery:ListTagsForResource"],
        "update": ["servicediscovery:UpdateService", "servicediscovery:GetOperation"],
        "delete": ["servicediscovery:DeleteService"],
    },
    "aws_route53_record": {
        phase: [
            *(["route53:ChangeResourceRecordSets", "route53:GetChange"] if phase != "read" else []),
            *("route53:GetHostedZone", "route53:ListResourceRecordSets"),
        ]
        for phase in ("create", "read", "update", "delete")
    },
    "aws_route_table": {
        "create": ["ec2:CreateRouteTable", "ec2:CreateTags", "ec2:DescribeRouteTables"],
        "read": ["ec2:DescribeRouteTables"],
        "update": ["ec2:CreateTags", "ec2:DeleteTags"],
        "delete": ["ec2:DescribeRouteTables", "ec2:DeleteRouteTable"],
    },
    "aws_route_table_association": {
        "create": ["ec2:AssociateRouteTable", "ec2:DescribeRouteTables"],
        "read": ["ec2:DescribeRouteTables"],
        "delete": ["ec2:DisassociateRouteTable", "ec2:DescribeRouteTables"],
    },
    "aws_subnet": {
        "create": ["ec2:CreateSubnet", "ec2:CreateTags", "ec2:DescribeSubnets"],
        "read": ["ec2:DescribeSubnets"],
        "update": ["ec2:CreateTags", "ec2:DeleteTags"],
        "delete": ["ec2:DescribeNetworkInterfaces", "ec2:DeleteSubnet", "ec2:DescribeSubnets"],
    },
    # https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/s3; for tags, /pull/45251
    "aws_s3_bucket": {
        "create": ["s3:CreateBucket", "s3:TagResource", "s3:ListBucket"],
        "read": [
            *("s3:ListBucket", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketWebsite"),
            *("s3:GetBucketVersioning", "s3:GetAccelerateConfiguration", "s3:GetBucketRequestPayment"),
            *("s3:GetBucketLogging", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration"),
            *("s3:GetEncryptionConfiguration", "s3:GetBucketObjectLockConfiguration", "s3:ListTagsForResource"),
        ],
        "update": ["s3:TagResource", "s3:UntagResource"],
        "delete": ["s3:DeleteBucket"],
    },
    "aws_s3_bucket_lifecycle_configuration": _of_bucket("LifecycleConfiguration"),
    "aws_s3_bucket_ownership_controls": _of_bucket("BucketOwnershipControls"),
    "aws_s3_bucket_policy": _of_bucket("BucketPolicy", delete="s3:DeleteBucketPolicy"),
    "aws_s3_bucket_public_access_block": _of_bucket("BucketPublicAccessBlock"),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket("EncryptionConfiguration"),
    # A schedule names the role with which it calls.
    "aws_scheduler_schedule": {
        "create": ["scheduler:CreateSchedule", "iam:PassRole"],
        "read": ["scheduler:GetSchedule"],
        "update": ["scheduler:UpdateSchedule", "iam:PassRole"],
        "delete": ["scheduler:DeleteSchedule"],
    },
    # https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/sns
    "aws_sns_topic": {
        "create": ["sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource"],
        "read": ["sns:GetTopicAttributes", "sns:ListTagsForResource"],
        "update": ["sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource"],
        "delete": ["sns:DeleteTopic"],
    },
    "aws_sns_topic_subscription": {
        "create": ["sns:Subscribe"],
        "read": ["sns:GetSubscriptionAttributes"],
        "delete": ["sns:Unsubscribe"],
    },
    "aws_ssm_parameter": {"create": ["ssm:AddTagsToResource"]},
    "aws_vpc_security_group_egress_rule": {"create": ["ec2:CreateTags"]},
    "aws_vpc_security_group_ingress_rule": {"create": ["ec2:CreateTags"]},
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    "image": {"create": [*_PUSH, *_PULL], "read": _PULL, "update": [*_PUSH, *_PULL], "delete": []},
}

# What people and checks after a release ask (verify, status, logs), by the type of the resource they ask about.
DAY_TWO: dict[str, list[str]] = {
    "aws_cloudwatch_log_group": ["logs:FilterLogEvents", "logs:GetLogEvents"],
    "aws_db_instance": ["rds:DescribeDBInstances", "rds:StartDBInstance", "rds:StopDBInstance"],
    "aws_ecs_cluster": ["ecs:ListTasks"],
    "aws_ecs_service": [
        "ecs:DescribeServices",
        "ecs:DescribeTasks",
        "ecs:DescribeTaskDefinition",
        "ecs:ListServiceDeployments",
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions",
    ],
    "aws_lb_target_group": [f"{_ELB}:DescribeTargetHealth"],
    "image": ["ecr:DescribeImages", "ecr:BatchGetImage", "ecr:PutImage"],  # and a tag for what was proven live
}

TYPES: dict[str, str] = {
    "aws:acm/certificate:Certificate": "aws_acm_certificate",
    "aws:acm/certificateValidation:CertificateValidation": "aws_acm_certificate_validation",
    "aws:cloudfront/distribution:Distribution": "aws_cloudfront_distribution",
    "aws:cloudfront/vpcOrigin:VpcOrigin": "aws_cloudfront_vpc_origin",
    "aws:ec2/routeTable:RouteTable": "aws_route_table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "aws_route_table_association",
    "aws:ec2/subnet:Subnet": "aws_subnet",
    "aws:route53/record:Record": "aws_route53_record",
    **{f"aws:s3/bucket{kind}": name for kind, name in BUCKET_KINDS.items()},
    "aws:apigatewayv2/api:Api": "aws_apigatewayv2_api",
    "aws:apigatewayv2/integration:Integration": "aws_apigatewayv2_integration",
    "aws:apigatewayv2/route:Route": "aws_apigatewayv2_route",
    "aws:apigatewayv2/stage:Stage": "aws_apigatewayv2_stage",
    "aws:apigatewayv2/vpcLink:VpcLink": "aws_apigatewayv2_vpc_link",
    "aws:appautoscaling/policy:Policy": "aws_appautoscaling_policy",
    "aws:appautoscaling/target:Target": "aws_appautoscaling_target",
    "aws:cloudwatch/dashboard:Dashboard": "aws_cloudwatch_dashboard",
    "aws:cloudwatch/eventRule:EventRule": "aws_cloudwatch_event_rule",
    "aws:cloudwatch/eventTarget:EventTarget": "aws_cloudwatch_event_target",
    "aws:cloudwatch/logGroup:LogGroup": "aws_cloudwatch_log_group",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "aws_cloudwatch_metric_alarm",
    "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
    "aws:ecs/cluster:Cluster": "aws_ecs_cluster",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": "aws_ecs_cluster_capacity_providers",
    "aws:ecs/service:Service": "aws_ecs_service",
    "aws:ecs/taskDefinition:TaskDefinition": "aws_ecs_task_definition",
    "aws:lb/listener:Listener": "aws_lb_listener",
    "aws:lb/listenerRule:ListenerRule": "aws_lb_listener_rule",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:lb/targetGroup:TargetGroup": "aws_lb_target_group",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:scheduler/schedule:Schedule": "aws_scheduler_schedule",
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": "aws_service_discovery_private_dns_namespace",
    "aws:servicediscovery/service:Service": "aws_service_discovery_service",
    "aws:sns/topic:Topic": "aws_sns_topic",
    "aws:sns/topicSubscription:TopicSubscription": "aws_sns_topic_subscription",
    "aws:ssm/parameter:Parameter": "aws_ssm_parameter",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "aws_vpc_security_group_egress_rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
    "docker-build:index:Image": "image",
}
# Made by Pulumi itself.
WITHOUT_CALLS = ("conducky:", "random:", "pulumi:")

# What the programs look up; sts:GetCallerIdentity needs no permission.
LOOKUPS: dict[str, list[str]] = {
    "aws:ec2/getInternetGateway:getInternetGateway": ["ec2:DescribeInternetGateways"],
    "aws:ec2/getManagedPrefixLists:getManagedPrefixLists": ["ec2:DescribeManagedPrefixLists"],
    "aws:ec2/getSubnet:getSubnet": ["ec2:DescribeSubnets"],
    "aws:ec2/getSubnets:getSubnets": ["ec2:DescribeSubnets"],
    "aws:ec2/getVpcs:getVpcs": ["ec2:DescribeVpcs"],
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": ["ecr:GetAuthorizationToken"],
    "aws:ecr/getImages:getImages": ["ecr:ListImages"],
    "aws:index/getCallerIdentity:getCallerIdentity": [],
    # Only of a stack with a hosted zone
    "aws:route53/getZone:getZone": [
        *("route53:ListHostedZones", "route53:GetHostedZone", "route53:ListTagsForResource"),
    ],
}
# What bootstrap looks up, which an admin runs.
ADMINS_LOOKUPS = {
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider",
    "aws:iam/getRoles:getRoles",
}


@dataclass(frozen=True)
class Call:
    """A request, and which resource needs it in which phase."""

    who: str
    phase: str
    request: Request

    def __str__(self) -> str:
        return f"{self.who} cannot {self.phase}: {self.request.action} on {self.request.resource}"


def calls(layers: Mapping[str, Evaluation], caller: Caller) -> list[Call]:
    """Every call for platform and services of one stack.

    Raises:
        LookupError: a program registers a type that is not in `TYPES`.
    """
    found = [Call(f"lookup {request.action}", "read", request) for request in lookups(layers, caller)]
    found += _of_roles(layers["bootstrap"], caller)
    for layer in ("platform", "services"):
        for resource in layers[layer].resources:
            if not resource.type.startswith(WITHOUT_CALLS):
                found.extend(_calls_of(resource, caller))
    return found


def lookups(layers: Mapping[str, Evaluation], caller: Caller) -> list[Request]:
    """What the programs ask before they register anything."""
    actions = sorted({action for each in LOOKUPS.values() for action in each})
    repositories = [str(each.outputs["arn"]) for each in layers["bootstrap"].of("aws:ecr/repository:Repository")]
    return [
        Request(action, resource, principal=caller.principal)
        for action in actions
        if not action.startswith("route53:") or any(each.type == _RECORD for each in caller.resources)
        for resource in {"ecr:ListImages": repositories, **_LOOKED_UP}.get(action, ["*"])
    ]


_RECORD = "aws:route53/record:Record"
_LOOKED_UP = {
    "route53:GetHostedZone": ["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"],
    "route53:ListTagsForResource": ["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"],
}


_OF_A_ROLE = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")


def _of_roles(bootstrap: Evaluation, caller: Caller) -> Iterator[Call]:
    """What the deployer does with the roles that an admin created: look at each, and pass it to its one service."""
    for role in bootstrap.of("aws:iam/role:Role"):
        principal = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"]
        if "Service" in principal:
            arn = str(role.outputs["arn"])
            passed: Context = {"iam:PassedToService": principal["Service"]}
            yield Call(f"{role.type} {role.name}", "create", Request("iam:PassRole", arn, passed, caller.principal))
            for action in _OF_A_ROLE:
                yield Call(f"{role.type} {role.name}", "be looked at", Request(action, arn, {}, caller.principal))


def _calls_of(resource: Resource, caller: Caller) -> Iterator[Call]:
    if resource.type not in TYPES:
        raise LookupError(
            f"{resource.type} is registered and nobody knows its calls: add it to TYPES, and to measured_calls.json "
            "or DERIVED, in tests/iam/calls.py"
        )
    kind = TYPES[resource.type]
    for phase in ("create", "read", "update", "delete"):
        actions = [*MEASURED.get(kind, {}).get(phase, []), *DERIVED.get(kind, {}).get(phase, [])]
        yield from _each(resource, phase, [*actions, *_optional(resource, phase)], caller)
    yield from _each(resource, "be looked at", DAY_TWO.get(kind, []), caller)


def _each(resource: Resource, phase: str, actions: Iterable[str], caller: Caller) -> Iterator[Call]:
    for action in dict.fromkeys(actions):
        if action == "ecs:DeregisterTaskDefinition" and resource.inputs.get("skipDestroy"):
            continue
        for request in requests(action, phase, resource, caller):
            yield Call(f"{resource.type} {resource.name}", phase, request)


def _optional(resource: Resource, phase: str) -> list[str]:
    """What an option adds."""
    if phase == "delete" and resource.inputs.get("finalSnapshotIdentifier"):
        return ["rds:CreateDBSnapshot", "rds:AddTagsToResource"]
    if phase == "delete" and resource.inputs.get("forceDestroy"):
        return ["s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    return []
