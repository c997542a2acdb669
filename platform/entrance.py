"""The way in that the setting `entrance` chooses, and what the services layer needs to know of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pulumi
from access_logs import AccessLogs, AccessLogsArgs
from certificate import Certificate, CertificateArgs, alias_records, zone_id_of
from distribution import (
    Distribution,
    DistributionArgs,
    has_vpc_origins,
    prefix_list_id,
    require_vpc_origins,
)
from http_api import HttpApi, HttpApiArgs
from load_balancer import HTTP_PORT, HTTPS_PORT, LoadBalancer, LoadBalancerArgs
from network import Network, Requirement
from private_subnets import PRIVATE, PrivateSubnets, PrivateSubnetsArgs, free_blocks

from conducky.contracts import as_output
from conducky.layer import Layer
from conducky.naming import Place
from conducky.settings import PlatformSettings
from conducky.settings.entrance import CLOUDFRONTS

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


@dataclass(frozen=True)
class Found:
    """What an entrance needs of the account: looked up before anything is created."""

    zone_id: str | None = None
    prefix_list_id: str | None = None
    blocks: tuple[str, str] | None = None


def required_zones(settings: PlatformSettings, region: str) -> Requirement | None:
    """What the entrance needs of a zone that not every one has.

    Raises:
        UserError: no zone of the region has it.
    """
    if settings.entrance == "http-api" and region in VPC_LINK_ZONES:
        return "VPC links, which `entrance: http-api` needs", VPC_LINK_ZONES[region].__contains__
    if settings.https == "cloudfront":
        require_vpc_origins(region)
        return "VPC origins, which `https: cloudfront` needs", partial(has_vpc_origins, region)
    return None


def look_up(layer: Layer[PlatformSettings], network: Network) -> Found:
    """Find what the entrance needs. Raises UserError when the account does not have it."""
    settings = layer.settings
    zone_id = zone_id_of(settings.hosted_zone) if settings.hosted_zone else None
    if settings.https != "cloudfront":
        return Found(zone_id)
    return Found(zone_id, prefix_list_id(), free_blocks(network))


def open_ports(settings: PlatformSettings) -> Sequence[int]:
    """Where the load balancer is reached from outside."""
    if settings.entrance == "http-api":
        return ()
    return (HTTP_PORT,) if settings.https in ("off", "cloudfront") else (HTTP_PORT, HTTPS_PORT)


def entrance(layer: Layer[PlatformSettings], network: Network, group_id: pulumi.Input[str], found: Found) -> Entrance:
    """Create it: one load balancer, one for each application, or an HTTP API, and say what its limits are."""
    if layer.settings.entrance == "http-api":
        pulumi.log.info(LIMITS)
        api = HttpApi("api", HttpApiArgs(layer.names, network, group_id))
        ids = {"api_id": api.api.id, "vpc_link_id": api.link.id, "namespace_id": api.namespace.id}
        return Entrance(api.url, api.url, pulumi.Output.all(kind=as_output("http-api"), **ids))
    settings = layer.settings
    args = LoadBalancerArgs(
        layer.names,
        network.subnet_ids,
        group_id,
        deletion_protection=settings.deletion_protection,
        domain=settings.domain,
        www=settings.www,
        access_logs=_access_logs(layer),
    )
    certificate = _certificate(layer, found)
    if settings.https == "cloudfront":
        return _behind_cloudfront(settings, network, found, args, certificate)
    args = replace(args, certificate_arn=certificate)
    frontend = LoadBalancer("alb", args)
    backend = frontend
    if settings.load_balancers == "dedicated":
        backend = LoadBalancer("api", replace(args, domain=settings.backend_domain, www=False))
    if found.zone_id:
        for each, names in ((frontend, settings.page_names), (backend, settings.api_names)):
            alias_records(names, found.zone_id, (each.balancer.dns_name, each.balancer.zone_id))
    return Entrance(frontend.url, backend.url, _contract(frontend, backend, proxies=1))


def _access_logs(layer: Layer[PlatformSettings]) -> AccessLogs | None:
    settings, place = layer.settings, Place(layer.region, layer.account_id)
    if not settings.access_log_days:
        return None
    args = AccessLogsArgs(layer.names, place, settings.access_log_days, settings.deletion_protection)
    return AccessLogs("access-logs", args)


def _behind_cloudfront(
    settings: PlatformSettings,
    network: Network,
    found: Found,
    args: LoadBalancerArgs,
    certificate: pulumi.Input[str] | None,
) -> Entrance:
    """One load balancer without a public address, which only CloudFront reaches."""
    assert found.blocks  # noqa: S101  # look_up finds them
    private = PrivateSubnets(PRIVATE, PrivateSubnetsArgs(args.names, network, found.blocks))
    balancer = LoadBalancer("alb", replace(args, internal=True, subnet_ids=private.ids))
    cdn = Distribution(
        "cdn",
        DistributionArgs(
            args.names,
            balancer.balancer,
            balancer.listener,
            settings.page_names,
            certificate,
            settings.deletion_protection,
        ),
    )
    if found.zone_id:
        target = (cdn.distribution.domain_name, cdn.distribution.hosted_zone_id)
        alias_records(settings.page_names, found.zone_id, target, ("A", "AAAA"))
    return Entrance(cdn.url, cdn.url, _contract(balancer, balancer, proxies=2))


def _certificate(layer: Layer[PlatformSettings], found: Found) -> pulumi.Input[str] | None:
    """The one that the settings name, or one for the names in the zone; CloudFront's are in a region of their own."""
    settings = layer.settings
    if found.zone_id is None:
        return settings.certificate_arn
    region = CLOUDFRONTS if settings.https == "cloudfront" else layer.region
    return Certificate("certificate", CertificateArgs(settings.names, found.zone_id, region)).arn


def _contract(frontend: LoadBalancer, backend: LoadBalancer, *, proxies: int) -> pulumi.Output[Any]:
    arns = {"frontend_listener_arn": frontend.listener.arn, "backend_listener_arn": backend.listener.arn}
    return pulumi.Output.all(kind=as_output("load-balancer"), trusted_proxies=as_output(proxies), **arns)
