"""The boundaries of the identities that deploy: the most that each can do, whatever policy somebody attaches to it.

Each is one coarse document: the stack's own areas by name or tag, and denials, which also hold against a policy of
some other resource that names the identity. The policies in `deployer_policy.py` say within these what it may do.

IAM holds a boundary to 6,144 characters, so another service costs a few words: a line in `_NAMED` where its resources
begin with the stack's name; where AWS names them, its actions and ARNs in `OwnByTags` and, to create them, in `NewOnes`
or `NewInOthers`; and in `_READS` what AWS offers for the whole account only. What would hand something to others goes
into `_HANDED_OUT`. Denials about details of what the stack owns are in the deployer's policies, which have more room:
whatever else is attached to an identity, those are, and a denial holds from there as well.
"""

from collections.abc import Sequence

from deployer_scope import Scope
from preview_policy import preview_statements
from role_policies import TASKS, workload_roles

from conducky.policy import Statement

# Everything in IAM that changes something, by the first letters of its name; what reads begins with others.
_IAM_WRITES = ("A", "C", "D", "E", "Pu", "R", "S", "T", "U")
# What precedes the stack's prefix in an ARN, by service. Anything may be done to these that no denial names.
# IAM takes a wildcard for partition, region and account, but not for the kind of a resource.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_NAMED = {
    "cloudwatch": ["alarm:", "alarm:T*/", "dashboard/"],
    "ecr": ["repository/"],
    "ecs": ["cluster/", "service/", "service-deployment/", "service-revision/", "task/", "task-definition/"],
    "elasticloadbalancing": ["listener-rule/app/", "listener/app/", "loadbalancer/app/", "targetgroup/"],
    "events": ["rule/"],
    "logs": ["log-group:"],
    "rds": ["db:", "pg:", "snapshot:", "snapshot:rds:", "subgrp:"],
    "scheduler": ["schedule/default/"],
    "sns": [""],
}
_RULES, *_IN_VPCS = (
    f"arn:*:ec2:*:*:{kind}/*" for kind in ("security-group-rule", "route-table", "security-group", "subnet")
)
_SCALABLE = "arn:*:application-autoscaling:*:*:*"
_IN_THE_VPC = ("ec2:CreateRouteT*", "ec2:CreateSecu*", "ec2:CreateSubnet")
_RECORD_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
_GATEWAYS = ("/apis", "/vpclinks")
_READS = (
    "application-autoscaling:Desc*",
    # `I*s` is instances and internet gateways, and not what a machine was started with (DescribeInstanceAttribute).
    *(f"ec2:Describe{what}" for what in ("A*", "I*s", "M*", "Ne*", "R*", "Sec*")),
    *("ec2:DescribeSubn*", "ec2:DescribeVpcs", "ec2:GetSec*", "ecr:GetAuth*"),
    *("ecs:DescribeTaskD*", "elasticloadbalancing:Desc*", "logs:DescribeLogG*"),
    *("rds:DescribeDBI*", "servicediscovery:GetO*", "servicediscovery:ListT*"),
    "ssm:DescribeP*",
)
_HANDED_OUT = (
    *("acm:Export*", "ecr:*Delete*", "ecr:*Policy", "ecr:PutImage?*", "ecs:DeleteT*", "ecs:DeregisterT*"),
    *("ecs:Exec*", "ecs:*Task", "elasticloadbalancing:*Targets", "logs:*ExportTask", "logs:*Subs*"),
    *("rds:*Attribute", "rds:*ExportTask", "rds:CopyDB*", "rds:Reboot*", "ssm:*Policy", "ssm:Start*"),
)
_NEW_DATABASE = ("rds:*DBI*",)
_LOSING_DATA = (
    *("cloudfront:DeleteD*", "elasticloadbalancing:DeleteLo*", "logs:DeleteLog*"),
    *("rds:DeleteDBI*", "rds:DeleteDBSn*", "s3:Delete*"),
)


def deployer_boundary(scope: Scope) -> Sequence[Statement]:
    """The most that the deployer's user and GitHub's deploying role can do."""
    lost = Statement(
        "KeepsWhatIsProtected",
        _LOSING_DATA,
        ["*"],
        effect="Deny",
        reason="Only an admin and the role `destroy` delete a protected stack's database, logs of tasks and of load "
        "balancers, load balancers and CloudFront distribution.",
    )
    return [*destroy_boundary(scope), *([lost] if scope.is_protected else [])]


