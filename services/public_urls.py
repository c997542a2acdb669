"""The three addresses that the applications get in their environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from conducky.contracts import PlatformOutputs
from conducky.environment import variable
from conducky.errors import UserError, quoted
from conducky.settings import ORIGIN, ORIGINS, ServicesSettings
from conducky.settings.application import Address
from conducky.settings.entrance import CLEAR_TEXT


@dataclass(frozen=True)
class PublicUrls:
    """What FRONTEND_BASE_URL, CORS_ORIGIN and NEXT_PUBLIC_API_URL hold."""

    frontend_base_url: str
    cors_origin: str
    next_public_api_url: str

    def named(self, addresses: Mapping[str, Address]) -> dict[str, str]:
        """Each variable with the address that an application wants under its name."""
        known: dict[Address, str] = {
            "frontend": self.frontend_base_url,
            "backend": self.next_public_api_url,
            "corsOrigin": self.cors_origin,
        }
        return {name: known[which] for name, which in addresses.items()}


def public_urls(settings: ServicesSettings, platform: PlatformOutputs) -> PublicUrls:
    """For each: the environment variable of that name, else the stack's setting, else the load balancer's address.

    Raises:
        UserError: when an environment variable does not hold an origin.
    """
    frontend = _overridden("FRONTEND_BASE_URL", ORIGIN) or settings.frontend_base_url
    cors = _overridden("CORS_ORIGIN", ORIGINS) or settings.cors_origin
    api = _overridden("NEXT_PUBLIC_API_URL", ORIGIN) or settings.next_public_api_url
    frontend_base_url = frontend or str(platform.value("frontend_url"))
    if frontend_base_url.startswith("http:"):
        pulumi.log.info(CLEAR_TEXT)
    return PublicUrls(
        frontend_base_url=frontend_base_url,
        cors_origin=cors or frontend_base_url,
        next_public_api_url=api or str(platform.value("backend_url")),
    )


def _overridden(name: str, pattern: str) -> str | None:
    value = variable(name)
    if value and not re.fullmatch(pattern, value):
        raise UserError(
            f"the environment variable {name} is {quoted(value)} and must look like `https://app.example.com`",
            f"run `export {name}=https://app.example.com`, or `unset {name}`",
        )
    return value
