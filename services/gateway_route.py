"""The way from an HTTP API to a service's tasks, which it finds in Cloud Map."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.contracts import GatewayEntrance

# HTTP APIs send `Forwarded` and let nobody set X-Forwarded-For, so the client's address gets a header of its own.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
CLIENT_ADDRESS_HEADER = "x-client-address"


@dataclass(frozen=True)
class GatewayRouteArgs:
    """Which paths of the API lead to the tasks of which service. Paths are prefixes, `/api/*`; `/*` is all others."""

    name: str
    entrance: GatewayEntrance
    paths: Sequence[str]


class GatewayRoute(pulumi.ComponentResource):
    """The Cloud Map service that tasks register in, and the API's integration and routes that lead there."""

    registry: aws.servicediscovery.Service
    routes: Sequence[aws.apigatewayv2.Route]

    def __init__(self, name: str, args: GatewayRouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:GatewayRoute", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.registry = aws.servicediscovery.Service(
            name,
            name=args.name,
            # With their port, which an API needs and an A record does not hold. The time to live is seconds.
            dns_config={
                "namespace_id": args.entrance.namespace_id,
                "dns_records": [{"type": "SRV", "ttl": 10}],
                "routing_policy": "MULTIVALUE",
            },
            # ECS reports the health of the container.
            health_check_custom_config={"failure_threshold": 1},
            opts=child,
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=args.entrance.api_id,
            integration_type="HTTP_PROXY",
            integration_method="ANY",
            integration_uri=self.registry.arn,
            connection_type="VPC_LINK",
            connection_id=args.entrance.vpc_link_id,
            payload_format_version="1.0",
            request_parameters={f"overwrite:header.{CLIENT_ADDRESS_HEADER}": "$context.identity.sourceIp"},
            opts=child,
        )
        self.routes = [
            aws.apigatewayv2.Route(
                name if number == 0 else f"{name}-{number}",
                api_id=args.entrance.api_id,
                route_key=route_key(path),
                target=integration.id.apply(lambda ident: f"integrations/{ident}"),
                opts=child,
            )
            for number, path in enumerate(args.paths)
        ]
        self.register_outputs({"registry": self.registry.arn})


def is_a_route(path: str) -> bool:
    """Whether an HTTP API has a route for a load balancer's pattern; `/*` is the frontend's, its `$default`."""
    prefix = path.removesuffix("/*")
    return prefix != "" and not re.search(r"[*?]", prefix)


def route_key(path: str) -> str:
    """A load balancer's pattern as a route of an HTTP API: `/api/*` is `ANY /api/{proxy+}`."""
    if path == "/*":
        return "$default"
    return f"ANY {path.removesuffix('*')}{{proxy+}}" if path.endswith("/*") else f"ANY {path}"
