"""Whether a role may do what ECS or a task needs of it.

A small reading of IAM for the roles that the services layer makes: an action is allowed when a statement of the role's
inline policies and one of its boundary both allow it and none denies it. Conditions are not read; the tests prove the
policies with an evaluator that knows them.
"""

import json
import re
from collections.abc import Iterable
from typing import cast

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Machine


def missing_permission(machine: Machine, role_arn: str, action: str, resource: str) -> str | None:
    """What keeps a role from an action, as a sentence, or None when it may."""
    role = machine.find("aws:iam/role:Role", arn=role_arn)
    if role is None:
        return f"the role {role_arn} does not exist: make it in services/task_roles.py"
    name = str(role["name"])
    inline = [str(policy["policy"]) for policy in machine.of("aws:iam/rolePolicy:RolePolicy") if policy["role"] == name]
    if not _allowed(inline, action, resource):
        return f"the role {name} may not {action} on {resource}: allow it in services/role_policies.py"
    if not role.get("permissionsBoundary"):
        return None
    boundary = machine.find("aws:iam/policy:Policy", arn=role["permissionsBoundary"])
    if boundary is None:
        return f"the permissions boundary of the role {name} does not exist: make it in bootstrap/deployer.py"
    if not _allowed([str(boundary["policy"])], action, resource):
        return (
            f"the permissions boundary of the role {name} does not let it {action} on {resource}: "
            "allow it in bootstrap/boundary_policy.py"
        )
    return None


def _allowed(documents: Iterable[str], action: str, resource: str) -> bool:
    statements = [statement for document in documents for statement in _statements(document)]
    matching = [
        statement["Effect"]
        for statement in statements
        if _any_matches(statement["Action"], action, re.IGNORECASE) and _any_matches(statement["Resource"], resource)
    ]
    return "Allow" in matching and "Deny" not in matching


def _statements(document: str) -> list[Properties]:
    found = json.loads(document)["Statement"]
    return cast("list[Properties]", found if isinstance(found, list) else [found])


def _any_matches(patterns: str | list[str], value: str, flags: int = 0) -> bool:
    """Names of actions are compared without regard to case, resources with it."""
    return any(_matches(pattern, value, flags) for pattern in ([patterns] if isinstance(patterns, str) else patterns))


def _matches(pattern: str, value: str, flags: int) -> bool:
    """IAM's wildcards: `*` for any characters and `?` for one."""
    expression = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch(expression, value, flags) is not None
