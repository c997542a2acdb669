"""What keeps a task from starting on AWS is said in a sentence here, with the file to look at."""

import json
from collections.abc import Callable

import pytest

from conducky.catalog.property_bag import Properties
from conducky.policy import EXEC_ACTIONS
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.preflight import check_service
from conducky.rehearsal.ecs.service import containers
from tests.conducky.rehearsal.client import Resource
from tests.conducky.rehearsal.ecs.deployed_service import ANYWHERE, EGRESS, INGRESS, JWT_SECRET, World

Change = Callable[[World], object]


def check(world: World, **changes: object) -> None:
    """Check the service with these inputs instead of its own."""
    inputs: Properties = {**world.service(world.version("1")), **changes}
    check_service(world.machine, inputs, containers(world.machine, inputs))


def problem(world: World, **changes: object) -> str:
    with pytest.raises(ResourceFailedError) as failed:
        check(world, **changes)
    sentence = str(failed.value)
    assert JWT_SECRET not in sentence
    assert sentence.startswith("conducky-dev-backend: "), sentence
    return sentence.removeprefix("conducky-dev-backend: ")


def without(world: World, policy: Resource, action: str) -> None:
    """Take one action out of a policy."""
    outputs = world.machine.resources[policy.token][policy.id]
    document = json.loads(outputs["policy"])
    for statement in document["Statement"]:
        statement["Action"] = [allowed for allowed in statement["Action"] if allowed != action]
    outputs["policy"] = json.dumps(document)


def test_what_the_three_programs_make_lacks_nothing(world: World) -> None:
    check(world)


# Cluster


def test_a_cluster_that_does_not_exist(world: World) -> None:
    world.forget(world.cluster)

    assert problem(world) == f"the cluster {world.cluster['arn']} does not exist: make it in services/cluster.py"


@pytest.mark.parametrize("all_gone", [True, False])
def test_a_capacity_provider_that_the_cluster_lacks(world: World, *, all_gone: bool) -> None:
    if all_gone:
        world.forget(world.capacity)
    strategy = [{"capacityProvider": "FARGATE" if all_gone else "MINE"}]

    assert problem(world, capacityProviderStrategies=strategy) == (
        f"the cluster has no capacity provider {strategy[0]['capacityProvider']}: add it in services/cluster.py"
    )


# Way in


@pytest.mark.parametrize("route", [{"containerPort": 3000}, {"containerName": "frontend"}])
def test_a_port_that_no_container_maps(world: World, route: Properties) -> None:
    wanted = {**world.service(world.version("1"))["loadBalancers"][0], **route}

    assert problem(world, loadBalancers=[wanted]) == (
        f"no container {wanted['containerName']} maps port {wanted['containerPort']}, which the target group wants: "
        "look at portMappings in services/container.py"
    )


def test_a_target_group_that_no_rule_leads_to(world: World) -> None:
    world.forget(world.listener_rule)

    assert problem(world) == (
        f"the target group {world.target_group['arn']} has no load balancer yet: the service must depend on its "
        "listener rule (services/fargate_service.py)"
    )


# Roles


def test_a_log_group_that_does_not_exist(world: World) -> None:
    world.forget(world.log_group)

    said = problem(world)

    assert said == "the log group conducky-dev-backend does not exist: make it in services/fargate_service.py"


@pytest.mark.parametrize("role", ["execution_role", "task_role"])
def test_a_role_that_does_not_exist(world: World, role: str) -> None:
    world.forget(getattr(world, role))

    assert problem(world) == (
        f"the role {getattr(world, role)['arn']} does not exist: make it in services/task_roles.py"
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
def test_an_action_that_the_execution_role_lacks(world: World, action: str) -> None:
    without(world, world.execution_policy, action)

    said = problem(world)

    assert said.startswith(f"the role {world.execution_role['name']} may not {action} on ")
    assert said.endswith(": allow it in services/role_policies.py")


@pytest.mark.parametrize("action", EXEC_ACTIONS)
def test_an_action_of_ecs_exec_that_the_task_role_lacks(world: World, action: str) -> None:
    without(world, world.task_policy, action)

    assert problem(world) == (
        f"the role {world.task_role['name']} may not {action} on *: allow it in services/role_policies.py"
    )


def test_without_ecs_exec_the_task_role_needs_nothing(world: World) -> None:
    world.forget(world.task_policy)

    check(world, enableExecuteCommand=False)


@pytest.mark.parametrize("action", [*EXECUTION_ACTIONS, *EXEC_ACTIONS])
def test_an_action_that_the_boundary_lacks(world: World, action: str) -> None:
    without(world, world.boundary, action)

    said = problem(world)

    assert said.startswith("the permissions boundary of the role conducky-dev-backend-")
    assert f" does not let it {action} on " in said
    assert said.endswith(": allow it in bootstrap/boundary_policy.py")


def test_one_parameter_that_the_execution_role_may_not_read(world: World) -> None:
    outputs = world.machine.resources[world.execution_policy.token][world.execution_policy.id]
    outputs["policy"] = outputs["policy"].replace("DATABASE_URL", "OTHER")

    assert f"may not ssm:GetParameters on {world.database_url['arn']}" in problem(world)


# Security groups


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("internet to load balancer", "the internet cannot reach the load balancer on port 80: {lb} ingress"),
        ("load balancer out", "the load balancer cannot reach the backend's task on port 4000: {lb} egress"),
        ("load balancer to task", "the load balancer cannot reach the backend's task on port 4000: {task} ingress"),
        (
            "task to AWS",
            "the backend's task cannot reach AWS, for its image, secrets and logs on port 443: {task} egress",
        ),
        ("task out to database", "the backend's task cannot reach the database on port 5432: {task} egress"),
        ("task to database", "the backend's task cannot reach the database on port 5432: {db} ingress"),
    ],
)
def test_a_missing_security_group_rule(world: World, rule: str, sentence: str) -> None:
    names = {"lb": "load-balancer", "task": "backend", "db": "database"}
    groups = {short: f"the security group {world.groups[name]['name']} has no" for short, name in names.items()}
    world.forget(world.rules[rule])

    assert problem(world) == sentence.format(**groups) + " rule for it; add one in platform/firewall.py"


def test_a_task_that_is_not_told_of_the_database_needs_no_way_to_it(world: World) -> None:
    for rule in ("task out to database", "task to database"):
        world.forget(world.rules[rule])
    container = world.container(world.image(VERSION="1"))
    container["secrets"] = [entry for entry in container["secrets"] if entry["name"] != "DATABASE_URL"]
    inputs = world.service(world.register(container))

    check_service(world.machine, inputs, [container])


@pytest.mark.parametrize(("token", "rule"), [(INGRESS, "task to database"), (EGRESS, "task out to database")])
def test_a_rule_for_another_port_is_not_enough(world: World, token: str, rule: str) -> None:
    group = "database" if token == INGRESS else "backend"
    world.forget(world.rules[rule])
    ports = {"ipProtocol": "tcp", "fromPort": 3306, "toPort": 3306}
    world.client.create(token, "other", {"securityGroupId": world.groups[group].id, **ports, **ANYWHERE})

    assert "cannot reach the database on port 5432" in problem(world)


def test_a_container_without_logs_needs_no_right_to_write_them(world: World) -> None:
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        without(world, world.execution_policy, action)
    container = world.container(world.image(VERSION="1"))
    del container["logConfiguration"]

    check_service(world.machine, world.service(world.register(container)), [container])
