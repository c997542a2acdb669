"""The ECS cluster, and where it tells that something is not well."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from notifications import notifications
from traffic_shift import TrafficShift

from conducky.layer import Layer
from conducky.repository import version
from conducky.settings import ServicesSettings


@dataclass(frozen=True)
class ClusterArgs:
    """The stack that the cluster belongs to, and how releases get their traffic, by application."""

    layer: Layer[ServicesSettings]
    shifts: Mapping[str, TrafficShift | None]


class Cluster(pulumi.ComponentResource):
    """A cluster that may use Fargate and Fargate Spot; each service names the one it uses.

    `topic_arn` is where alarms go with the setting `alarmEmail`; None without it.
    """

    cluster: aws.ecs.Cluster
    capacity_providers: aws.ecs.ClusterCapacityProviders
    topic_arn: pulumi.Output[str] | None
    shifts: Mapping[str, TrafficShift | None]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Cluster", name, None, opts)
        full_name = args.layer.names.of("cluster")
        self.topic_arn, self.shifts = notifications(args.layer), args.shifts
        self.cluster = aws.ecs.Cluster(
            full_name,
            name=full_name,
            # Container Insights bills each metric; ECS's own CPU and memory figures are free.
            settings=[{"name": "containerInsights", "value": "disabled"}],
            # Which version deployed the stack, on this resource only: nothing reads a cluster's tags. On every resource
            # an upgrade would change all of them, CloudFront and RDS too, and a preview would hide what really changes.
            tags={"Version": version()},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.capacity_providers = aws.ecs.ClusterCapacityProviders(
            name,
            cluster_name=self.cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.cluster.name})
