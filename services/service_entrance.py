"""What an ECS service needs for the entrance that platform has: a target group and its rule, or a Cloud Map service."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from gateway_route import CLIENT_ADDRESS_HEADER, GatewayRoute, GatewayRouteArgs, is_a_route
from release_alarms import Metric, of_api, of_target_group
from route import Route, RouteArgs
from traffic_shift import GROUPS_OF_ECS, TrafficShift, listener_arn

from conducky.contracts import GatewayEntrance, LoadBalancerEntrance
from conducky.errors import UserError, quoted
from conducky.settings import LONGEST_START, ServicesSettings, config_command
from conducky.settings.application import Application


@dataclass(frozen=True)
class ServiceEntrance:
    """Arguments of the ECS service, what has to exist before it, and the container's own health check, if it has one.

    `marker` changes when the service has to be deployed again for its entrance; `metrics` tell how a release does.
    `written` are the arguments that ECS changes by itself.
    """

    arguments: Mapping[str, Any]
    depends_on: Sequence[pulumi.Resource]
    marker: pulumi.Input[str]
    metrics: Mapping[str, Metric]
    request_label: pulumi.Output[str] | None = None  # by which Auto Scaling finds the metric of requests
    health_check: Mapping[str, Any] = field(default_factory=dict[str, Any])
    written: Sequence[str] = ()


# A service that nothing reaches
NO_ENTRANCE = ServiceEntrance({}, (), "", {})


@dataclass(frozen=True)
class ServiceEntranceArgs:
    """A service behind an entrance: its paths, and for how many seconds it may be unhealthy at the start."""

    full_name: str
    vpc_id: pulumi.Output[str]
    entrance: LoadBalancerEntrance | GatewayEntrance
    application: Application
    paths: Sequence[str]
    priority: int
    grace_seconds: int
    shift: TrafficShift | None = None


def service_entrance(
    name: str, args: ServiceEntranceArgs, rules: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions
) -> ServiceEntrance:
    """Create the service's way in, what fits the entrance. `rules` let it be reached, and must be there before it."""
    own = args.application
    container = {"container_name": name, "container_port": own.port}
    if isinstance(args.entrance, GatewayEntrance):
        gateway = GatewayRoute(name, GatewayRouteArgs(args.full_name, args.entrance, args.paths), opts=opts)
        registry = gateway.registry.arn
        return ServiceEntrance(
            {"service_registries": {"registry_arn": registry, **container}},
            [*rules, *gateway.routes],
            registry,
            of_api(args.entrance.api_id),
            health_check=_health_check(own.health_path, args.grace_seconds),
        )
    arn, shift = listener_arn(args.entrance, name), args.shift
    route = Route(
        name,
        RouteArgs(
            args.full_name,
            own.port,
            own.health_path,
            args.vpc_id,
            arn,
            args.paths,
            args.priority,
            has_two_groups=shift is not None,
            shifts=shift is not None and shift.is_known,
            serves_second=shift is not None and shift.traded_places,
        ),
        opts=opts,
    )
    group, balancer = route.target_groups[0], _balancer_in_metrics(arn)
    way: dict[str, Any] = {"target_group_arn": group.arn, **container}
    arguments: dict[str, Any] = {"load_balancers": [way], "health_check_grace_period_seconds": args.grace_seconds}
    metrics, depends_on = of_target_group(group, balancer), [*rules, route.rule]
    if shift is None:
        label = pulumi.Output.concat(balancer, "/", group.arn_suffix)
        return ServiceEntrance(arguments, depends_on, group.arn, metrics, label)
    other = route.target_groups[1]
    way["advanced_configuration"] = {
        "alternate_target_group_arn": other.arn,
        "production_listener_rule": route.rule.arn,
        "role_arn": shift.role_arn,
    }
    return ServiceEntrance(
        {**arguments, "deployment_configuration": shift.configuration},
        depends_on,
        pulumi.Output.concat(group.arn, other.arn, json.dumps(shift.configuration)),
        {**metrics, **of_target_group(other, balancer, "green-")},
        # No metric of requests: AWS has it of one group alone, and each serves every other release.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
        written=GROUPS_OF_ECS if shift.is_known else (),
    )


def require_what_fits(settings: ServicesSettings, entrance: LoadBalancerEntrance | GatewayEntrance) -> None:
    """Refuse what an HTTP API cannot do for a service, before anything is created.

    Raises:
        UserError: behind an HTTP API, a service has a grace above 300 s or another strategy than rolling, or it has no
            route for a path.
    """
    if not isinstance(entrance, GatewayEntrance):
        return
    if settings.deployment_strategy != "rolling":
        raise UserError(
            f"`deploymentStrategy` is {settings.deployment_strategy}, but with `entrance` http-api there is no load "
            "balancer whose traffic ECS could shift",
            f"run {config_command('services', 'set deploymentStrategy rolling')}, or "
            f"{config_command('platform', 'set entrance load-balancer')}",
        )
    graces = {"backend": settings.backend_grace_seconds, "frontend": settings.frontend_grace_seconds}
    for service, seconds in graces.items():
        if seconds > LONGEST_START:
            raise UserError(
                f"`{service}GraceSeconds` is {seconds}, but with `entrance` http-api ECS waits {LONGEST_START} s "
                "at most for a new task",
                f"run {config_command('services', f'set {service}GraceSeconds {LONGEST_START}')}",
            )
    for path in settings.backend.paths:
        if not is_a_route(path):
            raise UserError(
                f"`backend.paths` has {quoted(path)}, but with `entrance` http-api a path is whole, such as `/hook`, "
                "or ends with `/*`, such as `/api/*`",
                f"change it in services/Pulumi.{pulumi.get_stack()}.yaml, or run "
                f"{config_command('platform', 'set entrance load-balancer')}",
            )


def _balancer_in_metrics(listener_arn: str) -> str:
    """How CloudWatch calls the load balancer of a listener: `app/NAME/ID`."""
    return listener_arn.partition(":listener/")[2].rpartition("/")[0]


def client_address_header(entrance: LoadBalancerEntrance | GatewayEntrance) -> str:
    """The header that has the client's address."""
    return CLIENT_ADDRESS_HEADER if isinstance(entrance, GatewayEntrance) else "X-Forwarded-For"


def trusted_proxies(entrance: LoadBalancerEntrance | GatewayEntrance) -> int:
    """How many proxies are between the client and the application."""
    return 1 if isinstance(entrance, GatewayEntrance) else entrance.trusted_proxies


def _health_check(path: str, grace_seconds: int) -> Mapping[str, Any]:
    """The load balancer's check, made in the container by its image's Node.js; without a shell, which may be missing.

    PORT is the application's port: no setting changes it.
    """
    url = f"'http://127.0.0.1:' + process.env.PORT + {json.dumps(path)}"
    ok = "answer => process.exit(answer.status === 200 ? 0 : 1), () => process.exit(1)"
    return {
        "command": ["CMD", "node", "-e", f"fetch({url}).then({ok})"],
        # Seconds; a container starts Node.js slowly on a quarter of a vCPU.
        "interval": 15,
        "timeout": 10,
        "retries": 3,
        "startPeriod": grace_seconds,
    }
