"""What has to be in place before a service's task can start; on AWS each of these shows only as a failed deployment."""

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.policy import EXEC_ACTIONS
from conducky.rehearsal.account import Machine, ResourceFailedError
from conducky.rehearsal.ecs.permissions import missing_permission
from conducky.rehearsal.ecs.reachability import INTERNET, End, missing_rule
from conducky.rehearsal.ecs.task import told
from conducky.rehearsal.ecs.task_environment import databases_named

_HTTPS = 443
_PULL_ACTIONS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def check_service(machine: Machine, inputs: Properties, containers: list[Properties]) -> None:
    """Check cluster, capacity, ports, roles and security groups of a service.

    Raises:
        ResourceFailedError: something is missing; the sentence names it and the file to look at.
    """
    problem = (
        _cluster(machine, inputs)
        or _ports(machine, inputs, containers)
        or _roles(machine, inputs, containers[0])
        or _connections(machine, inputs, containers[0])
    )
    if problem:
        raise ResourceFailedError(f"{inputs['name']}: {problem}")


def _cluster(machine: Machine, inputs: Properties) -> str | None:
    cluster = machine.find("aws:ecs/cluster:Cluster", arn=inputs["cluster"])
    if cluster is None:
        return f"the cluster {inputs['cluster']} does not exist: make it in services/cluster.py"
    attached = machine.find("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", clusterName=cluster["name"])
    available = set(texts(attached or {}, "capacityProviders"))
    for strategy in bags(inputs, "capacityProviderStrategies"):
        if strategy["capacityProvider"] not in available:
            return f"the cluster has no capacity provider {strategy['capacityProvider']}: add it in services/cluster.py"
    return None


def _ports(machine: Machine, inputs: Properties, containers: list[Properties]) -> str | None:
    mapped = {(c["name"], int(p["containerPort"])) for c in containers for p in bags(c, "portMappings")}
    for route in bags(inputs, "loadBalancers"):
        if (route["containerName"], int(route["containerPort"])) not in mapped:
            return (
                f"no container {route['containerName']} maps port {route['containerPort']}, which the target group "
                "wants: look at portMappings in services/container.py"
            )
        if not _is_routed(machine, str(route["targetGroupArn"])):
            return (
                f"the target group {route['targetGroupArn']} has no load balancer yet: the service must depend on its "
                "listener rule (services/fargate_service.py)"
            )
    return None


def _is_routed(machine: Machine, target_group: str) -> bool:
    return any(
        action.get("targetGroupArn") == target_group
        for rule in machine.of("aws:lb/listenerRule:ListenerRule")
        for action in bags(rule, "actions")
    )


def _roles(machine: Machine, inputs: Properties, container: Properties) -> str | None:
    definition = machine.find("aws:ecs/taskDefinition:TaskDefinition", arn=inputs["taskDefinition"]) or {}
    execution = str(definition.get("executionRoleArn"))
    needed = [*_pull(machine, container), *_secrets(container)]
    log = bag(bag(container, "logConfiguration"), "options")
    if log:
        group = machine.find("aws:cloudwatch/logGroup:LogGroup", name=log["awslogs-group"])
        if group is None:
            return f"the log group {log['awslogs-group']} does not exist: make it in services/fargate_service.py"
        stream = f"{group['arn']}:log-stream:{log['awslogs-stream-prefix']}"
        needed += [("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream)]
    by_role = [(execution, action, resource) for action, resource in needed]
    if inputs.get("enableExecuteCommand"):
        by_role += [(str(definition.get("taskRoleArn")), action, "*") for action in EXEC_ACTIONS]
    for role, action, resource in by_role:
        if problem := missing_permission(machine, role, action, resource):
            return problem
    return None


def _pull(machine: Machine, container: Properties) -> list[tuple[str, str]]:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_ECS.html."""
    needed = [("ecr:GetAuthorizationToken", "*")]
    repository = machine.find("aws:ecr/repository:Repository", repositoryUrl=str(container["image"]).partition("@")[0])
    if repository:
        needed += [(action, str(repository["arn"])) for action in _PULL_ACTIONS]
    return needed


def _secrets(container: Properties) -> list[tuple[str, str]]:
    return [("ssm:GetParameters", str(entry["valueFrom"])) for entry in bags(container, "secrets")]


def _connections(machine: Machine, inputs: Properties, container: Properties) -> str | None:
    """Internet to load balancer to task, task to AWS, task to each database it is told of."""
    groups = tuple(texts(bag(inputs, "networkConfiguration"), "securityGroups"))
    task = End(f"the {container['name']}'s task", groups)
    wanted: list[tuple[End, End, int]] = [(task, End("AWS, for its image, secrets and logs"), _HTTPS)]
    for route in bags(inputs, "loadBalancers"):
        for listener, balancer in _entries(machine, str(route["targetGroupArn"])):
            entry = End("the load balancer", tuple(texts(balancer, "securityGroups")))
            wanted += [(INTERNET, entry, int(listener["port"])), (entry, task, int(route["containerPort"]))]
    addresses = {str(database["address"]): database for database in machine.of("aws:rds/instance:Instance")}
    ports = {address: int(database["port"]) for address, database in addresses.items()}
    for address in databases_named(told(machine, container), ports):
        database = End("the database", tuple(texts(addresses[address], "vpcSecurityGroupIds")))
        wanted.append((task, database, ports[address]))
    for source, target, port in wanted:
        if problem := missing_rule(machine, source, target, port):
            return problem
    return None


def _entries(machine: Machine, target_group: str) -> list[tuple[Properties, Properties]]:
    """The listeners, with their load balancers, whose rules lead to a target group."""
    found: list[tuple[Properties, Properties]] = []
    for rule in machine.of("aws:lb/listenerRule:ListenerRule"):
        if any(action.get("targetGroupArn") == target_group for action in bags(rule, "actions")):
            listener = machine.find("aws:lb/listener:Listener", arn=rule["listenerArn"]) or {}
            balancer = machine.find("aws:lb/loadBalancer:LoadBalancer", arn=listener.get("loadBalancerArn"))
            if balancer:
                found.append((listener, balancer))
    return found
