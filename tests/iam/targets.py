"""What AWS judges when a resource's call is made: the ARNs, and the condition keys of the request."""

import json
from collections.abc import Callable, Sequence

from conducky.evaluation.evaluate import Resource
from tests.iam.caller import Caller, request_tags, resource_tags
from tests.iam.judge import Context, Request

Target = tuple[str, Context]

ANY = "*"

# IAM knows no resource for these; the judge fails on one that it can restrict.
UNRESTRICTABLE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "ecs:DeregisterTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:DescribeLogGroups",
    "route53:ListHostedZones",
    "servicediscovery:ListTagsForResource",
    "ssm:DescribeParameters",
}

# AWS's sources disagree on what these are judged by. The Service Authorization Reference names a resource; the page
# here has `*`. Whichever is right, the deployer has to get through, so both are asked.
# Not ecs:CreateCluster, which the ECS page below says takes no resource either: people's denials name the cluster.
TWO_READINGS = {
    "ec2:GetSecurityGroupsForVpc": "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ElasticLoadBalancingFullAccess.html",
    "ecs:RegisterTaskDefinition": "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html",
}

# A bucket, and what configures it, behind `aws:s3/bucket`.
BUCKET_KINDS = {
    ":Bucket": "aws_s3_bucket",
    "LifecycleConfiguration:BucketLifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
    "OwnershipControls:BucketOwnershipControls": "aws_s3_bucket_ownership_controls",
    "Policy:BucketPolicy": "aws_s3_bucket_policy",
    "PublicAccessBlock:BucketPublicAccessBlock": "aws_s3_bucket_public_access_block",
    "ServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "aws_s3_bucket_server_side_encryption_configuration"
    ),
}

_NEW = ("Create", "Register", "Authorize", "Put", "AddTags", "Tag")


def requests(action: str, phase: str, resource: Resource, caller: Caller) -> list[Request]:
    """What AWS judges for one call: each of these has to be allowed."""
    if action in UNRESTRICTABLE:
        targets: Sequence[Target] = [(ANY, {})]
    else:
        targets = _SPECIAL.get(resource.type, _plain)(action, phase, resource, caller)
    found = [Request(action, arn, context, caller.principal) for arn, context in targets]
    if action in TWO_READINGS:
        found += [Request(action, ANY, each.context, each.principal, second_reading=True) for each in found]
    return found


def _tags(action: str, resource: Resource) -> Context:
    return request_tags(resource) if action.split(":")[1].startswith(_NEW) else resource_tags(resource)


def _plain(action: str, _phase: str, resource: Resource, _caller: Caller) -> Sequence[Target]:
    """The resource itself."""
    return [(str(resource.outputs["arn"]), _tags(action, resource))]


