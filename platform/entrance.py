"""The way in that the setting `entrance` chooses, and what the services layer needs to know of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from http_api import HttpApi, HttpApiArgs
from load_balancer import HTTP_PORT, HTTPS_PORT, LoadBalancer, LoadBalancerArgs
from network import Network

from conducky.contracts import as_output
from conducky.layer import Layer
from conducky.settings import PlatformSettings

# Where tasks are behind an HTTP API: VPC links are not offered in the other zones of these regions.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html, read on 2026-11-26
VPC_LINK_ZONES = {
    "us-east-1": {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"},
    "us-west-1": {"usw1-az1", "usw1-az3"},
}
LIMITS = (
    "entrance http-api: a request ends after 30 s and a body at 10 MB, nothing is streamed, there are no web sockets, "
    "and for some seconds of a release old and new tasks both answer"
)


@dataclass(frozen=True)
class Entrance:
    """The applications' addresses, and the contract's `entrance`."""

    frontend_url: pulumi.Output[str]
    backend_url: pulumi.Output[str]
    contract: pulumi.Output[Any]


def required_zones(settings: PlatformSettings, region: str) -> tuple[str, Sequence[str]] | None:
    """What the entrance needs of a zone that not every one has, and the ids of those that have it."""
    zones = VPC_LINK_ZONES.get(region) if settings.entrance == "http-api" else None
    return ("VPC links, which `entrance: http-api` needs", sorted(zones)) if zones else None


def open_ports(settings: PlatformSettings) -> Sequence[int]:
    """Where the internet reaches the load balancer."""
    if settings.entrance == "http-api":
        return ()
    return (HTTP_PORT,) if settings.https == "off" else (HTTP_PORT, HTTPS_PORT)


def entrance(layer: Layer[PlatformSettings], network: Network, security_group_id: pulumi.Input[str]) -> Entrance:
    """Create it: one load balancer, one for each application, or an HTTP API, and say what its limits are."""
    if layer.settings.entrance == "http-api":
        pulumi.log.info(LIMITS)
        api = HttpApi("api", HttpApiArgs(layer.names, network, security_group_id))
        ids = {"api_id": api.api.id, "vpc_link_id": api.link.id, "namespace_id": api.namespace.id}
        return Entrance(api.url, api.url, pulumi.Output.all(kind=as_output("http-api"), **ids))
    settings = layer.settings
    args = LoadBalancerArgs(
        layer.names,
        network.subnet_ids,
        security_group_id,
        deletion_protection=settings.deletion_protection,
        certificate_arn=settings.certificate_arn,
        domain=settings.domain,
        www=settings.www,
    )
    frontend = LoadBalancer("alb", args)
    backend = frontend
    if settings.load_balancers == "dedicated":
        backend = LoadBalancer("api", replace(args, domain=settings.backend_domain, www=False))
    arns = {"frontend_listener_arn": frontend.listener.arn, "backend_listener_arn": backend.listener.arn}
    return Entrance(frontend.url, backend.url, pulumi.Output.all(kind=as_output("load-balancer"), **arns))
