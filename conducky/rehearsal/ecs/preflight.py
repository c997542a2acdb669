"""What a service's task needs before it can start; on AWS each of these shows only as a failed deployment."""

from collections.abc import Generator
from contextlib import contextmanager

from conducky.catalog.lookups import PREFIX_LIST
from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.policy import EXEC_ACTIONS
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.deployment import registries
from conducky.rehearsal.ecs.permissions import require_permission
from conducky.rehearsal.ecs.reachability import INTERNET, End, require_rules
from conducky.rehearsal.ecs.task_environment import container_variables, databases_named
from conducky.rehearsal.references import mentions

_HTTPS = 443
# In front of an internal load balancer: from its own addresses, whatever the VPC's are.
_CLOUDFRONT = End("CloudFront", prefix_lists=(PREFIX_LIST,))
_PULL_ACTIONS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def check_service(account: Account, inputs: Properties, containers: list[Properties]) -> None:
    """Check cluster, capacity and ports: without them ECS refuses the service.

    Raises:
        ResourceFailedError: something is missing; the message names it and the file to change.
    """
    with _named(inputs):
        _check_cluster(account, inputs)
        _check_ports(account, inputs, containers)


def check_tasks(account: Account, inputs: Properties, containers: list[Properties]) -> None:
    """Check roles and security groups: without them ECS takes the service, and its tasks fail.

    Raises:
        ResourceFailedError: as above.
    """
    with _named(inputs):
        _check_roles(account, inputs, containers[0])
        _check_connections(account, inputs, containers[0])


@contextmanager
def _named(inputs: Properties) -> Generator[None]:
    try:
        yield
    except ResourceFailedError as error:
        raise ResourceFailedError(f"{inputs['name']}: {error.problem}", error.fix) from None


def _check_cluster(account: Account, inputs: Properties) -> None:
    arn, fix = inputs["cluster"], "create it in services/cluster.py"
    cluster = account.need("aws:ecs/cluster:Cluster", f"the cluster {arn} does not exist", fix, arn=arn)
    attached = account.find("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", clusterName=cluster["name"])
    available = set(texts(attached or {}, "capacityProviders"))
    for strategy in bags(inputs, "capacityProviderStrategies"):
        if strategy["capacityProvider"] not in available:
            raise ResourceFailedError(
                f"the cluster has no capacity provider {strategy['capacityProvider']}", "add it in services/cluster.py"
            )


def _check_ports(account: Account, inputs: Properties, containers: list[Properties]) -> None:
    mapped = {(c["name"], int(p["containerPort"])) for c in containers for p in bags(c, "portMappings")}
    for route in bags(inputs, "loadBalancers"):
        if (route["containerName"], int(route["containerPort"])) not in mapped:
            raise ResourceFailedError(
                f"no container {route['containerName']} maps port {route['containerPort']}, which the target group "
                "expects",
                "check portMappings in services/container.py",
            )
        if not _entries(account, str(route["targetGroupArn"])):
            raise ResourceFailedError(
                f"the target group {route['targetGroupArn']} has no load balancer yet",
                "let the service depend on its listener rule in services/fargate_service.py",
            )

    for arn, port in registries(inputs).items():
        problem, fix = f"the Cloud Map service {arn} does not exist", "create it in services/gateway_route.py"
        account.need("aws:servicediscovery/service:Service", problem, fix, arn=arn)
        if not any(int(port) == mapped_port for _, mapped_port in mapped):
            raise ResourceFailedError(
                f"no container maps port {port}, which the Cloud Map service gets",
                "check portMappings in services/container.py",
            )


def _check_roles(account: Account, inputs: Properties, container: Properties) -> None:
    definition = account.find("aws:ecs/taskDefinition:TaskDefinition", arn=inputs["taskDefinition"]) or {}
    execution = str(definition.get("executionRoleArn"))
    needed = [*_pull(account, container), *_secrets(container)]
    log = bag(bag(container, "logConfiguration"), "options")
    if log:
        name, fix = log["awslogs-group"], "create it in services/fargate_service.py"
        group = account.need("aws:cloudwatch/logGroup:LogGroup", f"the log group {name} does not exist", fix, name=name)
        stream = f"{group['arn']}:log-stream:{log['awslogs-stream-prefix']}"
        needed += [("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream)]
    by_role = [(execution, action, resource) for action, resource in needed]
    if inputs.get("enableExecuteCommand"):
        by_role += [(str(definition.get("taskRoleArn")), action, "*") for action in EXEC_ACTIONS]
    for role, action, resource in by_role:
        require_permission(account, role, action, resource)


def _pull(account: Account, container: Properties) -> list[tuple[str, str]]:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_ECS.html."""
    needed = [("ecr:GetAuthorizationToken", "*")]
    repository = account.find("aws:ecr/repository:Repository", repositoryUrl=str(container["image"]).partition("@")[0])
    if repository:
        needed += [(action, str(repository["arn"])) for action in _PULL_ACTIONS]
    return needed


def _secrets(container: Properties) -> list[tuple[str, str]]:
    return [("ssm:GetParameters", str(entry["valueFrom"])) for entry in bags(container, "secrets")]


def _check_connections(account: Account, inputs: Properties, container: Properties) -> None:
    """Internet to load balancer to task, task to AWS, task to each database in its variables."""
    groups = tuple(texts(bag(inputs, "networkConfiguration"), "securityGroups"))
    task = End(f"the {container['name']}'s task", groups)
    own, base = "services/connections.py", "platform/firewall.py"
    wanted: list[tuple[End, End, int, str]] = [(task, End("AWS, for its image, secrets and logs"), _HTTPS, own)]
    for route in bags(inputs, "loadBalancers"):
        for listener, balancer in _entries(account, str(route["targetGroupArn"])):
            entry = End("the load balancer", tuple(texts(balancer, "securityGroups")))
            source = _CLOUDFRONT if balancer.get("internal") else INTERNET
            wanted.append((source, entry, int(listener["port"]), base))
            wanted.append((entry, task, int(route["containerPort"]), own))
    for arn, port in registries(inputs).items():
        for link in _links(account, arn):
            entry = End("the VPC link", tuple(texts(link, "securityGroupIds")))
            wanted.append((entry, task, int(port), own))
    addresses = {str(database["address"]): database for database in account.of("aws:rds/instance:Instance")}
    ports = {address: int(database["port"]) for address, database in addresses.items()}
    for address in databases_named(container_variables(account, container), ports):
        database = End("the database", tuple(texts(addresses[address], "vpcSecurityGroupIds")))
        wanted.append((task, database, ports[address], base))
    for source, target, port, file in wanted:
        require_rules(account, source, target, port, file)


def _links(account: Account, registry: str) -> list[Properties]:
    """The VPC links whose integrations lead to a Cloud Map service."""
    integrations = account.of("aws:apigatewayv2/integration:Integration")
    ids = {each.get("connectionId") for each in integrations if each.get("integrationUri") == registry}
    return [link for link in account.of("aws:apigatewayv2/vpcLink:VpcLink") if link["id"] in ids]


def _entries(account: Account, target_group: str) -> list[tuple[Properties, Properties]]:
    """The listeners, with their load balancers, whose rules lead to a target group."""
    found: list[tuple[Properties, Properties]] = []
    for rule in account.of("aws:lb/listenerRule:ListenerRule"):
        if mentions(rule["actions"], target_group):
            listener = account.find("aws:lb/listener:Listener", arn=rule["listenerArn"]) or {}
            balancer = account.find("aws:lb/loadBalancer:LoadBalancer", arn=listener.get("loadBalancerArn"))
            if balancer:
                found.append((listener, balancer))
    return found