def _security_group(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    match action:
        case "ec2:CreateSecurityGroup":
            vpc = caller.arn("ec2", f"vpc/{resource.inputs['vpcId']}")
            return [(arn, request_tags(resource)), (vpc, {"aws:ResourceTag/Name": "default"})]
        case "ec2:CreateTags" | "ec2:DeleteTags":
            return _ec2_tagging(action, phase, resource, "CreateSecurityGroup")
        case _:
            return [(arn, resource_tags(resource))]


def _security_group_rule(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    group = caller.security_group(resource.inputs["securityGroupId"])
    of_group = (str(group.outputs["arn"]), resource_tags(group))
    match action.split(":")[1]:
        case "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress":
            return [of_group, (arn, request_tags(resource))]
        case "ModifySecurityGroupRules":
            return [of_group, (arn, resource_tags(resource))]
        case "CreateTags" | "DeleteTags":
            creation = "Ingress" if "Ingress" in resource.type else "Egress"
            return _ec2_tagging(action, phase, resource, f"AuthorizeSecurityGroup{creation}")
        case _:
            return [of_group]


def _in_vpc(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """A subnet or a route table: created in the VPC, and connected with each other."""
    arn = str(resource.outputs["arn"])
    match action.split(":")[1]:
        case "CreateSubnet" | "CreateRouteTable":
            return [(arn, request_tags(resource)), (caller.arn("ec2", f"vpc/{resource.inputs['vpcId']}"), {})]
        case "CreateTags" | "DeleteTags":
            kind = "CreateSubnet" if ":subnet/" in arn else "CreateRouteTable"
            return _ec2_tagging(action, phase, resource, kind)
        case _:
            return [(arn, resource_tags(resource))]


def _association(_action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    table, subnet = (
        caller.find(f"aws:ec2/{token}", arn=caller.arn("ec2", f"{kind}/{resource.inputs[key]}"))
        for token, kind, key in (
            ("routeTable:RouteTable", "route-table", "routeTableId"),
            ("subnet:Subnet", "subnet", "subnetId"),
        )
    )
    return [(str(each.outputs["arn"]), resource_tags(each)) for each in (table, subnet)]


def _certificate(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """A new one has no ARN, and the tags of the request; a validation is of its certificate."""
    if action == "acm:RequestCertificate":
        return [(ANY, request_tags(resource))]
    if "certificateArn" in resource.inputs:
        resource = caller.find("aws:acm/certificate:Certificate", arn=resource.inputs["certificateArn"])
    arn = str(resource.outputs["arn"])
    if phase != "create" or action == "acm:DescribeCertificate":
        return [(arn, resource_tags(resource) | (request_tags(resource) if "Tags" in action[7:] else {}))]
    return [(arn, request_tags(resource))]


def _in_cloudfront(action: str, phase: str, resource: Resource, _caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    if action.startswith("cloudfront:Create"):
        return [(ANY, request_tags(resource))]
    if action == "cloudfront:TagResource":
        return [(arn, request_tags(resource) | (resource_tags(resource) if phase != "create" else {}))]
    return [(arn, resource_tags(resource))]


def _record(action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """The names are normalised: in lower case, and without a dot at the end."""
    if action == "route53:GetChange":
        return [(caller.arn("route53", "change/C0123456789ABCDEFGHIJ"), {})]
    zone = caller.arn("route53", f"hostedzone/{resource.inputs['zoneId']}")
    if action != "route53:ChangeResourceRecordSets":
        return [(zone, {})]
    prefix = "route53:ChangeResourceRecordSets"
    return [
        (
            zone,
            {
                f"{prefix}NormalizedRecordNames": [str(resource.inputs["name"]).lower().rstrip(".")],
                f"{prefix}RecordTypes": [str(resource.inputs["type"])],
                f"{prefix}Actions": ["UPSERT"],
            },
        )
    ]


def _ec2_tagging(action: str, phase: str, resource: Resource, creation: str) -> Sequence[Target]:
    """All tags while it is created; afterwards the provider sends only those that change."""
    arn = str(resource.outputs["arn"])
    if phase == "create":
        return [(arn, {**request_tags(resource), "ec2:CreateAction": creation})]
    changed = {"aws:RequestTag/Owner": "team", "aws:TagKeys": ["Owner"]}
    found: list[Target] = [(arn, {**resource_tags(resource), **changed})]
    if action == "ec2:CreateTags":  # where `Layer` and all are sent
        found.append((arn, {**resource_tags(resource), **request_tags(resource)}))
    return found


def _load_balancer(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    if action == "ec2:GetSecurityGroupsForVpc":
        group = next(each for each in caller.resources if each.type == "aws:ec2/securityGroup:SecurityGroup")
        return [(caller.arn("ec2", f"vpc/{group.inputs['vpcId']}"), {})]
    return _plain(action, phase, resource, caller)


def _listener(action: str, _phase: str, resource: Resource, _caller: Caller) -> Sequence[Target]:
    """A listener is created on its load balancer, a rule on its listener."""
    parent = {
        "elasticloadbalancing:CreateListener": "loadBalancerArn",
        "elasticloadbalancing:CreateRule": "listenerArn",
    }.get(action)
    arn = str(resource.inputs[parent] if parent else resource.outputs["arn"])
    return [(arn, _tags(action, resource))]


def _database(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    parameters = caller.arn("rds", f"pg:{resource.inputs['parameterGroupName']}")
    options = caller.arn("rds", "og:default:postgres-15")
    snapshot = caller.arn("rds", f"snapshot:{resource.inputs.get('finalSnapshotIdentifier')}")
    subnets = caller.arn("rds", f"subgrp:{resource.inputs['dbSubnetGroupName']}")
    context = _tags(action, resource)
    match action, phase:
        case (
            ("rds:CreateDBInstance" | "rds:RestoreDBInstanceFromDBSnapshot" | "rds:RestoreDBInstanceToPointInTime"),
            _,
        ):
            public = str(resource.inputs["publiclyAccessible"]).lower()
            context = {**request_tags(resource), "rds:PubliclyAccessible": public}
            arns = [arn, parameters, options, subnets]
            if action.endswith("FromDBSnapshot"):  # which is one that a person took, or an automatic one
                of = str(resource.outputs.get("identifier", resource.name))
                arns += [caller.arn("rds", f"snapshot:{kind}{of}-before") for kind in ("", "rds:")]
        case "rds:ModifyDBInstance", _:
            arns = [arn, parameters, options, subnets]
        case "rds:CreateDBSnapshot", _:
            arns = [arn, snapshot]
        case "rds:AddTagsToResource", "delete":
            arns = [snapshot]
        case "rds:DescribeDBInstances", _:  # by its resource id, a filter
            arns = [arn, caller.arn("rds", "db:*")]
        case _:
            arns = [arn]
    return [(each, context) for each in arns]


def _in_gateway(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """Something new is created in the list of its kind; what is below an API has the API's tags."""
    arn = str(resource.outputs["arn"])
    above = resource.inputs.get("apiId")
    owner = (
        caller.find("aws:apigatewayv2/api:Api", arn=caller.arn("apigateway", f"/apis/{above}")) if above else resource
    )
    if action in ("apigateway:POST", "apigateway:TagResource"):
        return [(arn.rpartition("/")[0], resource_tags(owner) if above else request_tags(resource))]
    return [(arn, resource_tags(owner))]


def _in_cloud_map(action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    match action.split(":"):
        case ["route53", "CreateHostedZone" | "ListHostedZonesByName"]:
            return [(ANY, {"aws:ViaAWSService": "true"})]
        case ["route53", _]:
            zone = caller.arn("route53", f"hostedzone/{resource.outputs['hostedZone']}")
            return [(zone, {"aws:ViaAWSService": "true"})]
        case [_, "CreatePrivateDnsNamespace"]:
            return [(ANY, request_tags(resource))]
        case [_, "CreateService"]:
            ident = resource.inputs["dnsConfig"]["namespaceId"]
            namespace = caller.find(
                "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
                arn=caller.arn("servicediscovery", f"namespace/{ident}"),
            )
            return [(arn, request_tags(resource)), (str(namespace.outputs["arn"]), resource_tags(namespace))]
        case _:
            return [(arn, resource_tags(resource))]


def _schedule(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    if action == "iam:PassRole":
        return [(str(resource.inputs["target"]["roleArn"]), {"iam:PassedToService": "scheduler.amazonaws.com"})]
    return [(str(resource.outputs["arn"]), {})]


def _notification(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """A dashboard has no region, a subscription is its topic's, and a target its rule's."""
    given = resource.inputs
    match resource.type.rpartition(":")[2]:
        case "TopicSubscription":
            said = {"sns:Protocol": given["protocol"], "sns:Endpoint": given["endpoint"]}
            return [(str(given["topic"]), said if action == "sns:Subscribe" else {})]
        case "EventTarget":
            said = {"events:TargetArn": [given["arn"]]} if action == "events:PutTargets" else {}
            return [(caller.arn("events", f"rule/{given['rule']}"), said)]
        case "EventRule":
            pattern: dict[str, list[str]] = json.loads(given["eventPattern"]) if action == "events:PutRule" else {}
            said = {f"events:{key}": pattern[key] for key in pattern if key in ("source", "detail-type")}
            return [(arn, {**tags, **said}) for arn, tags in _plain(action, phase, resource, caller)]
        case _:
            return [(str(resource.outputs["dashboardArn"]), {})]


def _scaling(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """A policy is judged by its range, whose alarms have the service's name in theirs."""
    what = str(resource.inputs["resourceId"])
    if action.startswith("cloudwatch:"):
        return [(caller.arn("cloudwatch", f"alarm:TargetTracking-{what}-AlarmHigh-0123456789"), {})]
    if action.startswith("ecs:"):
        return [(caller.arn("ecs", what), {})]
    owner = next(
        each
        for each in caller.resources
        if each.type == "aws:appautoscaling/target:Target" and each.inputs["resourceId"] == what
    )
    is_new = phase == "create" and action.endswith(("RegisterScalableTarget", "TagResource"))
    return [(str(owner.outputs["arn"]), request_tags(owner) if is_new else resource_tags(owner))]


def _bucket(action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """Every configuration is its bucket's, and what is in one has its name."""
    arn = caller.arn("s3", str(resource.outputs["bucket"]))
    return [(f"{arn}/AWSLogs/{caller.place.account_id}/x.log.gz" if "Object" in action[:15] else arn, {})]


def _log_group(action: str, _phase: str, resource: Resource, _caller: Caller) -> Sequence[Target]:
    """With and without what follows the name: CloudWatch Logs uses both."""
    arn = str(resource.outputs["arn"])
    context = _tags(action, resource)
    if action == "logs:GetLogEvents":
        return [(f"{arn}:log-stream:backend/backend/0123456789abcdef", context)]
    if action in {"logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"}:
        return [(arn, context)]
    return [(arn, context), (f"{arn}:*", context)]


def _cluster(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    if action == "ecs:ListTasks":
        name = resource.outputs["name"]
        return [
            (caller.arn("ecs", f"container-instance/{name}/0123456789abcdef"), {"ecs:cluster": resource.outputs["arn"]})
        ]
    return _plain(action, phase, resource, caller)


def _capacity_providers(_action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    cluster = caller.find("aws:ecs/cluster:Cluster", name=resource.inputs["clusterName"])
    return [(str(cluster.outputs["arn"]), resource_tags(cluster))]


def _task_definition(action: str, phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    if action == "iam:PassRole":
        return _passed(resource)
    ((arn, context),) = _plain(action, phase, resource, caller)
    if action == "ecs:RegisterTaskDefinition":
        context = {**context, "ecs:task-cpu": str(resource.inputs["cpu"])}
    return [(arn, context)]


def _service(action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    arn = str(resource.outputs["arn"])
    cluster, name = arn.split(":service/")[1].split("/")
    context = {**_tags(action, resource), "ecs:cluster": str(resource.inputs["cluster"])}
    match action:
        case "iam:PassRole":
            definition = caller.find("aws:ecs/taskDefinition:TaskDefinition", arn=resource.inputs["taskDefinition"])
            shifts = [way.get("advancedConfiguration") for way in resource.inputs.get("loadBalancers") or ()]
            to_ecs = {"iam:PassedToService": "ecs.amazonaws.com"}
            return [*_passed(definition), *((str(each["roleArn"]), to_ecs) for each in shifts if each)]
        case "ecs:DescribeServiceDeployments" | "ecs:DescribeServiceRevisions":
            kind = "service-deployment" if action.endswith("Deployments") else "service-revision"
            return [(arn, context), (caller.arn("ecs", f"{kind}/{cluster}/{name}/0123456789abcdef"), context)]
        case "ecs:DescribeTasks":
            return [(caller.arn("ecs", f"task/{cluster}/0123456789abcdef"), context)]
        case _:
            return [(arn, context)]


def _passed(definition: Resource) -> Sequence[Target]:
    to_tasks = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    return [(str(definition.inputs[role]), to_tasks) for role in ("executionRoleArn", "taskRoleArn")]


def _image(_action: str, _phase: str, resource: Resource, caller: Caller) -> Sequence[Target]:
    """Its own repository, and the one that its layers are cached in."""
    references = [resource.inputs["tags"][0], resource.inputs["cacheTo"][0]["registry"]["ref"]]
    repositories = [reference.split("/", 1)[1].split(":", maxsplit=1)[0] for reference in references]
    return [(caller.arn("ecr", f"repository/{repository}"), {}) for repository in repositories]


_SPECIAL: dict[str, Callable[[str, str, Resource, Caller], Sequence[Target]]] = {
    "aws:apigatewayv2/api:Api": _in_gateway,
    "aws:apigatewayv2/integration:Integration": _in_gateway,
    "aws:apigatewayv2/route:Route": _in_gateway,
    "aws:apigatewayv2/stage:Stage": _in_gateway,
    "aws:apigatewayv2/vpcLink:VpcLink": _in_gateway,
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": _certificate,
    "aws:cloudfront/distribution:Distribution": _in_cloudfront,
    "aws:cloudfront/vpcOrigin:VpcOrigin": _in_cloudfront,
    "aws:appautoscaling/policy:Policy": _scaling,
    "aws:appautoscaling/target:Target": _scaling,
    "aws:cloudwatch/dashboard:Dashboard": _notification,
    "aws:cloudwatch/eventRule:EventRule": _notification,
    "aws:cloudwatch/eventTarget:EventTarget": _notification,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:ec2/routeTable:RouteTable": _in_vpc,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association,
    "aws:ec2/subnet:Subnet": _in_vpc,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _capacity_providers,
    "aws:ecs/service:Service": _service,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:lb/listener:Listener": _listener,
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/listenerRule:ListenerRule": _listener,
    "aws:rds/instance:Instance": _database,
    **dict.fromkeys((f"aws:s3/bucket{kind}" for kind in BUCKET_KINDS), _bucket),
    "aws:sns/topicSubscription:TopicSubscription": _notification,
    "aws:route53/record:Record": _record,
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _in_cloud_map,
    "aws:servicediscovery/service:Service": _in_cloud_map,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule,
    "docker-build:index:Image": _image,
}
