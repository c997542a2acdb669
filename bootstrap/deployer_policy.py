"""What the deployer may do, one document for each area; pure data, each under IAM's 6,144 characters.

Everything is scoped to one stack: by the prefix of its names, and where AWS names a thing itself (security groups and
their rules), by the stack's tags. What IAM cannot restrict to a resource stands on `*`, in statements of their own.
"""

from deployer_containers import containers_policy
from deployer_data import data_policy
from deployer_network import network_policy
from deployer_roles import roles_policy
from deployer_scope import Scope

from conducky.policy import Policy


def deployer_policies(scope: Scope) -> dict[str, Policy]:
    """The deployer's managed policies by area."""
    return {
        "containers": containers_policy(scope),
        "data": data_policy(scope),
        "network": network_policy(scope),
        "roles": roles_policy(scope),
    }
