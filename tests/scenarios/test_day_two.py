"""The commands for every day, in another terminal, on a rehearsal that runs."""

import json
import signal
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.day_two import conducky, served_api, start
from tests.scenarios.deployment import ready, rehearsed, running, up
from tests.scenarios.load import disturbed_load
from tests.scenarios.repository import copy_of, edit

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def repository(stand_ins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(stand_ins, tmp_path_factory.mktemp("day two") / "repository")


@pytest.fixture(scope="module")
def served(repository: Path, images: Path) -> Generator[Rehearsal]:
    with rehearsed(repository, images=images) as made:
        up(made)

        with served_api(made):
            yield made


@pytest.fixture
def rehearsal(served: Rehearsal) -> Rehearsal:
    return ready(served)


def test_status_shows_what_runs(rehearsal: Rehearsal) -> None:
    seen = json.loads(conducky(rehearsal, "status", "--json"))
    assert [each["desired"] for each in seen["services"]] == [1, 1]
    assert [each["running"] for each in seen["services"]] == [1, 1]
    assert "healthy" in json.dumps(seen["services"][0]["tasks"])
    started = datetime.fromisoformat(seen["services"][0]["tasks"][0]["started"])
    assert timedelta(seconds=-5) < datetime.now(UTC) - started < timedelta(hours=1)
    shown = conducky(rehearsal, "status")
    assert "? ago" not in shown
    assert not [line for line in shown.splitlines() if line.rstrip().endswith((",", "certificate"))]
    assert seen["database"]
    assert rehearsal.url() in seen["addresses"]


def test_exec_runs_a_command_in_the_tasks_own_environment(rehearsal: Rehearsal) -> None:
    task = running(rehearsal, "backend").tasks[0]
    script = "console.log(process.env.PORT, process.cwd(), Boolean(process.env.DATABASE_URL))"
    said = conducky(rehearsal, "exec", "backend", "--", "node", "-e", script).split()
    assert said == [str(task.ports[4000]), str(task.folder / "root" / "app"), "true"]
    assert "cannot be started" in conducky(rehearsal, "exec", "backend", "--", "no-such-program", code=1)


def test_run_has_the_commands_output_and_exit_code_and_leaves_nothing(rehearsal: Rehearsal) -> None:
    script = "console.log(process.env.MIGRATE_ON_START, 'hello'); process.exit(7)"
    said = conducky(rehearsal, "run", "backend", "--", "node", "-e", script, code=7)
    assert "no hello" in said
    tasks = {each.name for each in (rehearsal.folder.path / "tasks").iterdir()}
    assert tasks == {task.name for name in ("backend", "frontend") for task in running(rehearsal, name).tasks}


def test_what_a_command_wrote_is_in_the_log_also_after_its_task(rehearsal: Rehearsal) -> None:
    conducky(rehearsal, "run", "backend", "--", "node", "-e", "console.log('one ' + 'needle')")
    said = conducky(rehearsal, "logs", "backend", "--grep", "one needle", "--json")
    (line,) = [json.loads(each) for each in said.splitlines()]
    assert (line["service"], line["message"]) == ("backend", "one needle")


def test_ctrl_c_stops_a_command_that_runs(rehearsal: Rehearsal) -> None:
    process = start(rehearsal, "run", "backend", "--", "node", "-e", "setInterval(() => console.log('still'), 100)")
    assert process.stdout
    assert process.stdout.readline() == "still\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    deadline = time.monotonic() + 30
    while len([*(rehearsal.folder.path / "tasks").iterdir()]) > 2:
        assert time.monotonic() < deadline, "the task still runs"
        time.sleep(0.1)


def test_no_secret_is_shown(rehearsal: Rehearsal) -> None:
    secrets = rehearsal.account.secrets().values()
    script = "console.log(process.env.DATABASE_URL)"
    said = conducky(rehearsal, "run", "backend", "--", "node", "-e", script)
    said += conducky(rehearsal, "logs", "--json") + conducky(rehearsal, "status", "--json")
    assert [secret for secret in secrets if secret in said] == []


def test_rollback_under_load_fails_no_request_and_goes_forward_again(rehearsal: Rehearsal, repository: Path) -> None:
    before = running(rehearsal, "backend").container["image"]
    edit(repository / "backend" / "server.js", 'status: "ok"', 'status: "newer"')
    up(rehearsal, "services")
    newer = running(rehearsal, "backend").container["image"]
    assert newer != before
    time.sleep(1.5)  # Longer than the API takes to notice
    with disturbed_load(rehearsal.url()) as load:
        load.wait_for_more(10)
        said = conducky(rehearsal, "rollback", "--yes")
        assert said == ""
        assert running(rehearsal, "backend").container["image"] == before
        conducky(rehearsal, "rollback", "--to", str(newer).rpartition("@")[2], "--yes")
        assert running(rehearsal, "backend").container["image"] == newer
        conducky(rehearsal, "rollback", "--forward")
        load.wait_for_more(10)
    failures = [each for each in load.failures if "POST" not in each]  # The stand-in takes no reports
    assert failures == []
    listed = json.loads(conducky(rehearsal, "releases", "--json"))
    assert {each["images"]["backend"] for each in listed} == {str(each).rpartition("@")[2] for each in (before, newer)}


def test_another_stack_is_not_found(rehearsal: Rehearsal) -> None:
    process = start(rehearsal, "status", "--stack", "prod")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no rehearsal runs on this computer of prod, only of dev: start one" in err
