"""What keeps a task from starting on AWS is reported with the file to change."""

import json
from collections.abc import Callable

import pytest

from conducky.catalog.property_bag import Properties
from conducky.policy import EXEC_ACTIONS
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.preflight import check_service, check_tasks
from conducky.rehearsal.ecs.service import containers
from tests.conducky.rehearsal.client import Resource
from tests.conducky.rehearsal.ecs.deployed_service import ANYWHERE, EGRESS, INGRESS, JWT_SECRET, DeployedService

Change = Callable[[DeployedService], object]


def check(deployed: DeployedService, **changes: object) -> None:
    """Check the service with these inputs instead of its own."""
    inputs: Properties = {**deployed.service(deployed.version("1")), **changes}
    for checks in (check_service, check_tasks):
        checks(deployed.account, inputs, containers(deployed.account, inputs))


def problem(deployed: DeployedService, **changes: object) -> str:
    with pytest.raises(ResourceFailedError) as failed:
        check(deployed, **changes)
    message = str(failed.value)
    assert JWT_SECRET not in message
    assert message.startswith("conducky-dev-backend: "), message
    return message.removeprefix("conducky-dev-backend: ")


def without(deployed: DeployedService, policy: Resource, action: str) -> None:
    """Take one action out of a policy."""
    outputs = deployed.account.resources[policy.token][policy.id]
    document = json.loads(outputs["policy"])
    for statement in document["Statement"]:
        statement["Action"] = [allowed for allowed in statement["Action"] if allowed != action]
    outputs["policy"] = json.dumps(document)


def test_what_the_three_programs_create_lacks_nothing(deployed: DeployedService) -> None:
    check(deployed)


# Cluster


def test_a_cluster_that_does_not_exist(deployed: DeployedService) -> None:
    deployed.forget(deployed.cluster)

    assert (
        problem(deployed) == f"the cluster {deployed.cluster['arn']} does not exist: create it in services/cluster.py"
    )


@pytest.mark.parametrize("all_gone", [True, False])
def test_a_capacity_provider_that_the_cluster_lacks(deployed: DeployedService, *, all_gone: bool) -> None:
    if all_gone:
        deployed.forget(deployed.capacity)
    strategy = [{"capacityProvider": "FARGATE" if all_gone else "MINE"}]

    assert problem(deployed, capacityProviderStrategies=strategy) == (
        f"the cluster has no capacity provider {strategy[0]['capacityProvider']}: add it in services/cluster.py"
    )


# Ports and listener rules


@pytest.mark.parametrize("route", [{"containerPort": 3000}, {"containerName": "frontend"}])
def test_a_port_that_no_container_maps(deployed: DeployedService, route: Properties) -> None:
    wanted = {**deployed.service(deployed.version("1"))["loadBalancers"][0], **route}

    assert problem(deployed, loadBalancers=[wanted]) == (
        f"no container {wanted['containerName']} maps port {wanted['containerPort']}, which the target group expects: "
        "check portMappings in services/container.py"
    )


def test_a_target_group_that_no_rule_leads_to(deployed: DeployedService) -> None:
    deployed.forget(deployed.listener_rule)

    assert problem(deployed) == (
        f"the target group {deployed.target_group['arn']} has no load balancer yet: let the service depend on its "
        "listener rule in services/fargate_service.py"
    )


# Roles


def test_a_log_group_that_does_not_exist(deployed: DeployedService) -> None:
    deployed.forget(deployed.log_group)

    message = problem(deployed)

    assert message == "the log group conducky-dev-backend does not exist: create it in services/fargate_service.py"


@pytest.mark.parametrize("role", ["execution_role", "task_role"])
def test_a_role_that_does_not_exist(deployed: DeployedService, role: str) -> None:
    deployed.forget(getattr(deployed, role))

    assert problem(deployed) == (
        f"the role {getattr(deployed, role)['arn']} does not exist: create it in bootstrap/workload_roles.py"
    )


EXECUTION_ACTIONS = (
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "ssm:GetParameters",
)


@pytest.mark.parametrize("action", EXECUTION_ACTIONS)
def test_an_action_that_the_execution_role_lacks(deployed: DeployedService, action: str) -> None:
    without(deployed, deployed.execution_policy, action)

    message = problem(deployed)

    assert message.startswith(f"the role {deployed.execution_role['name']} may not {action} on ")
    assert message.endswith(": allow it in bootstrap/role_policies.py")


