"""How a stack is reached: its entrance, HTTPS and names, and which of these settings fit together."""

import re
from collections.abc import Collection, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from conducky.errors import UserError
from conducky.settings.base import Settings
from conducky.settings.errors import config_command

# For everybody who deploys without HTTPS, at the end of each deployment.
CLEAR_TEXT = "without HTTPS, passwords and what people write travel in clear text: docs/production.md changes that"
_NAME = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
_CERTIFICATE = r"^arn:aws:acm:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:certificate/[0-9a-f-]{36}$"
_EXAMPLES = {
    "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
    "domain": "app.example.com",
    "hostedZone": "example.com",
}
# What each way needs, and what it may have besides.
_NEEDS: Mapping[str, tuple[Collection[str], Collection[str]]] = {
    "off": ((), ()),
    "certificate": (("domain", "certificateArn"), ("www",)),
    "hosted-zone": (("domain", "hostedZone"), ("www",)),
    "cloudfront": ((), ("domain", "certificateArn", "hostedZone", "www")),
}
CLOUDFRONTS = "us-east-1"  # the region of its certificates, wherever the stack is


class EntranceSettings(Settings):
    """Settings of `platform` that say how the stack is reached."""

    entrance: Literal["load-balancer", "http-api"] = Field(
        default="load-balancer",
        description="A load balancer, or an HTTP API of API Gateway: HTTPS without a domain at about half the price, "
        "but a request ends after 30 s and a body at 10 MB, nothing is streamed, and there are no web sockets; see "
        "[decisions/http-api.md](decisions/http-api.md).",
    )
    load_balancers: Literal["shared", "dedicated"] = Field(
        default="shared",
        description="One load balancer for both services (`/api/*` goes to the backend), or one for each, at twice the "
        "price: with HTTPS and a `domain`, for at two names of AWS's no browser session works.",
    )
    cross_site_sessions: Literal["refuse", "accept-broken"] = Field(
        default="refuse",
        description="Whether `loadBalancers` dedicated is refused without a `domain`, or it is accepted that browsers "
        "keep no session between two names of AWS's (applications without cookies need none).",
    )
    https: Literal["off", "cloudfront", "certificate", "hosted-zone"] = Field(
        default="off",
        description="How browsers reach the stack by HTTPS: not at all; through CloudFront, at AWS's own name; with "
        "your certificate `certificateArn`; or with one for the zone `hostedZone` of Route 53, which is created. See "
        "[production.md](production.md).",
    )
    domain: str | None = Field(
        default=None,
        pattern=_NAME,
        max_length=64,  # the first name of a certificate: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
        description="The name at which people open the page. With `loadBalancers` dedicated, the backend is at "
        "`api.` before it.",
        examples=[_EXAMPLES["domain"]],
    )
    www: bool = Field(default=False, description="Redirect `www.` before `domain` to it.")
    certificate_arn: str | None = Field(
        default=None,
        pattern=_CERTIFICATE,
        description="The ARN of an issued certificate in ACM for `domain`, in this stack's region; with `https` "
        "cloudfront in us-east-1.",
        examples=[_EXAMPLES["certificateArn"]],
    )
    hosted_zone: str | None = Field(
        default=None,
        pattern=_NAME,
        max_length=253,
        description="The public zone of Route 53 in this account that `domain` is in: certificate and records are "
        "created in it.",
        examples=[_EXAMPLES["hostedZone"]],
    )

    access_log_days: int = Field(
        default=0,
        ge=0,
        le=3650,
        description="How many days the load balancer's access logs are kept, in a private bucket of the stack: a line "
        "for each request, with address, path, status and times. 0 writes none. See "
        "[access-logs.md](access-logs.md).",
        examples=["90"],
    )

    @property
    def backend_domain(self) -> str | None:
        """The backend's name: the page's own, or one beside it."""
        return f"api.{self.domain}" if self.domain and self.load_balancers == "dedicated" else self.domain

    @property
    def page_names(self) -> tuple[str, ...]:
        """The names of the page; none without a domain."""
        return (*filter(None, (self.domain, f"www.{self.domain}" if self.www else None)),)

    @property
    def api_names(self) -> tuple[str, ...]:
        """The backend's names that are not the page's."""
        return (*({*filter(None, (self.backend_domain,))} - {*self.page_names}),)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a certificate has to cover, the page's first; none without a domain."""
        return (*self.page_names, *self.api_names)

    def refuse_another_certificate(self, region: str | None, account_id: str | None) -> None:
        """Stop when `certificateArn` is not of this region and account, as far as they are known.

        Raises:
            UserError: the load balancer could not use it.
        """
        if self.certificate_arn is None:
            return
        region = CLOUDFRONTS if self.https == "cloudfront" else region
        _, _, _, its_region, its_account, _ = self.certificate_arn.split(":", 5)
        for what, its, wanted in (("region", its_region, region), ("account", its_account, account_id)):
            if wanted and its != wanted:
                raise UserError(
                    f"`certificateArn` is a certificate of the {what} {its}, and this stack needs one of {wanted}",
                    f"request one there (`aws acm request-certificate --region {region or its_region}`), and run "
                    f"{config_command('platform', 'set certificateArn ARN')}",
                )

    @model_validator(mode="after")
    def _an_http_api_is_one_for_both(self) -> Self:
        if self.entrance == "http-api" and self.load_balancers == "dedicated":
            raise UserError(
                "`loadBalancers` is `dedicated`, but with `entrance` http-api both services share the API",
                f"run {config_command('platform', 'rm loadBalancers')}",
            )
        if self.entrance == "http-api" and self.https != "off":
            raise UserError(
                f"`https` is `{self.https}`, but `entrance` http-api has HTTPS of its own, at AWS's name",
                f"run {config_command('platform', 'rm https')}, or "
                f"{config_command('platform', 'set entrance load-balancer')}",
            )
        return self

    @model_validator(mode="after")
    def _access_logs_are_a_load_balancers(self) -> Self:
        if self.entrance == "http-api" and self.access_log_days:
            raise UserError(
                "`accessLogDays` has no effect with `entrance` http-api, which has no load balancer",
                f"run {config_command('platform', 'rm accessLogDays')}, or "
                f"{config_command('platform', 'set entrance load-balancer')}",
            )
        return self

    @model_validator(mode="after")
    def _sessions_work(self) -> Self:
        """Two names below elb.amazonaws.com are two sites: it is on the public suffix list."""
        cdn = self.https == "cloudfront"  # refused for another reason
        if self.load_balancers == "dedicated" and not (self.domain or cdn) and self.cross_site_sessions == "refuse":
            raise UserError(
                "`loadBalancers` is `dedicated`, but without `domain` the two addresses are two sites for browsers: no "
                "session works",
                f"run {config_command('platform', 'rm loadBalancers')}, set `https` and `domain`, or run "
                f"{config_command('platform', 'set crossSiteSessions accept-broken')} if nothing uses cookies",
            )
        return self

    @model_validator(mode="after")
    def _https_is_whole(self) -> Self:
        given = {
            "domain": self.domain,
            "certificateArn": self.certificate_arn,
            "hostedZone": self.hosted_zone,
            "www": self.www or None,
        }
        needed, allowed = _NEEDS[self.https]
        for key in needed:
            if not given[key]:
                raise UserError(
                    f"`https` is `{self.https}`, which needs `{key}`",
                    f"run {config_command('platform', f'set {key} {_EXAMPLES[key]}')} with your own",
                )
        for key, value in given.items():
            if value and key not in {*needed, *allowed}:
                raise UserError(
                    f"`{key}` has no effect with `https` {self.https}",
                    f"run {config_command('platform', f'rm {key}')}, or {config_command('platform', 'set https …')} "
                    "with the way that takes it",
                )
        if self.www and re.match(r"www\.", str(self.domain)):
            raise UserError(
                f"`www` is true, but `domain` is {self.domain} already",
                f"run {config_command('platform', 'rm www')}",
            )
        self.refuse_another_certificate(self.region, self.account_id)
        return self

    @model_validator(mode="after")
    def _cloudfront_is_whole(self) -> Self:
        if self.https != "cloudfront":
            return self
        if self.load_balancers == "dedicated":
            raise UserError(
                "`loadBalancers` is `dedicated`, but `https` cloudfront has one address for both services",
                f"run {config_command('platform', 'rm loadBalancers')}",
            )
        if self.certificate_arn and self.hosted_zone:
            raise UserError(
                "`certificateArn` and `hostedZone` both bring a certificate",
                f"run {config_command('platform', 'rm certificateArn')}, or "
                f"{config_command('platform', 'rm hostedZone')}",
            )
        proof = self.certificate_arn or self.hosted_zone
        if bool(self.domain) != bool(proof):
            missing = "hostedZone" if self.domain else "domain"
            raise UserError(
                f"`https` cloudfront needs {'a certificate for `domain`' if self.domain else '`domain`'}",
                f"run {config_command('platform', f'set {missing} {_EXAMPLES[missing]}')} with your own"
                + (", or set `certificateArn`" if self.domain else ""),
            )
        if self.www and not self.domain:
            raise UserError("`www` has no effect without `domain`", f"run {config_command('platform', 'rm www')}")
        return self

    @model_validator(mode="after")
    def _the_zone_has_the_domain(self) -> Self:
        zone, domain = self.hosted_zone, self.domain
        if zone and domain and domain != zone and not domain.endswith(f".{zone}"):
            raise UserError(
                f"`domain` is {domain}, which is not in the zone {zone} (`hostedZone`)",
                f"run {config_command('platform', f'set domain app.{zone}')}, or "
                f"{config_command('platform', 'set hostedZone ZONE')} with the zone that it is in",
            )
        return self
