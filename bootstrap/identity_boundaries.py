"""The boundaries of the identities that deploy: the most that each can do, whatever policy somebody attaches to it.

Each is one coarse document: the stack's own areas by prefix or tag, and denials, which also hold against a policy of
some other resource that names the identity. The policies in `deployer_policy.py` say within these what it may do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from deployer_roles import roles_statements
from deployer_scope import Scope
from preview_policy import preview_statements

from conducky.naming import Place
from conducky.policy import Statement

# Everything in IAM that changes something, by the first letters of its name; what reads begins with others.
_IAM_WRITES = ("A", "C", "D", "E", "Pu", "R", "S", "T", "U")
# IAM takes no wildcard for the kind of a resource.
_ECS = ("cluster", "service", "service-deployment", "service-revision", "task", "task-definition")
_BALANCING = ("listener-rule/app", "listener/app", "loadbalancer/app", "targetgroup")
_IN_THE_VPC = ("ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet")
_NEW_DATABASE = ("rds:CreateDBInstance*", "rds:RestoreDBInstance*")
_LOSING_DATA = (
    *("elasticloadbalancing:DeleteLoadBalancer", "logs:DeleteLogGroup", "logs:DeleteLogStream"),
    *("rds:DeleteDBInstance*", "rds:DeleteDBSnapshot"),
)


def deployer_boundary(scope: Scope) -> Sequence[Statement]:
    """The most that the deployer's user and GitHub's deploying role can do."""
    lost = Statement(
        "KeepsWhatIsProtected",
        _LOSING_DATA,
        ["*"],
        effect="Deny",
        reason="Only an admin and the role `destroy` delete a protected stack's database, logs and load balancers.",
    )
    return [*destroy_boundary(scope), *([lost] if scope.is_protected else [])]


def destroy_boundary(scope: Scope) -> Sequence[Statement]:
    """The most that the role can do with which `destroy.yml` removes the stack."""
    return [*_areas(scope), _reads(scope), *_roles(scope), *_denied(scope)]


def _reads(scope: Scope) -> Statement:
    """What `deployer_reads.py` lists, in fewer words."""
    balancers = "elasticloadbalancing:Describe*"
    account = ("A*", "Instances", "InternetGateways", "M*", "N*", "R*", "S*", "Vpcs")
    return Statement(
        "Reads",
        [
            *(f"ec2:Describe{what}" for what in account),
            *(
                "ec2:GetSecurityGroupsForVpc",
                "ecr:GetAuthorizationToken",
                "ecs:DescribeTaskDefinition",
                balancers,
            ),
            *("logs:DescribeLogGroups", "rds:DescribeDBInstances", "ssm:DescribeParameters"),
            *(("route53:Get*", "route53:List*") if scope.domains else ()),
        ],
        ["*"],
        reason="Descriptions that AWS offers for the whole account only.",
    )


def _areas(scope: Scope) -> Sequence[Statement]:
    prefix = scope.names.prefix
    # An identity reaches another account only where that account lets it, so the account's number says nothing here.
    arn = Place(scope.place.region, "*").arn
    tagged = [arn("ec2", "*")]
    return [
        Statement(
            "NamedForTheStack",
            ["ecr:*", "ecs:*", "elasticloadbalancing:*", "logs:*", "rds:*", "scheduler:*"],
            [
                arn("ecr", f"repository/{prefix}*"),
                *(arn("ecs", f"{kind}/{prefix}*") for kind in _ECS),
                *(arn("elasticloadbalancing", f"{kind}/{prefix}*") for kind in _BALANCING),
                arn("logs", f"log-group:{prefix}*"),
                *(arn("rds", f"{kind}:{prefix}*") for kind in ("db", "pg", "snapshot", "subgrp")),
                arn("rds", "og:default:postgres-*"),
                arn("scheduler", f"schedule/default/{prefix}*"),
            ],
            reason="Images, cluster, services, task definitions, logs, database, load balancers and schedules of this "
            "stack.",
        ),
        Statement(
            "Parameters", ["ssm:*Parameter*", "ssm:*Tags*"], [scope.parameters], reason="This stack's parameters."
        ),
        Statement(
            "NewTaskDefinitions",
            ["ecs:RegisterTaskDefinition"],
            ["*"],
            {"StringEquals": scope.new_tags},
            reason="AWS's sources disagree on whether a new one is judged by its name; so by its tags as well.",
        ),
        Statement(
            "TasksOfTheCluster",
            ["ecs:ListTasks"],
            ["*"],
            {"ArnLike": {"ecs:cluster": arn("ecs", f"cluster/{prefix}*")}},
            reason="The cluster restricts this one.",
        ),
        Statement(
            "NewInTheVpc",
            ["ec2:AuthorizeSecurityGroup*", *_IN_THE_VPC],
            tagged,
            {"StringEquals": scope.new_tags},
            reason="With this stack's tags only.",
        ),
        Statement(
            "TagsOfNewOnes",
            ["ec2:CreateTags"],
            tagged,
            {"StringEquals": scope.new_tags, "Null": {"ec2:CreateAction": "false"}},
            reason="In the call that creates them.",
        ),
        Statement(
            "OwnInTheVpc",
            ["ec2:*RouteTable", "ec2:*SecurityGroup*", "ec2:CreateTags", "ec2:DeleteSubnet"],
            tagged,
            {"StringEquals": scope.own_tags, "StringEqualsIfExists": scope.new_tags},
            reason="Those that carry this stack's tags, which stay what they are.",
        ),
        Statement(
            "UntagOwn",
            ["ec2:DeleteTags"],
            tagged,
            {
                "StringEquals": scope.own_tags,
                "ForAllValues:StringNotEquals": {"aws:TagKeys": ["Project", "Stack"]},
                "Null": {"aws:TagKeys": "false"},
            },
            reason="Any tag but these two.",
        ),
        Statement(
            "Gateways",
            ["acm:*", "apigateway:*", "cloudfront:*", "servicediscovery:*"],
            ["*"],
            reason="Certificates, CloudFront, HTTP APIs and Cloud Map, where AWS chooses all names; `NoOtherStack` and "
            "the policies say whose.",
        ),
        Statement(
            "ZonesOfCloudMap",
            ["route53:*HostedZone*"],
            ["*"],
            {"Bool": {"aws:ViaAWSService": "true"}},
            reason="What Cloud Map does in Route 53 on its behalf.",
        ),
        Statement("Vpc", _IN_THE_VPC, [arn("ec2", "vpc/*")], reason="The VPC that new groups and subnets go into."),
        *_records(scope),
    ]


def _records(scope: Scope) -> Sequence[Statement]:
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    write = Statement(
        "Records",
        ["route53:ChangeResourceRecordSets"],
        ["*"],
        {"ForAllValues:StringLike": {key: [*_with_those_below(scope.domains)]}, "Null": {key: "false"}},
        reason="Those of this stack's names, and those below them that prove these to ACM.",
    )
    return [write] if scope.domains else []


def _with_those_below(domains: Sequence[str]) -> Iterator[str]:
    for name in domains:
        if not any(name.endswith(f".{other}") for other in domains):
            yield from (name, f"*.{name}")


def _roles(scope: Scope) -> Iterator[Statement]:
    """What `deployer_roles.py` lists, in fewer words: the tasks' roles by the first part of their names."""
    for statement in roles_statements(scope):
        shorter = [re.sub(r"(execution|task)-(backend|frontend)$", r"\1-*", arn) for arn in statement.resources]
        actions = [*dict.fromkeys(re.sub(r"^iam:(Get|List)\w+", r"iam:\1*", action) for action in statement.actions)]
        yield replace(statement, actions=actions, resources=[*dict.fromkeys(shorter)])


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
            ["sts:AssumeRole*", "sts:GetFederationToken"],
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
            "NothingLeaves",
            [
                *(
                    "ecr:*Delete*",
                    "ecr:*Policy",
                    "ecr:PutImage?*",
                    "ecs:DeleteTask*",
                    "ecs:DeregisterTask*",
                    "ecs:ExecuteCommand",
                ),
                *("ecs:RunTask", "ecs:StartTask", "ecs:StopTask", "elasticloadbalancing:*Targets"),
                *("logs:*SubscriptionFilter*", "rds:*Attribute", "rds:*ExportTask", "rds:CopyDB*", "rds:RebootDB*"),
            ],
            ["*"],
            effect="Deny",
            reason="No image, repository or revision that a rollback needs is deleted, no shell opened, no task run by "
            "hand, and neither logs, snapshots nor images are handed to others.",
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
            ["ecs:RegisterTaskDefinition"],
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
