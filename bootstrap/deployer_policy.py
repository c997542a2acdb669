"""What the deployer may do, one document for each area; pure data, each under IAM's 6,144 characters.

Everything is scoped to one stack: by the prefix of its names, and where AWS names a thing itself (security groups and
their rules), by the stack's tags. What IAM cannot restrict to a resource only reads, and has a document of its
own. tests/iam proves that this is enough, that each action is needed, and what it keeps out.
"""

from collections.abc import Sequence

from deployer_containers import containers_statements
from deployer_data import data_statements
from deployer_gateway import gateway_statements
from deployer_https import https_statements
from deployer_monitoring import monitoring_statements
from deployer_network import network_statements
from deployer_reads import reads_statements
from deployer_roles import roles_statements
from deployer_schedule import schedule_statements
from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


def deployer_statements(scope: Scope) -> dict[str, Sequence[Statement]]:
    """The statements of the deployer's managed policies by area."""
    return {
        "containers": containers_statements(scope),
        "data": data_statements(scope),
        "gateway": gateway_statements(scope),
        "https": https_statements(scope),
        "monitoring": monitoring_statements(scope),
        "network": network_statements(scope),
        "reads": reads_statements(scope),
        "roles": roles_statements(scope),
        "schedule": schedule_statements(scope),
    }


def deployer_policies(scope: Scope) -> dict[str, Policy]:
    """The deployer's managed policies by area."""
    return {area: policy(*statements) for area, statements in deployer_statements(scope).items()}
