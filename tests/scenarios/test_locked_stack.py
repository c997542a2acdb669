"""The runbook's "The stack is locked": what a killed deployment leaves, and its commands on the real engine."""

import os
import re
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.deployment.deploy import deploy
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import ROOT
from tests.fakes.pulumi import write_script
from tests.scenarios.deployment import (
    QUIET,
    assert_released,
    change_memory,
    ready,
    refused,
    rehearsed,
    up,
    wait_for_both,
)
from tests.scenarios.test_cloud_failures import interposed

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:Error in event stream"),
]

SERVICE = "aws:ecs/service:Service"
ANSWER = re.search(r"## The stack is locked\n(.*?)\n## ", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.DOTALL)
COMMANDS = [line for line in ANSWER[1].splitlines() if line.startswith("pulumi ")] if ANSWER else []


@pytest.fixture(scope="module")
def served(stand_ins: Path, images: Path) -> Generator[Rehearsal]:
    with rehearsed(stand_ins, images=images) as made:
        yield made


@pytest.fixture
def rehearsal(served: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    """All three layers are up; Pulumi on PATH works on their states, which are files, as a person's would."""
    for name, value in served.layer("services")._variables.items():  # pyright: ignore[reportPrivateUsage]
        monkeypatch.setenv(name, value)
    # Asked for before a deployment; the lock is met before a program would run.
    write_script(tmp_path / "pulumi-language-python", "#!/bin/sh\nexit 1\n")
    engine = Path(served.engine.command).parent
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), str(engine), os.environ["PATH"]]))
    return ready(served)


def kill_during(rehearsal: Rehearsal, operation: str) -> None:
    """Kill the engine while AWS is at work on the first service; nothing but the runbook repairs what is left."""

    def kill(asked: str, kind: str, _name: str) -> None:
        if (asked, kind) == (operation, SERVICE):
            for process in list(rehearsal.engine._running):  # pyright: ignore[reportPrivateUsage]
                os.kill(process.pid, signal.SIGKILL)

    with interposed(rehearsal, kill):
        assert "killed" in refused(rehearsal, "services")
    rehearsal.provider.operations.wait_none()
    rehearsal.layer("services").killed = False


def layers(rehearsal: Rehearsal) -> Path:
    """The folder in which Pulumi finds the three layers."""
    return rehearsal.layer("services")._work.parent  # pyright: ignore[reportPrivateUsage]


def pulumi(rehearsal: Rehearsal, command: str, *answers: str) -> str:
    """Run a command as it is written; `answers` are what a person answers at a terminal, as options."""
    words = [*command.split(), "--non-interactive", *answers]
    done = subprocess.run(words, cwd=layers(rehearsal), capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def deployed(rehearsal: Rehearsal, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and all that `make deploy LAYER=services` shows."""
    cli = PulumiCli(Selection.of("dev", "services"), layers(rehearsal))
    code = deploy(cli, [], Console(stderr=True, width=300), yes=True)
    shown = capfd.readouterr()
    return code, shown.out + shown.err


def test_a_killed_deployment_is_named_cancelled_and_followed_by_one_that_works(
    rehearsal: Rehearsal, capfd: pytest.CaptureFixture[str]
) -> None:
    change_memory(rehearsal)
    kill_during(rehearsal, "update")

    code, shown = deployed(rehearsal, capfd)
    assert code != 0
    assert "the stack is currently locked by 1 lock(s)" in shown
    assert "`pulumi cancel`" in shown
    assert re.search(r"created by \S+@\S+ \(pid \d+\) at 20\d\d-", shown), "who, where and since when"
    assert "Traceback" not in shown

    history, cancel, _ = COMMANDS
    assert "Status: succeeded" in pulumi(rehearsal, history), "the killed one is not in it"
    assert "has been canceled" in pulumi(rehearsal, cancel, "--yes")
    assert set(up(rehearsal, "services")["services"].operations.values()) == {"update"}
    assert_released(rehearsal)
    assert up(rehearsal, "services")["services"].operations == {}


def test_what_it_was_creating_is_imported_and_not_created_twice(rehearsal: Rehearsal) -> None:
    rehearsal.destroy("services", QUIET)
    kill_during(rehearsal, "create")
    _, cancel, refresh = COMMANDS
    pulumi(rehearsal, cancel, "--yes")
    said = refused(rehearsal, "services")
    assert "exist" in said or "not idempotent" in said, "AWS has it, and the state does not"

    layer = rehearsal.layer("services")
    known, existing = layer.known(), rehearsal.account.resources
    state = layer._written()["checkpoint"]["latest"]  # pyright: ignore[reportPrivateUsage]
    pending = [each["resource"] for each in state["pending_operations"]]
    assert SERVICE in {each["type"] for each in pending}
    found = [
        word
        for each in pending
        for ident, made in existing[each["type"]].items()
        if (each["type"], ident) not in known and made.get("name") == each["inputs"].get("name")
        for word in (each["urn"], ident)
    ]
    assert found
    pulumi(rehearsal, refresh, "--yes", *(f"--import-pending-creates={word}" for word in found))

    assert "create" not in up(rehearsal, "services")["services"].operations.values()
    assert wait_for_both(rehearsal)
    assert_released(rehearsal)
    assert up(rehearsal, "services")["services"].operations == {}
