"""Whether a certificate or a zone is ready, as far as these credentials may see."""

from collections.abc import Callable
from typing import Any

import pytest

from conducky.operations.doctor import https as doctor_https
from conducky.operations.doctor.account import Account
from conducky.operations.doctor.finding import Finding
from conducky.settings.schema import PlatformSettings
from tests.fakes.aws_api import AwsApi

CERTIFICATE = {
    "https": "certificate",
    "domain": "app.example.com",
    "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
}
ZONE = {"https": "hosted-zone", "domain": "app.example.com", "hostedZone": "example.com"}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], list[Finding]]:
    """What is found of HTTPS with these settings of platform."""

    def look(config: dict[str, str]) -> list[Finding]:
        def settings(_kind: type[PlatformSettings], _stack: str) -> PlatformSettings:
            return PlatformSettings.model_validate(config)

        monkeypatch.setattr(doctor_https, "settings_of", settings)
        return list(doctor_https.https(Account("dev")))

    return look


Configured = Callable[[dict[str, str]], list[Finding]]


def certificate(status: str = "ISSUED", *names: str) -> dict[str, Any]:
    record = {"Name": "_1.example.com.", "Type": "CNAME", "Value": "_2.acm-validations.aws."}
    option = {"DomainName": "app.example.com", "ResourceRecord": record}
    found = {"DomainName": "app.example.com", "SubjectAlternativeNames": ["app.example.com", *names], "Status": status}
    return {"Certificate": {**found, "DomainValidationOptions": [option]}}


def test_without_https_nothing_is_asked(api: AwsApi, configured: Configured) -> None:
    assert configured({}) == []
    assert api.calls == []


def test_an_issued_certificate_is_fine_and_a_pending_one_names_its_records(api: AwsApi, configured: Configured) -> None:
    api.answer("acm.DescribeCertificate", certificate())
    assert [each.level for each in configured(CERTIFICATE)] == ["ok"]
    api.answer("acm.DescribeCertificate", certificate("PENDING_VALIDATION"))
    (found,) = configured(CERTIFICATE)
    assert (found.level, "PENDING_VALIDATION" in found.text) == ("wrong", True)
    assert "_1.example.com. CNAME _2.acm-validations.aws." in found.fix


def test_a_name_that_the_certificate_does_not_cover_is_wrong(api: AwsApi, configured: Configured) -> None:
    two = {**CERTIFICATE, "www": "true"}
    api.answer("acm.DescribeCertificate", certificate("ISSUED", "*.app.example.com"))
    assert [each.level for each in configured(two)] == ["ok"], "a wildcard covers it"
    api.answer("acm.DescribeCertificate", certificate("ISSUED", "*.example.com"))
    found = configured(two)[0]
    assert (found.level, "does not cover www.app.example.com" in found.text) == ("wrong", True)
    assert "request-certificate" in found.fix


def test_a_certificate_that_is_not_there_is_wrong(api: AwsApi, configured: Configured) -> None:
    api.refuse("acm.DescribeCertificate", "ResourceNotFoundException")
    assert configured(CERTIFICATE)[0].level == "wrong"
    api.refuse("acm.DescribeCertificate", "AccessDeniedException")
    assert configured(CERTIFICATE)[0].level == "unseen"


@pytest.mark.parametrize(
    ("zones", "level"),
    [
        ([("example.com.", False)], "ok"),
        ([], "wrong"),
        ([("example.com.", True)], "wrong"),
        ([("other.example.com.", False)], "wrong"),
        ([("example.com.", False), ("example.com.", False)], "wrong"),
    ],
)
def test_the_zone_has_to_be_ours_public_and_one(
    api: AwsApi, configured: Configured, zones: list[tuple[str, bool]], level: str
) -> None:
    listed = [
        {"Id": f"Z{number}", "Name": name, "CallerReference": "one", "Config": {"PrivateZone": private}}
        for number, (name, private) in enumerate(zones)
    ]
    api.answer(
        "route53.ListHostedZonesByName",
        {"HostedZones": listed, "IsTruncated": False, "MaxItems": "10"},
    )
    assert [each.level for each in configured(ZONE)] == [level]
