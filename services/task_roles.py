"""The two roles of a task: the one ECS uses to start it, and the one that runs inside."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from role_policies import execution_policy, task_policy

from conducky.naming import Names
from conducky.policy import Policy, assumed_by

_TASKS = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True)
class TaskRolesArgs:
    """The one image, the parameters and the log group that the task's roles name."""

    names: Names
    service: str
    account_id: str
    boundary_arn: pulumi.Output[str]
    repository_arn: pulumi.Output[str]
    parameter_arns: Sequence[pulumi.Output[str]]
    log_group_arn: pulumi.Output[str]


class TaskRoles(pulumi.ComponentResource):
    """Execution role and task role, both under the boundary."""

    execution_role: aws.iam.Role
    task_role: aws.iam.Role
    policies: list[aws.iam.RolePolicy]

    def __init__(self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:TaskRoles", name, None, opts)

        def allowed(values: list[Any]) -> str:
            repository_arn, log_group_arn, *parameter_arns = values
            return _json(execution_policy(repository_arn, parameter_arns, log_group_arn))

        needed = pulumi.Output.all(args.repository_arn, args.log_group_arn, *args.parameter_arns)
        self.policies = []
        # AWS documents the account condition for task roles; ECS's own agent assumes the execution role without it.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        self.execution_role = self._role(args, "execution", assumed_by(_TASKS), needed.apply(allowed))
        self.task_role = self._role(args, "task", assumed_by(_TASKS, args.account_id), _json(task_policy()))
        self.register_outputs({"execution_role": self.execution_role.arn, "task_role": self.task_role.arn})

    def _role(self, args: TaskRolesArgs, kind: str, trust: Policy, document: pulumi.Input[str]) -> aws.iam.Role:
        name = args.names.of(f"{args.service}-{kind}")
        role = aws.iam.Role(
            name,
            description=f"{kind.capitalize()} role of the {args.service}'s tasks",
            assume_role_policy=_json(trust),
            permissions_boundary=args.boundary_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.policies.append(
            aws.iam.RolePolicy(name, role=role.name, policy=document, opts=pulumi.ResourceOptions(parent=self))
        )
        return role


def _json(document: Policy) -> str:
    return json.dumps(document, sort_keys=True)
