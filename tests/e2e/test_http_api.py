"""The application in a browser behind an HTTP API, through a night in which the schedule stops everything."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import ROOT, RunningRehearsal, free_port
from tests.e2e.users import User
from tests.scenarios.repository import edit, with_applications

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROMPT = "n: continue at"
TITLE = "Filed through the gateway"
SETTINGS = "config:\n  conducky-platform:entrance: http-api\n  conducky-platform:schedule: mon-sun 08:00-20:00 UTC\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningRehearsal]:
    """A healthy rehearsal of the stack with no load balancer."""
    folder = tmp_path_factory.mktemp("gateway")
    root = with_applications(folder / "repository")
    edit(root / "platform" / "Pulumi.dev.yaml", "config:\n", SETTINGS)
    running = RunningRehearsal.start(folder, "--port", str(free_port()), root=root)
    try:
        running.wait_healthy()
        yield running
    finally:
        running.end()
        left = running.left_behind()
    assert left == []


def test_a_report_is_filed_through_the_gateway_and_is_there_after_a_night(
    gateway: RunningRehearsal, browser: Browser
) -> None:
    outcome = json.loads(gateway.outcome_file.read_text())
    site = str(outcome["url"])
    assert [check for check in outcome["checks"] if not check["ok"]] == []
    answer = httpx.get(site)
    assert "apigw-requestid" in answer.headers, "no load balancer answers"
    (link,) = re.findall(rf"^{re.escape(site)}/join#\S+$", gateway.output, re.MULTILINE)

    administrator, reporter = (User.at(browser, site, name) for name in ("Ada", "Rita"))
    administrator.goto(link)
    administrator.register(link)
    reporter.register()
    report = reporter.file(TITLE, "Between two talks.")
    reporter.picture("20-through-the-gateway")
    administrator.goto("/reports")
    administrator.page.get_by_role("link", name=TITLE).click()
    administrator.move("Acknowledge", "Acknowledged")
    for user in (administrator, reporter):
        assert user.console == [], user.name
        assert user.foreign == [], user.name

    night(gateway, "frontend-stop", "database-stop")
    assert httpx.get(site).status_code == 503
    night(gateway, "database-start", "backend-start", "frontend-start")
    reporter.goto(report)
    expect(reporter.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(reporter.page.locator(".facts .badge")).to_have_text("Acknowledged")
    reporter.picture("21-in-the-morning")
    by_hand(gateway, "stop")
    assert httpx.get(site).status_code == 503
    by_hand(gateway, "start")
    assert httpx.get(site).status_code == 200
    for user in (administrator, reporter):
        user.page.context.close()


def by_hand(gateway: RunningRehearsal, word: str) -> None:
    """What another terminal does meanwhile."""
    conducky = Path(sys.executable).parent / "conducky"
    environment = {**os.environ, "TMPDIR": str(gateway.temporary)}
    subprocess.run([conducky, word, "--rehearsal"], env=environment, cwd=ROOT, check=True)


def night(gateway: RunningRehearsal, *parts: str) -> None:
    """Press `n` until the schedule has made these calls; whatever the hour, others may come before them."""
    lines = [f"conducky-dev-{part}: done" for part in parts]
    before = {line: gateway.output.count(line) for line in lines}
    for line in lines:
        while gateway.output.count(line) == before[line]:
            prompts = gateway.output.count(PROMPT)
            gateway.press("n")
            gateway.wait_for(PROMPT, prompts + 1)


def test_the_gateways_limit_on_a_body_is_met(gateway: RunningRehearsal) -> None:
    site = str(json.loads(gateway.outcome_file.read_text())["url"])
    assert httpx.post(f"{site}/api/auth/login", content=b"x" * 10_000_001).status_code == 413
