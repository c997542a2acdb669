"""The way in through CloudFront: HTTPS at AWS's own name, before a load balancer without a public address."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from conducky.errors import UserError
from conducky.naming import Names
from conducky.settings.errors import config_command

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html#vpc-origins-supported-regions
# Read on 2026-11-26; by region, the zone that has none.
_REGIONS: dict[str, str] = {
    **dict.fromkeys(("us-east-2", "us-west-2", "af-south-1", "ca-west-1", "sa-east-1", "mx-central-1"), ""),
    **dict.fromkeys(("ap-east-1", "ap-east-2", "ap-south-1", "ap-south-2", "ap-northeast-2", "ap-northeast-3"), ""),
    **dict.fromkeys((f"ap-southeast-{number}" for number in (1, 2, 3, 4, 5, 7)), ""),
    **dict.fromkeys(("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"), ""),
    **dict.fromkeys(("eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1"), ""),
    "us-east-1": "use1-az3",
    "us-west-1": "usw1-az2",
    "ap-northeast-1": "apne1-az3",
    "ca-central-1": "cac1-az3",
}
# AWS's own policies, the same in every account:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html, -origin-request-
# and -response-headers-policies.html beside it
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# Cookies, query and headers, Host among them, and CloudFront's own: CloudFront-Forwarded-Proto, -Viewer-Address.
ALL_VIEWER_AND_CLOUDFRONT = "33f36d7e-f396-46d9-90e0-52428a34d9dc"
# Strict-Transport-Security for a year, and what an application does not say itself of frames and referrers.
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_ORIGIN = "load-balancer"


@dataclass(frozen=True)
class DistributionArgs:
    """The internal load balancer and its listener, and the names and certificate, if there are any.

    A protected one is not deleted: people know its name, and AWS gives no name twice.
    """

    names: Names
    balancer: aws.lb.LoadBalancer
    listener: aws.lb.Listener
    domains: Sequence[str]
    certificate_arn: pulumi.Input[str] | None
    protected: bool


class Distribution(pulumi.ComponentResource):
    """A distribution that passes everything on but what Next.js built, whose names change with its content."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: DistributionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Distribution", name, None, opts)
        endpoint: Any = {
            "arn": args.balancer.arn,
            "http_port": args.listener.port.apply(lambda port: port or 80),
            "https_port": 443,
            # Within the VPC; a certificate that CloudFront believes would need a domain.
            "origin_protocol_policy": "http-only",
            "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
        }
        # No two in an account have the same name, and another one is there before this one goes
        endpoint["name"] = _named_by_content(args.names.of(name), {**endpoint})
        origin = aws.cloudfront.VpcOrigin(
            args.names.of(name),
            vpc_origin_endpoint_config=endpoint,
            timeouts={"create": "30m", "update": "30m", "delete": "30m"},  # AWS speaks of 15
            # AWS changes none that a distribution uses: another one takes its place, and it goes last.
            # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["vpcOriginEndpointConfig"]),
        )
        # Not annotated above, where the SDK would load it for every stack
        self.distribution = aws.cloudfront.Distribution(
            args.names.of(name),
            enabled=True,
            comment=args.names.of(name),
            aliases=[*args.domains],
            http_version="http2and3",
            is_ipv6_enabled=True,
            origins=[
                {
                    "domain_name": args.balancer.dns_name,
                    "origin_id": _ORIGIN,
                    "vpc_origin_config": {"vpc_origin_id": origin.id, "origin_read_timeout": 60},
                }
            ],
            default_cache_behavior=_behavior(
                CACHING_DISABLED, _METHODS, origin_request_policy_id=ALL_VIEWER_AND_CLOUDFRONT
            ),
            ordered_cache_behaviors=[
                _behavior(CACHING_OPTIMIZED, ("GET", "HEAD"), path_pattern="/_next/static/*", compress=True)
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=_viewer_certificate(args.certificate_arn),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.listener], protect=args.protected),
        )
        host = args.domains[0] if args.domains else self.distribution.domain_name
        self.url = pulumi.Output.format("https://{0}", host)
        self.register_outputs({"url": self.url})


def require_vpc_origins(region: str) -> None:
    """Refuse a region without them. Raises UserError."""
    if region not in _REGIONS:
        raise UserError(
            f"CloudFront has no VPC origins in {region}, which `https` cloudfront needs",
            f"run {config_command('platform', 'set https hosted-zone')} and set `domain` and `hostedZone`",
        )


def has_vpc_origins(region: str, zone_id: str) -> bool:
    """Whether a load balancer in this zone can be an origin."""
    return _REGIONS.get(region) != zone_id


def prefix_list_id() -> str:
    """The list of the addresses from which CloudFront comes, in this region."""
    name = "com.amazonaws.global.cloudfront.origin-facing"
    return aws.ec2.get_managed_prefix_lists(filters=[{"name": "prefix-list-name", "values": [name]}]).ids[0]


def _named_by_content(prefix: str, content: Mapping[str, Any]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(content).apply(
        lambda text: f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )


def _behavior(cache_policy: str, methods: Sequence[str], **more: Any) -> Any:  # noqa: ANN401  # default or ordered
    return {
        "target_origin_id": _ORIGIN,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": [*methods],
        "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": cache_policy,
        "response_headers_policy_id": SECURITY_HEADERS,
        **more,
    }


def _viewer_certificate(arn: pulumi.Input[str] | None) -> Any:  # noqa: ANN401  # one of two
    if arn is None:
        return {"cloudfront_default_certificate": True}
    own = {"ssl_support_method": "sni-only", "minimum_protocol_version": "TLSv1.2_2021"}
    return {"acm_certificate_arn": arn, **own}
