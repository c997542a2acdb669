"""The way from a load balancer's listener to a service's tasks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class RouteArgs:
    """Which paths of which listener lead to which port, and where the application says that it is well.

    It answers there without asking the database, or a database that is away would take every task down.
    """

    name: str
    port: int
    health_path: str
    vpc_id: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    paths: Sequence[str]
    priority: int


class Route(pulumi.ComponentResource):
    """A target group and the listener rule that forwards to it."""

    target_group: aws.lb.TargetGroup
    rule: aws.lb.ListenerRule

    def __init__(self, name: str, args: RouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Route", name, None, opts)
        self.target_group = aws.lb.TargetGroup(
            args.name,
            name=args.listener_arn.apply(lambda arn: f"{args.name}-{_mark(args.port, arn)}"),
            port=args.port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=args.vpc_id,
            # Seconds that a task which is leaving may finish its requests in; less than its 30 to stop.
            deregistration_delay=20,
            health_check={
                "path": args.health_path,
                "matcher": "200",
                "interval": 10,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rule = aws.lb.ListenerRule(
            name,
            listener_arn=args.listener_arn,
            priority=args.priority,
            conditions=[{"path_pattern": {"values": [*args.paths]}}],
            actions=[{"type": "forward", "target_group_arn": self.target_group.arn}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"target_group": self.target_group.arn})


def _mark(port: int, listener_arn: str) -> str:
    """What tells a group from the one that takes its place: another port or load balancer needs another group.

    A group's port cannot change, and it serves one load balancer only; with a name of its own the new one is there
    beside the old one until the service has moved.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    balancer = listener_arn.partition(":listener/")[2].rpartition("/")[0]
    return hashlib.sha256(f"{port} {balancer}".encode()).hexdigest()[:4]
