"""The administrator's link: the backend's script, in the newest task, with its output on the terminal only."""

from datetime import timedelta
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tests.conducky.operations.conftest import STARTED, Run, deployed, task, tasks
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi
from tests.fakes.session_manager_plugin import fake_plugin

OPENED = {"session": {"sessionId": "ecs-1", "streamUrl": "wss://x/1", "tokenValue": "fake-session-token-for-tests"}}
LINK = "https://example.com/join#fake-link-for-tests"


def test_the_newest_backend_task_prints_it_on_the_terminal_and_we_do_not(
    tmp_path: Path, api: AwsApi, pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conducky.operations.session.is_interactive", lambda: True)
    monkeypatch.setattr("conducky.operations.session.output_is_a_terminal", lambda: True)
    fake_plugin(tmp_path / "plugin", monkeypatch, script=f"echo '{LINK}'")
    deployed(api)
    tasks(api, task("old1"), task("new1", startedAt=STARTED + timedelta(hours=1)), task("f1", "frontend"))
    api.answer("ecs.ExecuteCommand", OPENED)
    ran = run("administrator-link", "--stack", "dev")
    (asked,) = api.made("ecs.ExecuteCommand")
    assert asked["task"].endswith("/new1")
    assert (asked["container"], asked["command"]) == ("backend", "node /app/dist/administrator-link.js")
    assert ran.code == 0
    assert LINK not in ran.out + ran.err, "what the session shows passes by this process"


def test_the_script_is_where_the_image_has_it() -> None:
    dockerfile = (ROOT / "backend" / "Dockerfile").read_text(encoding="utf-8")
    assert "WORKDIR /app\n" in dockerfile
    assert "/app/dist ./dist" in dockerfile
