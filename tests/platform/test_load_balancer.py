"""The way in: one load balancer for both services or one each, answering before anything is deployed."""

from collections.abc import Callable

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"


@pytest.fixture(scope="module")
def dedicated() -> Evaluation:
    return evaluate("platform", config={"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"})


def test_both_services_share_one_by_default(platform: Evaluation) -> None:
    balancer = platform.one(BALANCER)
    assert (
        platform.exports["frontend_url"] == platform.exports["backend_url"] == f"http://{balancer.outputs['dnsName']}"
    )
    listener = platform.one(LISTENER).outputs["arn"]
    arns = {"frontend_listener_arn": listener, "backend_listener_arn": listener}
    assert platform.exports["entrance"] == {"kind": "load-balancer", "trusted_proxies": 1, **arns}


def test_dedicated_gives_each_service_its_own(dedicated: Evaluation) -> None:
    names = {balancer.name: f"http://{balancer.outputs['dnsName']}" for balancer in dedicated.of(BALANCER)}
    assert names == {
        "conducky-dev-alb": dedicated.exports["frontend_url"],
        "conducky-dev-api": dedicated.exports["backend_url"],
    }
    listeners = {listener.name: listener.outputs["arn"] for listener in dedicated.of(LISTENER)}
    assert listeners == {
        "alb": dedicated.exports["entrance"]["frontend_listener_arn"],
        "api": dedicated.exports["entrance"]["backend_listener_arn"],
    }


def test_it_is_public_in_two_subnets_behind_its_own_group(platform: Evaluation) -> None:
    inputs = platform.one(BALANCER).inputs
    assert inputs["loadBalancerType"] == "application"
    assert inputs["internal"] is False
    assert inputs["subnets"] == platform.exports["subnet_ids"]
    group = platform.one("aws:ec2/securityGroup:SecurityGroup", "conducky-dev-entrance")
    assert inputs["securityGroups"] == [group.outputs["arn"].rpartition("/")[2]]


def test_it_drops_malformed_headers(platform: Evaluation) -> None:
    assert platform.one(BALANCER).inputs["dropInvalidHeaderFields"] is True


def test_its_idle_timeout_is_shorter_than_the_applications(platform: Evaluation) -> None:
    """Both keep idle connections for 65 s; were theirs the shorter, requests would now and then end in a 502."""
    assert platform.one(BALANCER).inputs["idleTimeout"] < 65


def test_it_says_so_while_nothing_is_deployed(platform: Evaluation) -> None:
    inputs = platform.one(LISTENER).inputs
    assert (inputs["port"], inputs["protocol"]) == (80, "HTTP")
    assert inputs["defaultActions"] == [
        {
            "type": "fixed-response",
            "fixedResponse": {"contentType": "text/plain", "statusCode": "503", "messageBody": "not deployed yet"},
        }
    ]


def test_development_may_be_deleted(platform: Evaluation) -> None:
    assert platform.one(BALANCER).inputs["enableDeletionProtection"] is False
    assert not platform.one(BALANCER).protect


def test_deletion_protection_holds_in_aws_and_in_pulumi(evaluated: Callable[[str, str], Evaluation]) -> None:
    balancer = evaluated("platform", "prod").one(BALANCER)
    assert balancer.inputs["enableDeletionProtection"] is True
    assert balancer.protect
