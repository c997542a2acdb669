"""HTTPS with a certificate of one's own: encrypted at the load balancer, and nothing left that is not."""

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from tests.iam.deployments import CERTIFICATE

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture(scope="module")
def encrypted() -> Evaluation:
    return evaluate("platform", config=CERTIFICATE)


@pytest.fixture(scope="module")
def two() -> Evaluation:
    return evaluate("platform", config=CERTIFICATE | {"loadBalancers": "dedicated"})


def test_services_adds_its_rules_to_the_listener_with_the_certificate(encrypted: Evaluation) -> None:
    listener = encrypted.one(LISTENER, "alb-https")
    assert (listener.inputs["port"], listener.inputs["protocol"]) == (443, "HTTPS")
    assert listener.inputs["certificateArn"] == CERTIFICATE["certificateArn"]
    entrance = encrypted.exports["entrance"]
    assert entrance["frontend_listener_arn"] == entrance["backend_listener_arn"] == listener.outputs["arn"]


def test_it_speaks_tls_1_3_and_tells_browsers_to_stay_with_https(encrypted: Evaluation) -> None:
    inputs = encrypted.one(LISTENER, "alb-https").inputs
    assert inputs["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    hsts = inputs["routingHttpResponseStrictTransportSecurityHeaderValue"]
    assert hsts.startswith("max-age=")
    assert "includeSubDomains" not in hsts, "names below the domain may be somebody else's"


def test_everything_that_comes_without_https_is_sent_to_it(encrypted: Evaluation) -> None:
    (action,) = encrypted.one(LISTENER, "alb").inputs["defaultActions"]
    assert action["type"] == "redirect"
    assert action["redirect"] == {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}


def test_both_ports_are_open_and_no_others(encrypted: Evaluation) -> None:
    entrance = encrypted.exports["entrance_security_group_id"]
    rules = [each.inputs for each in encrypted.of(INGRESS) if each.inputs["securityGroupId"] == entrance]
    assert sorted(each["fromPort"] for each in rules) == [80, 443]


def test_the_addresses_in_the_contract_are_the_domains(encrypted: Evaluation, two: Evaluation) -> None:
    assert encrypted.exports["frontend_url"] == encrypted.exports["backend_url"] == "https://app.example.com"
    assert two.exports["frontend_url"] == "https://app.example.com"
    assert two.exports["backend_url"] == "https://api.app.example.com"


def test_www_leads_to_the_domain_and_only_on_the_pages_load_balancer(two: Evaluation) -> None:
    rule = two.one("aws:lb/listenerRule:ListenerRule")
    assert rule.inputs["listenerArn"] == two.exports["entrance"]["frontend_listener_arn"]
    assert rule.inputs["conditions"] == [{"hostHeader": {"values": ["www.app.example.com"]}}]
    assert rule.inputs["actions"][0]["redirect"]["host"] == "app.example.com"


def test_the_listener_of_before_stays_so_that_rules_of_services_can_move(
    platform: Evaluation, encrypted: Evaluation
) -> None:
    assert encrypted.one(BALANCER).name == platform.one(BALANCER).name
    assert platform.one(LISTENER).name in [each.name for each in encrypted.of(LISTENER)]


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        (CERTIFICATE["certificateArn"].replace("us-east-1", "eu-west-1"), "of the region eu-west-1"),
        (CERTIFICATE["certificateArn"].replace("123456789012", "210987654321"), "of the account 210987654321"),
    ],
)
def test_a_certificate_from_elsewhere_is_refused_before_anything_is_created(arn: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        evaluate("platform", config=CERTIFICATE | {"certificateArn": arn})
