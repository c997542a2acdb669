"""What an ECS service needs for the entrance that platform has: a target group and its rule, or a Cloud Map service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from gateway_route import CLIENT_ADDRESS_HEADER, GatewayRoute, GatewayRouteArgs
from route import HEALTH_PATH, Route, RouteArgs

from conducky.contracts import GatewayEntrance, LoadBalancerEntrance
from conducky.errors import UserError
from conducky.settings import ServicesSettings, config_command

LONGEST_START = 300  # seconds that a container's health check can wait; ECS takes no more


@dataclass(frozen=True)
class ServiceEntrance:
    """Arguments of the ECS service, what has to exist before it, and the container's own health check, if it has one.

    `marker` changes when the service has to be deployed again for its entrance.
    """

    arguments: Mapping[str, Any]
    depends_on: Sequence[pulumi.Resource]
    marker: pulumi.Output[str]
    health_check: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class ServiceEntranceArgs:
    """A service behind an entrance: its paths, its port, and for how many seconds it may be unhealthy at the start."""

    full_name: str
    vpc_id: pulumi.Output[str]
    entrance: LoadBalancerEntrance | GatewayEntrance
    port: pulumi.Output[int]
    paths: Sequence[str]
    priority: int
    grace_seconds: int


def service_entrance(name: str, args: ServiceEntranceArgs, opts: pulumi.ResourceOptions) -> ServiceEntrance:
    """Create the service's way in: what fits the entrance."""
    container = {"container_name": name, "container_port": args.port}
    if isinstance(args.entrance, GatewayEntrance):
        gateway = GatewayRoute(name, GatewayRouteArgs(args.full_name, args.entrance, args.paths), opts=opts)
        registry = gateway.registry.arn
        return ServiceEntrance(
            {"service_registries": {"registry_arn": registry, **container}},
            gateway.routes,
            registry,
            _health_check(args.grace_seconds),
        )
    arn = args.entrance.backend_listener_arn if name == "backend" else args.entrance.frontend_listener_arn
    listener = pulumi.Output.from_input(arn)
    route = Route(
        name, RouteArgs(args.full_name, args.port, args.vpc_id, listener, args.paths, args.priority), opts=opts
    )
    group = route.target_group.arn
    return ServiceEntrance(
        {
            "load_balancers": [{"target_group_arn": group, **container}],
            "health_check_grace_period_seconds": args.grace_seconds,
        },
        [route.rule],
        group,
    )


def require_grace_that_fits(settings: ServicesSettings, entrance: LoadBalancerEntrance | GatewayEntrance) -> None:
    """Refuse a longer start than a container's health check can wait for, before anything is created.

    Raises:
        UserError: behind an HTTP API, `backendGraceSeconds` is above 300.
    """
    if isinstance(entrance, GatewayEntrance) and settings.backend_grace_seconds > LONGEST_START:
        raise UserError(
            f"`backendGraceSeconds` is {settings.backend_grace_seconds}, but with `entrance` http-api ECS waits "
            f"{LONGEST_START} s at most for a new task",
            f"run {config_command('services', f'set backendGraceSeconds {LONGEST_START}')}",
        )


def client_address_header(entrance: LoadBalancerEntrance | GatewayEntrance) -> str:
    """The header that has the client's address."""
    return CLIENT_ADDRESS_HEADER if isinstance(entrance, GatewayEntrance) else "X-Forwarded-For"


def _health_check(grace_seconds: int) -> Mapping[str, Any]:
    """The load balancer's check, made in the container by what its image has for certain: Node.js."""
    ok = "answer => process.exit(answer.status === 200 ? 0 : 1), () => process.exit(1)"
    url = f"'http://127.0.0.1:' + process.env.PORT + '{HEALTH_PATH}'"
    return {
        "command": ["CMD-SHELL", f'node -e "fetch({url}).then({ok})"'],
        # Seconds; a container starts Node.js slowly on a quarter of a vCPU.
        "interval": 15,
        "timeout": 10,
        "retries": 3,
        "startPeriod": grace_seconds,
    }
