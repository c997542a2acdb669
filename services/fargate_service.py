"""One application on Fargate: its log, route, task definition and service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
from application_secrets import SecretParameter
from autoscaling import Autoscaling, AutoscalingArgs, Scaling
from cluster import Cluster
from connections import Connections, ConnectionsArgs
from container import Container
from migration_command import ENTRY_POINT
from release_alarms import Metric, ReleaseAlarms, ReleaseAlarmsArgs
from release_trigger import release_trigger
from service_entrance import NO_ENTRANCE, ServiceEntranceArgs, service_entrance
from traffic_shift import TrafficShift

from conducky.contracts import GatewayEntrance, LoadBalancerEntrance
from conducky.deployed import last_outputs
from conducky.naming import Names
from conducky.scheduled_call import ScheduledCall, scheduled_call
from conducky.settings.application import Application, Backend

_SPOT = aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider="FARGATE_SPOT", weight=1)
_CAPACITY = {
    "spot": [_SPOT],
    "on-demand": [aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider="FARGATE", weight=1)],
    # AWS may take every Spot task at once when it needs the room; the first one stays.
    "mixed": [aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider="FARGATE", base=1, weight=0), _SPOT],
}
# Named, because the provider leaves a strategy as it is that a program does not name: of a service that shifted, and
# went behind an HTTP API and back, ECS would then ask for a second target group.
_ROLLING: Mapping[str, Any] = {"deployment_configuration": {"strategy": "ROLLING"}}
_ARCHITECTURE = {"arm64": "ARM64", "x86_64": "X86_64"}


@dataclass(frozen=True)
class Size:
    """How many tasks, and how large: CPU units (1024 is one vCPU) and MiB."""

    count: int
    cpu: int
    memory: int


@dataclass(frozen=True)
class FargateServiceArgs:
    """Where a service runs, what its container gets, how it is reached, how large it is, and when it runs."""

    names: Names
    region: str
    cluster: Cluster
    vpc_id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    security_group_id: pulumi.Output[str]
    entrance_group_id: pulumi.Output[str]

    application: Application
    image: pulumi.Output[str]
    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, SecretParameter]

    size: Size
    schedule: str
    scheduler_role_arn: pulumi.Output[str]
    architecture: Literal["arm64", "x86_64"]
    capacity: Literal["spot", "mixed", "on-demand"]
    steady_state_minutes: int
    log_retention_days: int
    after: Sequence[pulumi.Resource] = ()
    # None: nothing reaches it, and what is below means nothing.
    entrance: LoadBalancerEntrance | GatewayEntrance | None = None
    paths: Sequence[str] = ()
    priority: int = 0
    grace_seconds: int = 0
    alarm_rollback: bool = False
    topic_arn: pulumi.Output[str] | None = None  # gets what the alarms say
    scaling: Scaling | None = None
    shift: TrafficShift | None = None


class FargateService(pulumi.ComponentResource):
    """A service that takes commands (ECS Exec), proves each release steady, and rolls a bad one back."""

    log_group: aws.cloudwatch.LogGroup
    task_definition: aws.ecs.TaskDefinition
    service: aws.ecs.Service
    metrics: Mapping[str, Metric]
    release: pulumi.Output[str]  # for the export NAME_release

    def __init__(self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:FargateService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        full_name = args.names.of(name)
        self.log_group = aws.cloudwatch.LogGroup(
            full_name, name=full_name, retention_in_days=args.log_retention_days, opts=child
        )
        own = args.application
        entrance = NO_ENTRANCE
        if args.entrance:
            ends = ConnectionsArgs(own.port, own.egress, args.security_group_id, args.entrance_group_id)
            rules = Connections(name, ends, opts=child).rules
            behind = ServiceEntranceArgs(
                full_name,
                args.vpc_id,
                args.entrance,
                own,
                args.paths,
                args.priority,
                args.grace_seconds,
                args.shift,
            )
            entrance = service_entrance(name, behind, rules, child)
        self.task_definition = aws.ecs.TaskDefinition(
            full_name,
            family=full_name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(args.size.cpu),
            memory=str(args.size.memory),
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": _ARCHITECTURE[args.architecture],
            },
            execution_role_arn=args.execution_role_arn,
            task_role_arn=args.task_role_arn,
            container_definitions=self._containers(name, args, entrance.health_check),
            # A revision that was deregistered cannot be rolled back to; revisions cost nothing.
            skip_destroy=True,
            opts=child,
        )
        self.metrics = entrance.metrics
        to_watch = ReleaseAlarmsArgs(full_name, self.metrics, args.grace_seconds, args.topic_arn)
        is_watched = args.alarm_rollback or args.topic_arn is not None
        alarms = ReleaseAlarms(name, to_watch, opts=child).names if is_watched else []
        watched = alarms if args.alarm_rollback else []
        parts = [
            *(self.task_definition.arn, args.size.count, args.capacity, args.grace_seconds),
            *(args.subnet_ids, args.security_group_id, entrance.marker),
        ]
        groups = args.shift.groups if args.shift else ""
        trigger = release_trigger(f"{name}_release", last_outputs(), parts, groups)
        # Until the new revision is steady, or ECS has rolled it back.
        limit = f"{args.steady_state_minutes}m"
        self.service = aws.ecs.Service(
            full_name,
            name=full_name,
            cluster=args.cluster.cluster.arn,
            task_definition=self.task_definition.arn,
            desired_count=args.size.count,
            # Named, because the account's default would otherwise decide, and later show as a change.
            capacity_provider_strategies=_CAPACITY[args.capacity],
            # Lets a change of the strategy be an update; otherwise it would replace the service. So every change starts
            # new tasks, one of the count as well: one after the other, without a gap.
            force_new_deployment=True,
            triggers={"release": trigger},
            network_configuration={
                "subnets": args.subnet_ids,
                "security_groups": [args.security_group_id],
                # No NAT to pay for: the task reaches AWS through a public address, and nothing but the entrance
                # reaches the task.
                "assign_public_ip": True,
            },
            **{**_ROLLING, **entrance.arguments},
            enable_execute_command=True,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            # Named even where there are none: the provider tells AWS nothing of alarms that a program leaves out.
            alarms={"alarm_names": watched, "enable": bool(watched), "rollback": bool(watched)},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            wait_for_steady_state=True,
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Each of these missing when the first task starts would trip the circuit breaker.
                depends_on=[args.cluster.capacity_providers, *entrance.depends_on, *args.after],
                custom_timeouts=pulumi.CustomTimeouts(create=limit, update=limit, delete=limit),
                # It is the schedule's or the scaling's then: a release at night starts nothing, one by day stops none.
                ignore_changes=[*(["desired_count"] if args.schedule or args.scaling else ()), *entrance.written],
            ),
        )
        if args.scaling:
            cluster, named = args.cluster.cluster.name, self.service.name
            Autoscaling(name, AutoscalingArgs(cluster, named, args.scaling, entrance.request_label), opts=child)
        if args.schedule:
            self._schedule(name, args)
        self.release = pulumi.Output.all(trigger, self.service.id).apply(lambda both: str(both[0]))
        self.register_outputs({"service": self.service.name})

    def _schedule(self, name: str, args: FargateServiceArgs) -> None:
        """Stop the tasks and start as many as the settings say."""
        child = pulumi.ResourceOptions(parent=self)
        service = {"Cluster": args.cluster.cluster.name, "Service": self.service.name}
        for call in (
            ScheduledCall("ecs:updateService", {**service, "DesiredCount": args.size.count}, "start"),
            ScheduledCall("ecs:updateService", {**service, "DesiredCount": 0}, "stop"),
        ):
            scheduled_call(name, args.schedule, call, args.names, args.scheduler_role_arn, child)

    def _containers(self, name: str, args: FargateServiceArgs, health_check: Mapping[str, Any]) -> pulumi.Output[str]:
        """The task definition's one container, as JSON."""

        def definitions(values: dict[str, Any]) -> list[dict[str, object]]:
            return [Container(name=name, region=args.region, **values).definition()]

        own = args.application
        wrapped = isinstance(own, Backend) and own.migrations == "command"
        inputs: dict[str, pulumi.Input[Any]] = {
            "image": args.image,
            "port": own.port if args.entrance else None,
            "environment": {**({"PORT": str(own.port)} if args.entrance else {}), **own.variables, **args.environment},
            "parameters": {key: [secret.arn, secret.version] for key, secret in args.secrets.items()},
            "log_group": self.log_group.name,
            "health_check": health_check,
            "user": None if own.user == "image" else own.user,
            "entry_point": list(ENTRY_POINT) if wrapped else None,
            "command": list(own.command) if own.command else None,
        }
        return pulumi.Output.json_dumps(pulumi.Output.from_input(inputs).apply(definitions), sort_keys=True)
