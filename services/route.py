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
    listener_arn: str
    paths: Sequence[str]
    priority: int
    # Another group beside it, between which ECS shifts the traffic. It sets the weights itself once it `shifts`.
    has_two_groups: bool = False
    shifts: bool = False
    serves_second: bool = False  # a rule that somebody deleted must come back with the traffic where the tasks are


class Route(pulumi.ComponentResource):
    """A target group or two, and the listener rule that forwards to them."""

    target_groups: list[aws.lb.TargetGroup]
    rule: aws.lb.ListenerRule

    def __init__(self, name: str, args: RouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Route", name, None, opts)
        first, second = group_names(args.name, args.port, args.listener_arn)
        self.target_groups = [self._group(args.name, first, args)]
        if args.has_two_groups:
            self.target_groups.append(self._group(f"{args.name}-green", second, args))
        self.rule = aws.lb.ListenerRule(
            name,
            listener_arn=args.listener_arn,
            priority=args.priority,
            conditions=[{"path_pattern": {"values": [*args.paths]}}],
            actions=[_forward(self.target_groups, (0, 100) if args.serves_second else (100, 0))],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["actions"] if args.shifts else None),
        )
        self.register_outputs({"target_group": self.target_groups[0].arn})

    def _group(self, resource: str, name: str, args: RouteArgs) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            resource,
            name=name,
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


def _forward(groups: Sequence[aws.lb.TargetGroup], shares: tuple[int, int]) -> aws.lb.ListenerRuleActionArgs:
    """To the group; of two, so much to each until ECS shifts it."""
    if len(groups) == 1:
        return aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=groups[0].arn)
    weights = [
        aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=group.arn, weight=weight)
        for group, weight in zip(groups, shares, strict=True)
    ]
    return aws.lb.ListenerRuleActionArgs(
        type="forward", forward=aws.lb.ListenerRuleActionForwardArgs(target_groups=weights)
    )


def group_names(name: str, port: int, listener_arn: str) -> tuple[str, str]:
    """A service's target group, and the one that a release goes to where traffic is shifted."""
    mark = _mark(port, listener_arn)
    return f"{name}-{mark}", f"{name}-g{mark[1:]}"  # which no mark begins with


def _mark(port: int, listener_arn: str) -> str:
    """What tells a group from the one that takes its place: another port or load balancer needs another group.

    A group's port cannot change, and it serves one load balancer only; with a name of its own the new one is there
    beside the old one until the service has moved.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    balancer = listener_arn.partition(":listener/")[2].rpartition("/")[0]
    return hashlib.sha256(f"{port} {balancer}".encode()).hexdigest()[:4]