@pytest.mark.parametrize("action", EXEC_ACTIONS)
def test_an_action_of_ecs_exec_that_the_task_role_lacks(deployed: DeployedService, action: str) -> None:
    without(deployed, deployed.task_policy, action)

    assert problem(deployed) == (
        f"the role {deployed.task_role['name']} may not {action} on *: allow it in bootstrap/role_policies.py"
    )


def test_without_ecs_exec_the_task_role_needs_nothing(deployed: DeployedService) -> None:
    deployed.forget(deployed.task_policy)

    check(deployed, enableExecuteCommand=False)


@pytest.mark.parametrize("action", [*EXECUTION_ACTIONS, *EXEC_ACTIONS])
def test_an_action_that_the_boundary_lacks(deployed: DeployedService, action: str) -> None:
    without(deployed, deployed.boundary, action)

    message = problem(deployed)

    assert message.startswith("the permissions boundary of the role conducky-dev-")
    assert f" does not let it {action} on " in message
    assert message.endswith(": allow it in bootstrap/boundary_policy.py")


def test_one_parameter_that_the_execution_role_may_not_read(deployed: DeployedService) -> None:
    outputs = deployed.account.resources[deployed.execution_policy.token][deployed.execution_policy.id]
    outputs["policy"] = outputs["policy"].replace("/dev/backend/", "/dev/other/")

    assert f"may not ssm:GetParameters on {deployed.database_url['arn']}" in problem(deployed)


# Security groups


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("internet to load balancer", "the internet cannot reach the load balancer on port 80, because {lb} ingress"),
        ("load balancer out", "the load balancer cannot reach the backend's task on port 4000, because {lb} egress"),
        (
            "load balancer to task",
            "the load balancer cannot reach the backend's task on port 4000, because {task} ingress",
        ),
        (
            "task to AWS",
            "the backend's task cannot reach AWS, for its image, secrets and logs on port 443, because {task} egress",
        ),
        ("task out to database", "the backend's task cannot reach the database on port 5432, because {task} egress"),
        ("task to database", "the backend's task cannot reach the database on port 5432, because {db} ingress"),
    ],
)
def test_a_missing_security_group_rule(deployed: DeployedService, rule: str, message: str) -> None:
    names = {"lb": "load-balancer", "task": "backend", "db": "database"}
    groups = {short: f"the security group {deployed.groups[name]['name']} has no" for short, name in names.items()}
    deployed.forget(deployed.rules[rule])

    own = rule in ("load balancer out", "load balancer to task", "task to AWS")
    file = "services/connections.py" if own else "platform/firewall.py"
    assert problem(deployed) == message.format(**groups) + f" rule for it: add one in {file}"


def test_a_task_without_the_databases_address_needs_no_rule_for_it(deployed: DeployedService) -> None:
    for rule in ("task out to database", "task to database"):
        deployed.forget(deployed.rules[rule])
    container = deployed.container(deployed.image(VERSION="1"))
    container["secrets"] = [entry for entry in container["secrets"] if entry["name"] != "DATABASE_URL"]
    inputs = deployed.service(deployed.register(container))

    check_service(deployed.account, inputs, [container])


@pytest.mark.parametrize(("token", "rule"), [(INGRESS, "task to database"), (EGRESS, "task out to database")])
def test_a_rule_for_another_port_is_not_enough(deployed: DeployedService, token: str, rule: str) -> None:
    group = "database" if token == INGRESS else "backend"
    deployed.forget(deployed.rules[rule])
    ports = {"ipProtocol": "tcp", "fromPort": 3306, "toPort": 3306}
    deployed.client.create(token, "other", {"securityGroupId": deployed.groups[group].id, **ports, **ANYWHERE})

    assert "cannot reach the database on port 5432" in problem(deployed)


def test_a_container_without_logs_needs_no_permission_to_write_them(deployed: DeployedService) -> None:
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        without(deployed, deployed.execution_policy, action)
    container = deployed.container(deployed.image(VERSION="1"))
    del container["logConfiguration"]

    check_service(deployed.account, deployed.service(deployed.register(container)), [container])
