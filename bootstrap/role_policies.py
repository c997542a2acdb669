"""The roles that AWS's services assume for this stack, and what each may do; pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boundary_policy import boundary_statements
from deployer_scope import Scope

from conducky.policy import EXEC_ACTIONS, Policy, Statement, policy
from conducky.repository import APPLICATIONS, WORKER

# The service that assumes each kind of role: the only one to which the deployer may pass it.
TASKS, SCHEDULER, ECS = "ecs-tasks.amazonaws.com", "scheduler.amazonaws.com", "ecs.amazonaws.com"


def execution_policy(scope: Scope, application: str) -> Policy:
    """ECS's own work before a container runs: pull its image, read its parameters, open its log."""
    names = scope.names
    # The worker has the backend's roles, and a log of its own.
    writers = (application, WORKER) if application == "backend" else (application,)
    return policy(
        # The token has no resource level; what it opens is restricted by the next statement.
        Statement("PullToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Statement(
            "PullImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [scope.arn("ecr", f"repository/{names.of(application)}")],
        ),
        Statement(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [scope.arn("logs", f"log-group:{names.of(each)}:*") for each in writers],
        ),
        Statement(
            "ReadParameters",
            ["ssm:GetParameters"],
            [scope.arn("ssm", f"parameter{names.parameter(application, '*')}")],
        ),
    )


def task_policy(own: Sequence[Statement] = ()) -> Policy:
    """The application's own rights in AWS: the channel that ECS Exec opens into the container, and what it asks for."""
    return policy(Statement("ExecChannel", EXEC_ACTIONS, ["*"]), *own)


def scheduler_policy(scope: Scope) -> Policy:
    """What a schedule does: set the number of a service's tasks, stop the database and start it again."""
    prefix = scope.names.prefix
    return policy(
        Statement("ScaleServices", ["ecs:UpdateService"], [scope.arn("ecs", f"service/{prefix}*/*")]),
        Statement("StopDatabase", ["rds:StartDBInstance", "rds:StopDBInstance"], [scope.arn("rds", f"db:{prefix}*")]),
    )


def infrastructure_policy(scope: Scope) -> Policy:
    """What ECS does with a load balancer while it shifts traffic from one revision to the next.

    AWS's AmazonECSInfrastructureRolePolicyForLoadBalancers, for this stack's load balancers only.
    """
    elb, prefix = "elasticloadbalancing", scope.names.prefix
    return policy(
        Statement(
            "LookAtLoadBalancers",
            [f"{elb}:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups", "TargetHealth")],
            ["*"],  # AWS offers these for the whole account only
        ),
        Statement(
            "MoveTargets",
            [f"{elb}:DeregisterTargets", f"{elb}:RegisterTargets"],
            [scope.arn(elb, f"targetgroup/{prefix}*")],
        ),
        Statement("ShiftTraffic", [f"{elb}:ModifyListener"], [scope.arn(elb, f"listener/app/{prefix}*")]),
        Statement("ShiftTrafficOfPaths", [f"{elb}:ModifyRule"], [scope.arn(elb, f"listener-rule/app/{prefix}*")]),
    )


@dataclass(frozen=True)
class WorkloadRole:
    """One role: its name without the stack's prefix, who assumes it, and what it may do.

    `own_boundary` is the most that it can ever do, where that is not the stack's boundary.
    """

    part: str
    service: str
    document: Policy
    is_for_this_account: bool = True
    own_boundary: Policy | None = None


def workload_roles(scope: Scope, own: Mapping[str, Sequence[Statement]] | None = None) -> list[WorkloadRole]:
    """The roles of a stack; `own` are the statements that an application asks for besides, by application."""
    scheduler, infrastructure = scheduler_policy(scope), infrastructure_policy(scope)
    roles = [
        WorkloadRole("scheduler", SCHEDULER, scheduler, own_boundary=scheduler),
        # AWS documents the trust in ECS without a condition: the service need not name the account when it assumes it.
        WorkloadRole("infrastructure", ECS, infrastructure, is_for_this_account=False, own_boundary=infrastructure),
    ]
    for application in APPLICATIONS:
        asked = (own or {}).get(application, ())
        roles += [
            # AWS documents the account condition for task roles; ECS's own agent assumes the execution role without it.
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
            WorkloadRole(
                f"execution-{application}", TASKS, execution_policy(scope, application), is_for_this_account=False
            ),
            WorkloadRole(
                f"task-{application}",
                TASKS,
                task_policy(asked),
                own_boundary=policy(*boundary_statements(scope), *asked) if asked else None,
            ),
        ]
    return roles
