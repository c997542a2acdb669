"""The way in from the internet."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from firewall import HTTP_PORT

from conducky.naming import Names


@dataclass(frozen=True)
class LoadBalancerArgs:
    """Where load balancers are, and whether they can be deleted."""

    names: Names
    subnet_ids: Sequence[str]
    security_group_id: pulumi.Input[str]
    deletion_protection: bool


class LoadBalancer(pulumi.ComponentResource):
    """A public load balancer, that answers 503 until the services layer adds its rules."""

    balancer: aws.lb.LoadBalancer
    listener: aws.lb.Listener
    url: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:LoadBalancer", name, None, opts)
        self.balancer = aws.lb.LoadBalancer(
            args.names.of(name),
            load_balancer_type="application",
            internal=False,
            subnets=[*args.subnet_ids],
            security_groups=[args.security_group_id],
            idle_timeout=60,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.deletion_protection,
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        self.listener = aws.lb.Listener(
            name,
            load_balancer_arn=self.balancer.arn,
            port=HTTP_PORT,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "content_type": "text/plain",
                        "status_code": "503",
                        "message_body": "not deployed yet",
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = pulumi.Output.format("http://{0}", self.balancer.dns_name)
        self.register_outputs({"url": self.url})