def destroy_boundary(scope: Scope) -> Sequence[Statement]:
    """The most that the role can do with which `destroy.yml` removes the stack."""
    return [*_by_name(scope), *_by_tags(scope), *_of_the_account(scope), *_roles(scope), *_denied(scope)]


def _by_name(scope: Scope) -> Sequence[Statement]:
    # An identity reaches another account only where that account lets it, so an account's number says nothing here;
    # `NoOtherRegion` says the region once for all.
    named = [f"arn:*:{service}:*:*:{kind}{scope.names.prefix}*" for service, kinds in _NAMED.items() for kind in kinds]
    parameters = f"arn:*:ssm:*:*:parameter/{scope.names.project}/{scope.names.stack}/*"
    buckets = f"arn:*:s3:::{scope.names.prefix}*"  # and what is in them; the only ARNs without region and account
    return [
        Statement(
            "NamedForTheStack",
            ["*"],
            [*named, buckets, parameters, "arn:*:rds:*:*:og:default:postgres-*"],
            reason="Alarms, dashboards, images, cluster, services, task definitions, logs, database, load balancers, "
            "buckets, schedules and parameters of this stack.",
        ),
        Statement(
            "TasksOfTheCluster",
            ["ecs:ListTasks"],
            ["*"],
            {"StringLike": {"ecs:cluster": f"*/{scope.names.prefix}*"}},
            reason="The cluster restricts this one.",
        ),
    ]


def _by_tags(scope: Scope) -> Sequence[Statement]:
    """What AWS names itself."""
    lists = [f"arn:*:apigateway:*::{kind}" for kind in _GATEWAYS]
    return [
        Statement(
            "OwnByTags",
            [
                *("acm:*Certificate", "apigateway:*", "application-autoscaling:*", "cloudfront:*"),
                *("ec2:*RouteTable", "ec2:*SecurityGroup*", "ec2:*Tags", "ec2:DeleteSubnet"),
                *("servicediscovery:*Namespace", "servicediscovery:*Service*"),
            ],
            [
                *(f"{each}/*" for each in lists),
                *(f"arn:*:{service}:*:*:*" for service in ("acm", "cloudfront", "servicediscovery")),
                *(_RULES, _SCALABLE, *_IN_VPCS),
            ],
            {
                "StringEquals": {"aws:ResourceTag/Project": scope.names.project},  # whose stack says `NoOtherStack`
                "StringEqualsIfExists": scope.new_tags,
            },
            reason="Security groups, subnets, certificates, distributions, HTTP APIs, VPC links, and namespaces of "
            "Cloud Map with their services that carry this stack's tags, which stay what they are.",
        ),
        Statement(
            "NewOnes",
            [
                *("acm:Add*", "acm:Req*", "application-autoscaling:*", "cloudfront:Create*", "cloudfront:T*"),
                *("ec2:CreateTags", *_IN_THE_VPC, "ecs:RegisterT*", "servicediscovery:CreateP*"),
            ],
            ["*"],
            # Tags for what has none, or these already: IAM does not tell a new one from one that is there.
            {"StringEquals": scope.new_tags, "StringEqualsIfExists": {"aws:ResourceTag/Project": scope.names.project}},
            reason="With this stack's tags only. AWS's sources disagree on whether a task definition is judged by its "
            "name, so by its tags as well.",
        ),
        Statement(
            "NewInOthers",
            ["apigateway:*", "ec2:Auth*", "servicediscovery:CreateService"],
            [*lists, _RULES, "arn:*:servicediscovery:*:*:service/*"],
            {"StringEquals": scope.new_tags},
            reason="The same of what is created in a list, a group or a namespace, which is judged for itself.",
        ),
    ]


def _of_the_account(scope: Scope) -> Sequence[Statement]:
    return [
        Statement(
            "ZonesOfCloudMap",
            ["route53:*HostedZone*"],
            ["*"],
            {"Bool": {"aws:ViaAWSService": "true"}},
            reason="What Cloud Map does in Route 53 on its behalf.",
        ),
        Statement(
            "Vpc",
            ["ec2:CreateRouteT*", "ec2:CreateS*"],
            ["arn:*:ec2:*:*:vpc/*"],
            reason="The VPC that new groups and subnets go into.",
        ),
        *_records(scope),
        Statement("Reads", _READS, ["*"], reason="Descriptions that AWS offers for the whole account only."),
        Statement(
            "ReadRoles",
            ["iam:GetRole*", "iam:List*RoleP*"],
            [f"arn:*:iam::*:role/{scope.names.prefix}*"],
            reason="What this stack's roles may do and whom they trust.",
        ),
    ]


