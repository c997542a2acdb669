"""HTTPS at the rehearsal's load balancer: its own authority signs, and clients meet what they would meet on AWS."""

import ssl

import httpx
import pytest

from tests.conducky.rehearsal.client import RefusedError
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

LISTENER = "aws:lb/listener:Listener"
TO_HTTPS = [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}]


def https(deployed: DeployedService, **changes: object) -> dict[str, object]:
    """The inputs of a listener with a certificate."""
    return {
        **deployed.listener.inputs,
        "port": 443,
        "protocol": "HTTPS",
        "certificateArn": deployed.account.place.arn("acm", "certificate/01234567-89ab-cdef-0123-456789abcdef"),
        "routingHttpResponseStrictTransportSecurityHeaderValue": "max-age=1",
        **changes,
    }


def client(deployed: DeployedService) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=deployed.account.authority.bundle)
    return httpx.Client(verify=trusted, trust_env=False)


def test_it_answers_with_a_certificate_of_the_rehearsals_authority(deployed: DeployedService) -> None:
    deployed.client.create(LISTENER, "https", https(deployed))
    (url,) = deployed.load_balancers.urls().values()
    assert url.startswith("https://localhost:"), "the address that people open has HTTPS"
    with client(deployed) as http:
        answer = http.get(url)
    assert (answer.status_code, answer.text) == (503, "not deployed yet")
    assert answer.headers["strict-transport-security"] == "max-age=1"
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(url, trust_env=False)


def test_http_leads_to_the_same_path_with_https(deployed: DeployedService) -> None:
    deployed.client.update(deployed.listener, deployed.listener.inputs | {"defaultActions": TO_HTTPS})
    deployed.client.create(LISTENER, "https", https(deployed))
    ((host, url),) = deployed.load_balancers.urls().items()
    plain = deployed.load_balancers.http_url(host)
    assert plain is not None
    answer = httpx.get(f"{plain}/some/where?with=this", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"{url}/some/where?with=this")


def test_what_never_had_https_has_no_other_address(deployed: DeployedService) -> None:
    (host,) = deployed.load_balancers.urls()
    assert deployed.load_balancers.http_url(host) is None


def test_a_listener_that_gets_a_certificate_keeps_its_port_and_rules(deployed: DeployedService) -> None:
    before = deployed.load_balancers.listeners[deployed.listener.id]
    deployed.client.update(deployed.listener, https(deployed))
    with client(deployed) as http:
        answer = http.get(f"https://localhost:{before}/api/x")
    assert "503 Service Temporarily Unavailable" in answer.text, "the rule still leads to its group"
    assert answer.headers["strict-transport-security"], "also on the load balancer's own pages"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"certificateArn": None}, "A certificate must be specified for HTTPS listeners"),
        ({"protocol": "HTTP"}, "only HTTPS listeners take certificates"),
        ({"certificateArn": "arn:aws:acm:ap-south-1:123456789012:certificate/1"}, "CertificateNotFound"),
    ],
)
def test_what_aws_refuses_of_certificates(deployed: DeployedService, changes: dict[str, object], problem: str) -> None:
    with pytest.raises(RefusedError, match=problem):
        deployed.client.create(LISTENER, "https", https(deployed, **changes))
