"""How a stack is reached: its entrance, HTTPS and names, and which of these settings fit together."""

import re
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
# What each way needs; `www` goes with every domain.
_NEEDS = {
    "off": (),
    "certificate": ("domain", "certificateArn"),
}


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
        "price. Without HTTPS, browser sessions work only with the shared one.",
    )
    https: Literal["off", "certificate"] = Field(
        default="off",
        description="How browsers reach the load balancer by HTTPS: not at all, or with the certificate "
        "`certificateArn` at the name `domain`, whose DNS is your own matter; see [production.md](production.md).",
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
        description="The ARN of an issued certificate in ACM for `domain`, in this stack's region.",
        examples=[_EXAMPLES["certificateArn"]],
    )

    @property
    def backend_domain(self) -> str | None:
        """The backend's name: the page's own, or one beside it."""
        return f"api.{self.domain}" if self.domain and self.load_balancers == "dedicated" else self.domain

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a certificate has to cover, the page's first; none without a domain."""
        all_names = (self.domain, f"www.{self.domain}" if self.www else None, self.backend_domain)
        return tuple(dict.fromkeys(name for name in all_names if name))

    def refuse_another_certificate(self, region: str | None, account_id: str | None) -> None:
        """Stop when `certificateArn` is not of this region and account, as far as they are known.

        Raises:
            UserError: the load balancer could not use it.
        """
        if self.certificate_arn is None:
            return
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
    def _https_is_whole(self) -> Self:
        given = {
            "domain": self.domain,
            "certificateArn": self.certificate_arn,
            "www": self.www or None,
        }
        needed = _NEEDS[self.https]
        for key in needed:
            if not given[key]:
                raise UserError(
                    f"`https` is `{self.https}`, which needs `{key}`",
                    f"run {config_command('platform', f'set {key} {_EXAMPLES[key]}')} with your own",
                )
        for key, value in given.items():
            if value and key not in needed and not (key == "www" and self.domain):
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