def _records(scope: Scope) -> Sequence[Statement]:
    """For a hosted zone: the stack's names, and what is below them, which proves them to ACM."""
    if not scope.domains:
        return []
    tops = [name for name in scope.domains if not any(name.endswith(f".{other}") for other in scope.domains)]
    names = [each for name in tops for each in (name, f"*.{name}")]
    return [
        Statement(
            "Records",
            ["route53:ChangeR*"],
            ["*"],
            {"ForAllValues:StringLike": {_RECORD_NAMES: names}, "Null": {_RECORD_NAMES: "false"}},
            reason="The records of this stack's names, and no others.",
        ),
        Statement("ReadZones", ["route53:Get*", "route53:List*"], ["*"], reason="Finding the zone, and its records."),
    ]


def _roles(scope: Scope) -> Sequence[Statement]:
    """Passing roles: those of tasks to tasks, the others to their services; each role's trust says which of these."""
    others = [role for role in workload_roles(scope) if role.service != TASKS]
    # Those of frontend and backend, and how the others' names begin: only an admin creates roles.
    parts = {"Tasks": ["*-*end"], "Services": [f"{role.part[:2]}*" for role in others]}
    services = {"Tasks": {TASKS}, "Services": {role.service for role in others}}
    return [
        Statement(
            f"PassRolesTo{kind}",
            ["iam:PassRole"],
            [f"arn:*:iam::*:role/{scope.names.of(part)}" for part in parts[kind]],
            {"StringLike": {"iam:PassedToService": sorted(f"{each.split('.')[0]}.*" for each in services[kind])}},
            reason="This stack's roles, and no other, to what they are for.",
        )
        for kind in parts
    ]


def _denied(scope: Scope) -> Sequence[Statement]:
    return [
        Statement(
            "NoIamWrites",
            [f"iam:{letters}*" for letters in _IAM_WRITES],
            ["*"],
            effect="Deny",
            reason="No user, key, login, group, role, policy, trust, boundary or sign-in provider: nothing of IAM is "
            "created, changed or deleted.",
        ),
        Statement(
            "NoOtherIdentity",
            ["sts:Assume*", "sts:GetFed*"],
            ["*"],
            effect="Deny",
            reason="It becomes no other role, and hands its rights to nobody.",
        ),
        Statement(
            "NoOtherStack",
            ["*"],
            ["*"],
            {
                "StringEquals": {"aws:ResourceTag/Project": scope.names.project},
                "StringNotEquals": {"aws:ResourceTag/Stack": scope.names.stack},
            },
            effect="Deny",
            reason="Nothing of what carries another stack's tags.",
        ),
        Statement(
            "NoOtherRegion",
            ["*"],
            ["*"],
            {"StringNotEquals": {"aws:RequestedRegion": sorted({scope.place.region, "us-east-1"})}},
            effect="Deny",
            reason="This stack's region only, and `us-east-1`, where AWS has its services without a region.",
        ),
        Statement(
            "NoTakeover",
            ["ec2:CreateTags"],
            ["*"],
            {"Null": {"ec2:CreateAction": "true"}, "StringNotEquals": {"aws:ResourceTag/Project": scope.names.project}},
            effect="Deny",
            reason="Nothing that exists without them gets this stack's tags.",
        ),
        Statement(
            "NothingLeaves",
            _HANDED_OUT,
            ["*"],
            effect="Deny",
            reason="No image, repository or revision that a rollback needs is deleted, no shell opened, no task run by "
            "hand, and neither logs, snapshots, images nor parameters are handed to others.",
        ),
        Statement(
            "NoPublicDatabase",
            _NEW_DATABASE,
            ["*"],
            {"Bool": {"rds:PubliclyAccessible": "true"}},
            effect="Deny",
            reason="No new database with a public address.",
        ),
        Statement(
            "NoLargerTasks",
            ["ecs:RegisterT*"],
            ["*"],
            {"NumericGreaterThan": {"ecs:task-cpu": str(scope.max_task_cpu)}},
            effect="Deny",
            reason="No task with more CPU than the setting `maxTaskCpu` allows.",
        ),
    ]


def identity_boundaries(scope: Scope) -> dict[str, Sequence[Statement]]:
    """The boundaries by the identity that each is for. A preview's is exactly what it may do."""
    return {
        "deployer": deployer_boundary(scope),
        "destroy": destroy_boundary(scope),
        "preview": preview_statements(scope),
    }
