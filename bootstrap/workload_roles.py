"""Every role that an AWS service assumes for this stack, also those that only an option needs.

The deployer creates none of them: it passes each to its one service, and a stolen key can change neither what a role
may do nor whom it trusts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope
from role_policies import WorkloadRole, workload_roles

from conducky.policy import Statement, assumed_by


@dataclass(frozen=True)
class WorkloadRolesArgs:
    """The stack, its boundary, and what each application may do besides."""

    scope: Scope
    boundary_arn: pulumi.Output[str]
    own: Mapping[str, Sequence[Statement]] = field(default_factory=dict[str, Sequence[Statement]])


class WorkloadRoles(pulumi.ComponentResource):
    """The roles by their part, such as `execution-backend`, each with one policy and under a boundary."""

    arns: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: WorkloadRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:WorkloadRoles", name, None, opts)
        self.arns = {role.part: self._role(args, role) for role in workload_roles(args.scope, args.own)}
        self.register_outputs(dict(self.arns))

    def _role(self, args: WorkloadRolesArgs, role: WorkloadRole) -> pulumi.Output[str]:
        scope, child = args.scope, pulumi.ResourceOptions(parent=self)
        boundary_arn = args.boundary_arn
        if role.own_boundary:
            boundary_arn = aws.iam.Policy(
                f"boundary-{role.part}",
                name=scope.names.of(f"boundary-{role.part}"),
                description=f"The most that the role {role.part} can ever do",
                policy=json.dumps(role.own_boundary, sort_keys=True),
                opts=child,
            ).arn
        trust = assumed_by(role.service, scope.place.account_id if role.is_for_this_account else None)
        created = aws.iam.Role(
            role.part,
            # The deployer's policies name it.
            name=scope.names.of(role.part),
            assume_role_policy=json.dumps(trust, sort_keys=True),
            permissions_boundary=boundary_arn,
            opts=child,
        )
        rights = aws.iam.RolePolicy(
            role.part,
            name=scope.names.of(role.part),
            role=created.name,
            policy=json.dumps(role.document, sort_keys=True),
            opts=child,
        )
        # Known once the role may do its work.
        return pulumi.Output.all(created.arn, rights.id).apply(lambda both: str(both[0]))
