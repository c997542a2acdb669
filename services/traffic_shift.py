"""Releases to which ECS shifts the load balancer's traffic, from one target group to another: canary and blue-green.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from route import group_names

from conducky.contracts import BootstrapOutputs, GatewayEntrance, LoadBalancerEntrance, PlatformOutputs
from conducky.deployed import deployed_resources, last_outputs
from conducky.layer import Layer
from conducky.settings import ServicesSettings

_SERVICE = "aws:ecs/service:Service"
_CANARY_PERCENT = 10
_STRATEGIES = {"rolling": "ROLLING", "canary": "CANARY", "blue-green": "BLUE_GREEN"}
# What ECS writes: the groups trade places with each release.
GROUPS_OF_ECS = ("loadBalancers[0].targetGroupArn", "loadBalancers[0].advancedConfiguration.alternateTargetGroupArn")


@dataclass(frozen=True)
class TrafficShift:
    """What ECS needs for it: its role, and the deployment configuration.

    `is_known`: ECS has both target groups already. From then on it writes the rule's weights, and which of the groups
    is the service's: the second, if they have `traded_places`. `groups` are their names, for the trigger of a release.
    """

    role_arn: pulumi.Output[str]
    configuration: Mapping[str, Any]
    is_known: bool
    traded_places: bool
    groups: str


def traffic_shifts(
    layer: Layer[ServicesSettings], bootstrap: BootstrapOutputs, platform: PlatformOutputs
) -> dict[str, TrafficShift | None]:
    """By application, before anything is registered; None for one with a single target group, which only rolls.

    A service that rolls becomes one that shifts in two releases. The first still rolls and gives it both groups, as AWS
    asks; also where its port or load balancer, and with them the groups, are others. Back to `rolling` both stay: the
    tasks may be in either.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-rolling-to-bluegreen.html
    """
    settings, entrance = layer.settings, platform.value("entrance")
    shifts: dict[str, TrafficShift | None] = dict.fromkeys(("backend", "frontend"))
    if isinstance(entrance, GatewayEntrance):
        return shifts
    deployed, released = deployed_resources(_SERVICE), last_outputs()
    for name, port in (("backend", settings.backend.port), ("frontend", settings.frontend.port)):
        full_name, strategy = layer.names.of(name), settings.deployment_strategy
        group, other = _groups(deployed.get(full_name, {}))
        if strategy == "rolling" and not other:
            continue
        names = group_names(full_name, port, listener_arn(entrance, name))
        groups = " ".join(names)
        # After a failed release the state has what was planned, also where ECS rolled it back, and the refresh of this
        # `up` is not written yet. So the state alone is believed of groups that traded places, and of a new service.
        last = str(released.get(f"{name}_release", ""))
        has_both = (group, other) == names and (not last or last.endswith(f" {groups}"))
        traded_places = (group, other) == names[::-1]
        is_known = has_both or traded_places
        if strategy != "rolling" and full_name in deployed and not is_known:
            pulumi.log.warn(
                f"{name}: this release still rolls, because ECS has to know both target groups first. Deploy once "
                f"more, and every release from then on is {strategy}"
            )
            strategy = "rolling"
        configuration = _configuration(strategy, str(settings.bakes))
        role_arn = bootstrap.infrastructure_role_arn
        shifts[name] = TrafficShift(role_arn, configuration, is_known, traded_places, groups)
    return shifts


def _groups(service: Mapping[str, Any]) -> tuple[str, str]:
    """The names of a deployed service's target group and of the other one; blank where it has none."""
    nothing: dict[str, Any] = {}
    way = next(iter(service.get("loadBalancers") or ()), nothing)
    arns = way.get("targetGroupArn"), (way.get("advancedConfiguration") or nothing).get("alternateTargetGroupArn")
    first, second = (str(arn).rpartition("targetgroup/")[2].partition("/")[0] if arn else "" for arn in arns)
    return first, second


def _configuration(strategy: str, minutes: str) -> dict[str, Any]:
    """The deployment configuration; `minutes` are those of each step."""
    found: dict[str, Any] = {"strategy": _STRATEGIES[strategy]}
    if strategy != "rolling":
        found["bake_time_in_minutes"] = minutes
    if strategy == "canary":
        found["canary_configuration"] = {
            "canary_percent": _CANARY_PERCENT,
            "canary_bake_time_in_minutes": minutes,
        }
    return found


def listener_arn(entrance: LoadBalancerEntrance, name: str) -> str:
    """The listener that gets an application's rule."""
    return entrance.backend_listener_arn if name == "backend" else entrance.frontend_listener_arn
