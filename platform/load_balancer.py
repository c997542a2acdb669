"""The way in from the internet: a load balancer, with HTTPS where it has a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from access_logs import AccessLogs

from conducky.naming import Names

HTTP_PORT, HTTPS_PORT = 80, 443
# TLS 1.3 and 1.2 with forward secrecy, and keys that hold against quantum computers; AWS's own recommendation.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
# A year, and for this name only: what is below it may be somebody else's.
HSTS = "max-age=31536000"
_NOT_DEPLOYED = {
    "type": "fixed-response",
    "fixed_response": {"content_type": "text/plain", "status_code": "503", "message_body": "not deployed yet"},
}


@dataclass(frozen=True)
class LoadBalancerArgs:
    """Where load balancers are, whether they can be deleted, and the name and certificate of HTTPS, if there is any.

    An internal one has no public address. `access_logs` is where they write what was asked of them, if anywhere.
    """

    names: Names
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    deletion_protection: bool
    internal: bool = False
    certificate_arn: pulumi.Input[str] | None = None
    domain: str | None = None
    www: bool = False
    access_logs: AccessLogs | None = None


class LoadBalancer(pulumi.ComponentResource):
    """A load balancer, that answers 503 until the services layer adds its rules to `listener`.

    With a certificate that listener is HTTPS, and another one sends browsers from HTTP to it.
    """

    balancer: aws.lb.LoadBalancer
    listener: aws.lb.Listener
    url: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:LoadBalancer", name, None, opts)
        logs = args.access_logs
        self.balancer = aws.lb.LoadBalancer(
            args.names.of(name),
            load_balancer_type="application",
            internal=args.internal,
            subnets=[*args.subnet_ids],
            security_groups=[args.security_group_id],
            idle_timeout=60,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.deletion_protection,
            # Also where there are none: the provider takes a missing block for an unchanged one, and the load balancer
            # would keep writing to a bucket that is gone.
            access_logs={"bucket": logs.bucket.bucket if logs else "", "enabled": logs is not None},
            # For people who look for the name, and for the rehearsal, which has no DNS of a domain.
            tags={"Domain": args.domain} if args.domain else None,
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.deletion_protection, depends_on=[logs.policy] if logs else []
            ),
        )
        if args.certificate_arn is None:
            self.listener = self._listener(name, HTTP_PORT, protocol="HTTP", default_actions=[_NOT_DEPLOYED])
            self.url = pulumi.Output.format("http://{0}", self.balancer.dns_name)
        else:
            self.listener = self._https(name, args)
            self.url = pulumi.Output.from_input(f"https://{args.domain}")
        if args.www:
            self._www(name, args)
        self.register_outputs({"url": self.url})

    def _https(self, name: str, args: LoadBalancerArgs) -> aws.lb.Listener:
        # The HTTP listener keeps its name, and the rules of services until they have moved: nothing is away meanwhile.
        self._listener(name, HTTP_PORT, protocol="HTTP", default_actions=[_redirect()])
        return self._listener(
            f"{name}-https",
            HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args.certificate_arn,
            routing_http_response_strict_transport_security_header_value=HSTS,
            default_actions=[_NOT_DEPLOYED],
        )

    def _www(self, name: str, args: LoadBalancerArgs) -> None:
        aws.lb.ListenerRule(
            f"{name}-www",
            listener_arn=self.listener.arn,
            priority=1,
            conditions=[{"host_header": {"values": [f"www.{args.domain}"]}}],
            actions=[_redirect(args.domain)],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _listener(self, name: str, port: int, **how: Any) -> aws.lb.Listener:  # noqa: ANN401  # its own arguments
        return aws.lb.Listener(
            name, load_balancer_arn=self.balancer.arn, port=port, **how, opts=pulumi.ResourceOptions(parent=self)
        )


def _redirect(host: str | None = None) -> Any:  # noqa: ANN401  # an action of listener or rule
    to = {"protocol": "HTTPS", "port": str(HTTPS_PORT), "status_code": "HTTP_301", **({"host": host} if host else {})}
    return {"type": "redirect", "redirect": to}
