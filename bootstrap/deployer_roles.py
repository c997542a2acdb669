"""What the deployer may do in IAM: read this stack's roles, and pass each to the service that it is for. No writes."""

from collections.abc import Sequence

from deployer_scope import Scope
from role_policies import workload_roles

from conducky.policy import Statement


def roles_statements(scope: Scope) -> Sequence[Statement]:
    """Reading and passing the roles that bootstrap created."""
    reading = Statement(
        "ReadRoles",
        ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
        [scope.arn("iam", f"role/{scope.names.prefix}*")],
        reason="What this stack's roles may do and whom they trust, for people and checks after a release.",
    )
    return [reading, *_passing(scope)]


def _passing(scope: Scope) -> Sequence[Statement]:
    """One statement for each service that roles are passed to."""
    by_service: dict[str, list[str]] = {}
    for role in workload_roles(scope):
        by_service.setdefault(role.service, []).append(scope.arn("iam", f"role/{scope.names.of(role.part)}"))
    return [
        Statement(
            f"PassRolesTo{''.join(word.title() for word in service.split('.')[0].split('-'))}",
            ["iam:PassRole"],
            arns,
            {"StringEquals": {"iam:PassedToService": service}},
            reason=f"These roles are for `{service}` only; no other service may be given one.",
        )
        for service, arns in by_service.items()
    ]
