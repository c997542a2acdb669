"""The ECS cluster."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names


@dataclass(frozen=True)
class ClusterArgs:
    """The stack that the cluster belongs to."""

    names: Names


class Cluster(pulumi.ComponentResource):
    """A cluster that may use Fargate and Fargate Spot; each service names the one it uses."""

    cluster: aws.ecs.Cluster
    capacity_providers: aws.ecs.ClusterCapacityProviders

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Cluster", name, None, opts)
        self.cluster = aws.ecs.Cluster(
            args.names.of("cluster"),
            name=args.names.of("cluster"),
            # Container Insights bills each metric; ECS's own CPU and memory figures are free.
            settings=[{"name": "containerInsights", "value": "disabled"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.capacity_providers = aws.ecs.ClusterCapacityProviders(
            name,
            cluster_name=self.cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.cluster.name})
