"""Which ways to HTTPS fit together with which names, certificates and entrances; everything else is refused."""

import pytest

from conducky.errors import UserError
from conducky.settings.schema import PlatformSettings
from tests.conducky.settings.load_settings import load

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
ZONE = {"https": "hosted-zone", "domain": "app.example.com", "hostedZone": "example.com"}
CDN = {"https": "cloudfront"}
WITH_CERTIFICATE = {"https": "certificate", "domain": "app.example.com", "certificateArn": CERTIFICATE}


@pytest.mark.parametrize(
    ("config", "problem", "fix"),
    [
        ({"https": "certificate"}, "`https` is `certificate`, which needs `domain`", "set domain app.example.com"),
        (
            {"https": "certificate", "domain": "app.example.com"},
            "which needs `certificateArn`",
            "set certificateArn arn:aws:acm:",
        ),
        ({"domain": "app.example.com"}, "`domain` has no effect with `https` off", "rm domain"),
        ({"certificateArn": CERTIFICATE}, "`certificateArn` has no effect with `https` off", "rm certificateArn"),
        ({"www": "true"}, "`www` has no effect with `https` off", "rm www"),
        (WITH_CERTIFICATE | {"certificateArn": "arn:aws:acm:us-east-1:certificate/1"}, "`certificateArn` is", "look"),
        (WITH_CERTIFICATE | {"certificateArn": "01234567"}, "`certificateArn` is", "must look like `arn:aws:acm:"),
        (WITH_CERTIFICATE | {"certificateArn": CERTIFICATE.replace("acm", "iam")}, "`certificateArn` is", "look"),
        (WITH_CERTIFICATE | {"domain": "https://app.example.com"}, "`domain` is", "must look like `app.example.com`"),
        (WITH_CERTIFICATE | {"domain": "App.example.com"}, "`domain` is", "must look like"),
        (WITH_CERTIFICATE | {"domain": "*.example.com"}, "`domain` is", "must look like"),
        (WITH_CERTIFICATE | {"domain": "app.example.com."}, "`domain` is", "must look like"),
        (WITH_CERTIFICATE | {"domain": "localhost"}, "`domain` is", "must look like"),
        (WITH_CERTIFICATE | {"domain": "10.0.0.1"}, "`domain` is", "must look like"),
        (WITH_CERTIFICATE | {"domain": "www.example.com", "www": "true"}, "`domain` is www.example.com already", "www"),
        (WITH_CERTIFICATE | {"region": "eu-west-1"}, "a certificate of the region us-east-1", "eu-west-1"),
        (WITH_CERTIFICATE | {"accountId": "210987654321"}, "a certificate of the account 123456789012", "2109"),
        (WITH_CERTIFICATE | {"entrance": "http-api"}, "`entrance` http-api has HTTPS of its own", "rm https"),
        (
            ZONE | {"domain": "app.example.org"},
            "`domain` is app.example.org, which is not in the zone example.com",
            "set",
        ),
        (ZONE | {"domain": "appexample.com"}, "not in the zone example.com", "set domain app.example.com"),
        (ZONE | {"hostedZone": "Z0123456789ABCDEFGHIJ"}, "`hostedZone` is", "must look like `example.com`"),
        (ZONE | {"certificateArn": CERTIFICATE}, "`certificateArn` has no effect", "rm certificateArn"),
        (
            {"https": "hosted-zone", "domain": "app.example.com"},
            "which needs `hostedZone`",
            "set hostedZone example.com",
        ),
        (WITH_CERTIFICATE | {"hostedZone": "example.com"}, "`hostedZone` has no effect", "rm hostedZone"),
        (CDN | {"loadBalancers": "dedicated"}, "`https` cloudfront has one address for both", "rm loadBalancers"),
        (CDN | {"domain": "app.example.com"}, "needs a certificate for `domain`", "set hostedZone example.com"),
        (CDN | {"hostedZone": "example.com"}, "needs `domain`", "set domain app.example.com"),
        (CDN | {"www": "true"}, "`www` has no effect without `domain`", "rm www"),
        (CDN | ZONE | CDN | {"certificateArn": CERTIFICATE}, "both bring a certificate", "rm certificateArn"),
        (
            CDN | {"domain": "app.example.com", "certificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1")},
            "of the region eu-west-1, and this stack needs one of us-east-1",
            "--region us-east-1",
        ),
        (CDN | {"entrance": "http-api"}, "`entrance` http-api has HTTPS of its own", "rm https"),
        (
            {"loadBalancers": "dedicated"},
            "are two sites for browsers: no session works",
            "set crossSiteSessions accept-broken",
        ),
        (
            {"accessLogDays": "90", "entrance": "http-api"},
            "`accessLogDays` has no effect with `entrance` http-api",
            "rm accessLogDays",
        ),
        ({"accessLogDays": "-1"}, "`accessLogDays` is `-1` but must be at least 0", "set"),
        ({"accessLogDays": "3651"}, "`accessLogDays` is `3651` but must be at most 3650", "set"),
        ({"accessLogDays": "forever"}, "`accessLogDays` is `forever`", "set"),
        ({"https": "tls"}, "`https` is `tls` but must be one of `off`", "set https off"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_command_that_fixes_it(
    config: dict[str, str], problem: str, fix: str
) -> None:
    with pytest.raises(UserError) as refused:
        load(PlatformSettings, config)
    assert problem in refused.value.problem
    assert fix in str(refused.value)


def test_a_certificate_has_to_cover_every_name() -> None:
    assert load(PlatformSettings, WITH_CERTIFICATE).names == ("app.example.com",)
    dedicated = load(PlatformSettings, WITH_CERTIFICATE | {"www": "true", "loadBalancers": "dedicated"})
    assert dedicated.names == ("app.example.com", "www.app.example.com", "api.app.example.com")
    assert dedicated.backend_domain == "api.app.example.com"


def test_cloudfronts_certificate_is_in_a_region_of_its_own() -> None:
    settings = load(
        PlatformSettings, CDN | {"domain": "app.example.com", "certificateArn": CERTIFICATE, "region": "eu-west-1"}
    )
    settings.refuse_another_certificate("eu-west-1", "123456789012")


def test_a_zone_holds_its_own_name() -> None:
    assert load(PlatformSettings, ZONE | {"domain": "example.com"}).names == ("example.com",)


def test_two_addresses_of_awss_are_for_applications_without_sessions() -> None:
    accepted = load(PlatformSettings, {"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"})
    assert accepted.load_balancers == "dedicated"


def test_without_https_there_are_no_names() -> None:
    assert load(PlatformSettings, {}).names == ()
