"""A stack gets HTTPS and a domain while people use it, on the real engine."""

from pathlib import Path

import httpx
import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.iam.deployments import CERTIFICATE
from tests.scenarios.deployment import (
    BOTH,
    QUIET,
    answers,
    assert_state_is_what_exists,
    browser,
    rehearsed,
    up,
    works_again,
)
from tests.scenarios.repository import copy_of

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_the_story_of_a_stack_that_gets_a_certificate(
    stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Plain HTTP, then HTTPS without a gap, then two load balancers under one domain; and it goes without a trace."""
    root = copy_of(stand_ins, tmp_path_factory.mktemp("https") / "repository")
    with rehearsed(root, "dev", images) as rehearsal:
        up(rehearsal)
        before = rehearsal.url()
        assert before.startswith("http://")
        configure(rehearsal, CERTIFICATE)
        up(rehearsal, "platform")
        old = httpx.get(f"{before}/api/status", timeout=10, trust_env=False)
        assert old.status_code == 200, "until services has moved its rules, the old address serves"
        up(rehearsal, "services")
        works_again(rehearsal, "platform", "services")
        everything_is_encrypted(rehearsal, before)
        configure(rehearsal, {"loadBalancers": "dedicated"})
        works_again(rehearsal, "platform", "services")
        assert rehearsal.url("backend") != rehearsal.url("frontend")
        assert rehearsal.layer("services").exports()["backend_url"] == "https://api.app.example.com"
        for layer in ("services", "platform", "bootstrap"):
            rehearsal.destroy(layer, QUIET)
        assert not rehearsal.stand_ins.load_balancers.listeners


def test_the_story_of_a_stack_behind_cloudfront(
    stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Prod as its stack file has it; then it gets a domain in a hosted zone, and goes without a trace."""
    root = copy_of(stand_ins, tmp_path_factory.mktemp("cloudfront") / "repository")
    with rehearsed(root, "prod", images) as rehearsal:
        up(rehearsal)
        exported = rehearsal.layer("platform").exports()
        assert str(exported["frontend_url"]).endswith(".cloudfront.net")
        assert rehearsal.url().startswith("https://localhost:")
        assert answers(rehearsal) == BOTH
        assert_state_is_what_exists(rehearsal)
        balancer = rehearsal.account.of("aws:lb/loadBalancer:LoadBalancer")[0]
        assert rehearsal.stand_ins.load_balancers.local_url(str(balancer["dnsName"])) is None
        redirected = httpx.get(f"{rehearsal.http_url('frontend')}/api/status", trust_env=False)
        assert redirected.headers["location"] == f"{rehearsal.url()}/api/status"
        assert [result.operations for result in up(rehearsal).values()] == [{}, {}, {}]
        configure(rehearsal, {"hostedZone": "example.com", "domain": "app.example.com", "www": "true"})
        works_again(rehearsal, "platform", "services")
        assert rehearsal.layer("services").exports()["frontend_url"] == "https://app.example.com"
        with browser(rehearsal) as people:
            www = people.get("/", headers={"Host": "www.app.example.com"})
            assert www.headers["location"] == "https://app.example.com:443/"
        for layer in ("services", "platform", "bootstrap"):
            rehearsal.destroy(layer, QUIET)
        kept = ("aws:cloudfront", "aws:acm", "aws:route53", "aws:ec2", "aws:lb")
        left = [token for token, found in rehearsal.account.resources.items() if found]
        assert not [token for token in left if token.startswith(kept)]


def configure(rehearsal: Rehearsal, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        rehearsal.layer("platform").set_config(key, value)


def everything_is_encrypted(rehearsal: Rehearsal, before: str) -> None:
    assert rehearsal.url().startswith("https://")
    assert answers(rehearsal) == BOTH
    assert_state_is_what_exists(rehearsal)
    redirected = httpx.get(f"{before}/api/status", trust_env=False)
    assert redirected.headers["location"] == f"{rehearsal.url()}/api/status"
    with browser(rehearsal) as people:
        assert people.get("/").headers["strict-transport-security"]
        www = people.get("/a?b=c", headers={"Host": "www.app.example.com"})
        assert www.headers["location"] == "https://app.example.com:443/a?b=c"
    assert rehearsal.layer("services").exports()["frontend_url"] == "https://app.example.com"
