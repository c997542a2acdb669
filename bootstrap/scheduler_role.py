"""The role with which EventBridge Scheduler stops a stack and starts it again, for the setting `schedule`."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope

from conducky.policy import Policy, Statement, assumed_by, policy
from conducky.scheduled_call import SCHEDULER_ROLE


@dataclass(frozen=True)
class SchedulerRoleArgs:
    """The stack whose tasks and database the role may stop and start."""

    scope: Scope


class SchedulerRole(pulumi.ComponentResource):
    """A role for the schedules of this stack; it costs nothing while there is none."""

    role: aws.iam.Role

    def __init__(self, name: str, args: SchedulerRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:SchedulerRole", name, None, opts)
        full_name, child = args.scope.names.of(SCHEDULER_ROLE), pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            name,
            name=full_name,
            assume_role_policy=json.dumps(assumed_by("scheduler.amazonaws.com", args.scope.place.account_id)),
            opts=child,
        )
        aws.iam.RolePolicy(
            name, name=full_name, role=self.role.name, policy=json.dumps(scheduler_policy(args.scope)), opts=child
        )
        self.register_outputs({"arn": self.role.arn})


def scheduler_policy(scope: Scope) -> Policy:
    """Set the number of a service's tasks, stop the database and start it again; of this stack only."""
    prefix = scope.names.prefix
    return policy(
        Statement("ScaleServices", ["ecs:UpdateService"], [scope.arn("ecs", f"service/{prefix}*/*")]),
        Statement("StopDatabase", ["rds:StartDBInstance", "rds:StopDBInstance"], [scope.arn("rds", f"db:{prefix}*")]),
    )
