"""Whether a role may do what ECS or a task needs of it.

A small part of IAM, for the roles of tasks: an action is allowed when a statement of the role's
inline policies and one of its boundary both allow it, and none denies it. Conditions are ignored here; `tests/iam/`
proves the policies with them.
"""

from collections.abc import Iterable

from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.wildcards import matches_any, statements


def require_permission(account: Account, role_arn: str, action: str, resource: str) -> None:
    """Raise ResourceFailedError when the role or its boundary does not exist, or does not allow this."""
    problem, fix = f"the role {role_arn} does not exist", "create it in bootstrap/workload_roles.py"
    role = account.need("aws:iam/role:Role", problem, fix, arn=role_arn)
    name = str(role["name"])
    inline = [str(policy["policy"]) for policy in account.of("aws:iam/rolePolicy:RolePolicy") if policy["role"] == name]
    if not _allowed(inline, action, resource):
        raise ResourceFailedError(
            f"the role {name} may not {action} on {resource}", "allow it in bootstrap/role_policies.py"
        )
    if not role.get("permissionsBoundary"):
        return
    problem, fix = f"the permissions boundary of the role {name} does not exist", "create it in bootstrap/deployer.py"
    boundary = account.need("aws:iam/policy:Policy", problem, fix, arn=role["permissionsBoundary"])
    if not _allowed([str(boundary["policy"])], action, resource):
        raise ResourceFailedError(
            f"the permissions boundary of the role {name} does not let it {action} on {resource}",
            "allow it in bootstrap/boundary_policy.py",
        )


def _allowed(documents: Iterable[str], action: str, resource: str) -> bool:
    matching = [
        statement["Effect"]
        for document in documents
        for statement in statements(document)
        # Names of actions are compared without regard to case, resources with it.
        if matches_any(statement["Action"], action, ignore_case=True) and matches_any(statement["Resource"], resource)
    ]
    return "Allow" in matching and "Deny" not in matching
