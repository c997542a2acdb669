"""Production's settings in a real browser: the page over HTTPS, through CloudFront's stand-in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import ROOT, RunningRehearsal, free_port
from tests.e2e.users import User

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_production_works_over_https_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    production = RunningRehearsal.start(tmp_path, "--stack", "prod", "--port", str(free_port()))
    try:
        site = str(production.wait_healthy()["url"])
        assert site.startswith("https://localhost:")
        checks = json.loads(production.outcome_file.read_text())["checks"]
        assert [check for check in checks if not check["ok"]] == []
        assert _tasks(production) == {"conducky-prod-backend": 2, "conducky-prod-frontend": 2}
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(site, trust_env=False)  # the authority is the rehearsal's own
        (link,) = re.findall(rf"^{re.escape(site)}/join#\S+$", production.output, re.MULTILINE)
        ada = User.at(browser, site, "Ada")
        ada.register(link)
        path = ada.file("Shouting in the hallway", "Somebody shouted at a volunteer.")
        assert ada.page.evaluate("window.isSecureContext"), "the browser takes it for HTTPS"
        (session,) = [each for each in ada.page.context.cookies() if "sid" in str(each.get("name"))]
        assert (session.get("secure"), session.get("httpOnly")) == (True, True)
        ada.goto(path)
        assert ada.foreign == [], "nothing is asked of another address, or without HTTPS"
        assert ada.console == []
    finally:
        production.end()
        left = production.left_behind()
    assert left == []


def _tasks(production: RunningRehearsal) -> dict[str, int]:
    """How many healthy tasks of each application run, as `conducky status` sees them from another terminal."""
    done = subprocess.run(
        [Path(sys.executable).parent / "conducky", "status", "--stack", "prod", "--rehearsal", "--json"],
        env={**os.environ, "TMPDIR": str(production.temporary)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        each["name"]: sum(task["target"] == "healthy" for task in each["tasks"])
        for each in json.loads(done.stdout)["services"]
    }
