"""Who may talk to an application: the entrance to its port, and itself to the internet; nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.settings.application import HTTPS_PORT

_ANYWHERE = "0.0.0.0/0"
# Tasks pull their image from ECR, read their secrets from SSM, write to CloudWatch and keep ECS Exec's channel open:
# all of it HTTPS to AWS, through their public address, for there is no NAT and no endpoint to pay for.
_TO_AWS = "To AWS: images, secrets, logs, ECS Exec"


@dataclass(frozen=True)
class ConnectionsArgs:
    """The application's port, the ports in the internet that it uses, and the groups of both ends."""

    port: int
    egress: Sequence[int]
    group_id: pulumi.Output[str]
    entrance_group_id: pulumi.Output[str]


class Connections(pulumi.ComponentResource):
    """The rules that let an application be reached, and reach others. `rules` must be there before its tasks."""

    rules: list[pulumi.Resource]

    def __init__(self, name: str, args: ConnectionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Connections", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.rules = [
            aws.vpc.SecurityGroupEgressRule(
                f"entrance-to-{name}",
                description=f"To the {name}",
                security_group_id=args.entrance_group_id,
                referenced_security_group_id=args.group_id,
                ip_protocol="tcp",
                from_port=args.port,
                to_port=args.port,
                opts=child,
            ),
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-entrance",
                description="From the entrance",
                security_group_id=args.group_id,
                referenced_security_group_id=args.entrance_group_id,
                ip_protocol="tcp",
                from_port=args.port,
                to_port=args.port,
                opts=child,
            ),
        ]
        self.rules += [
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-to-internet-{port}",
                description=_TO_AWS if port == HTTPS_PORT else f"To the internet, port {port}",
                security_group_id=args.group_id,
                cidr_ipv4=_ANYWHERE,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=child,
            )
            for port in args.egress
        ]
        self.register_outputs({})
