"""What people need for commands that the pipeline never runs; an AWS admin attaches each policy to those who may."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy

# https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
_ONLY_THE_DOCUMENT = {"Bool": {"ssm:SessionDocumentAccessCheck": "true"}}
TUNNEL = "AWS-StartPortForwardingSessionToRemoteHost"


def people_statements(scope: Scope) -> Mapping[str, Sequence[Statement]]:
    """The statements of each policy by the part of its name."""
    return {"run": run_statements(scope), "database": database_statements(scope)}


def run_statements(scope: Scope) -> Sequence[Statement]:
    """`conducky run`: a task of this stack's families, in its cluster, with a command of the person's."""
    names = scope.names
    cluster = {"ArnLike": {"ecs:cluster": scope.arn("ecs", f"cluster/{names.prefix}*")}}
    return [
        Statement(
            "RunTask",
            ["ecs:RunTask"],
            [scope.arn("ecs", f"task-definition/{names.prefix}*:*")],
            cluster,
            reason="A task of this stack's applications, in this stack's cluster.",
        ),
        Statement(
            "PassRoles",
            ["iam:PassRole"],
            [scope.arn("iam", f"role/{names.prefix}{kind}-*") for kind in ("execution", "task")],
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            reason="The task gets the roles that its definition names; no other service may be given one.",
        ),
        Statement(
            "ReadSettings",
            ["ecs:DescribeServices"],
            [scope.arn("ecs", f"service/{names.prefix}*/*")],
            reason="The network and the revision of the service.",
        ),
        Statement(
            "FollowAndStop",
            ["ecs:DescribeTasks", "ecs:StopTask"],
            [scope.arn("ecs", f"task/{names.prefix}*/*")],
            reason="Until the task ends, or the person ends it.",
        ),
        Statement(
            "ReadLog",
            ["logs:GetLogEvents"],
            [scope.arn("logs", f"log-group:{names.prefix}*")],
            reason="What the command writes.",
        ),
    ]


def database_statements(scope: Scope) -> Sequence[Statement]:
    """`conducky database`: a tunnel through a task of this stack, no shell in it, and backups."""
    names = scope.names
    cluster, tasks = (scope.arn("ecs", f"{kind}/{names.prefix}*") for kind in ("cluster", "task"))
    # AWS's documents belong to no account, and nobody else's name begins with `AWS-`.
    document = f"arn:aws:ssm:{scope.place.region}:*:document/{TUNNEL}"
    database, snapshots = (scope.arn("rds", f"{kind}:{names.prefix}*") for kind in ("db", "snapshot"))
    return [
        # Of the tasks only the backend's reach the database: the firewall decides that, which IAM cannot.
        Statement(
            "OpenTunnel",
            ["ssm:StartSession"],
            [tasks, document],
            _ONLY_THE_DOCUMENT,
            reason="A tunnel to the database through a task; the check of the document keeps every shell out.",
        ),
        Statement(
            "EndTunnel",
            ["ssm:TerminateSession"],
            [scope.arn("ssm", "session/${aws:userid}-*")],
            reason="The person's own sessions.",
        ),
        Statement(
            "FindTask", ["ecs:DescribeTasks"], [tasks], reason="The container's runtime id, by which SSM knows it."
        ),
        Statement(
            "ListTasks",
            ["ecs:ListTasks"],
            ["*"],
            {"ArnLike": {"ecs:cluster": cluster}},
            reason="Which task to go through; the cluster restricts it.",
        ),
        Statement(
            "ReadAddress",
            ["ssm:GetParameter"],
            [scope.arn("ssm", f"parameter{names.parameter('backend', 'DATABASE_URL')}")],
            reason="Address, user and password of the database.",
        ),
        Statement(
            "TakeBackup",
            ["rds:AddTagsToResource", "rds:CreateDBSnapshot"],
            [database, snapshots],
            reason="A named snapshot with this stack's tags.",
        ),
        Statement(
            "SeeBackups",
            ["rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots"],
            ["*"],
            reason="AWS lists all or none.",
        ),
    ]


def people_policies(scope: Scope) -> dict[str, Policy]:
    """Each policy document by the part of its name."""
    return {part: policy(*statements) for part, statements in people_statements(scope).items()}


@dataclass(frozen=True)
class PeoplePoliciesArgs:
    """The stack whose tasks and database they are about."""

    scope: Scope


class PeoplePolicies(pulumi.ComponentResource):
    """Managed policies that are attached to nobody here."""

    def __init__(self, name: str, args: PeoplePoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:PeoplePolicies", name, None, opts)
        for part, document in people_policies(args.scope).items():
            aws.iam.Policy(
                part,
                name=args.scope.names.of(part),
                description=f"What people need for `conducky {part}`",
                policy=json.dumps(document, sort_keys=True),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
