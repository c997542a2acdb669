"""`make rehearse` as a person, a signal and a second rehearsal meet it."""

import json
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from conducky.repository import LAYERS
from tests.e2e.conftest import SECONDS_TO_HEALTHY, RunningRehearsal, free_port

pytestmark = pytest.mark.engine


@pytest.mark.slow
def test_killed_by_sigkill_it_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    killed = RunningRehearsal.start(tmp_path / "killed", "--port", str(port))
    killed.wait_for("services …")
    time.sleep(1)
    killed.end(signal.SIGKILL)
    assert killed.left_behind() == []
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))


def test_once_deploys_checks_and_removes_everything(tmp_path: Path) -> None:
    port = free_port()
    secret = "fake-secret-for-a-test-0123456789-abcdefgh"
    once = RunningRehearsal.start(
        tmp_path, "--once", "--port", str(port), JWT_SECRET=secret, SESSION_SECRET=secret[::-1]
    )
    assert once.process.wait(SECONDS_TO_HEALTHY) == 0, once.output
    outcome = json.loads(once.outcome_file.read_text())
    assert [layer["name"] for layer in outcome["layers"]] == list(LAYERS)
    assert all(layer["resources"] > 10 for layer in outcome["layers"]), outcome["layers"]
    assert [check for check in outcome["checks"] if not check["ok"]] == []
    assert len(outcome["checks"]) == 16
    assert outcome["url"] == f"http://localhost:{port}"
    assert set(outcome["seconds"]) == {*LAYERS, "checks", "total", "destroy"}
    assert secret not in once.output
    assert secret[::-1] not in once.output
    assert once.left_behind() == []


@pytest.mark.slow
def test_ctrl_c_ends_a_healthy_rehearsal_with_0(rehearsal: RunningRehearsal, tmp_path: Path) -> None:
    """A second one beside the first, whose port is taken."""
    url = str(json.loads(rehearsal.outcome_file.read_text())["url"])
    port = int(url.rpartition(":")[2])
    second = RunningRehearsal.start(tmp_path, "--port", str(port))
    other = str(second.wait_healthy()["url"])
    assert port < int(other.rpartition(":")[2]) < port + 20, "a taken port gives the next free one"
    assert str(port) in second.output, "it says that the wished port is taken"
    assert httpx.get(url).status_code == 200, "the first one is not disturbed"
    assert second.end(signal.SIGINT) == 0
    assert second.left_behind() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("bootstrap …", signal.SIGINT),
        ("platform …", signal.SIGTERM),
        ("services …", signal.SIGINT),
        ("checks …", signal.SIGTERM),
    ],
)
def test_a_signal_at_any_moment_leaves_nothing(
    rehearsal: RunningRehearsal, tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    interrupted = RunningRehearsal.start(tmp_path, "--port", str(free_port()))
    interrupted.wait_for(moment)
    assert interrupted.end(number) == 128 + number
    assert "Traceback" not in interrupted.output
    assert interrupted.left_behind() == []


@pytest.mark.slow
def test_a_short_secret_is_one_sentence(tmp_path: Path) -> None:
    short = RunningRehearsal.start(tmp_path, "--once", JWT_SECRET="short")
    assert short.process.wait(300) == 1
    assert "JWT_SECRET has 5 characters and must have at least 32" in " ".join(short.output.split())
    assert "Traceback" not in short.output
    assert short.left_behind() == []
