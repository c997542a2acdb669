"""A worker beside both applications: it runs, logs, restarts and goes, and one that cannot run fails its release."""

import json
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import (
    BOTH,
    answers,
    assert_state_is_what_exists,
    refused,
    rehearsed,
    running,
    up,
    works_again,
)

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

_TELLS = (
    "const {PORT, DATABASE_URL, QUEUE, MIGRATE_ON_START} = process.env;"
    "console.log(JSON.stringify([PORT ?? null, DATABASE_URL.slice(0, 11), QUEUE, MIGRATE_ON_START]));"
    "setInterval(() => {}, 1000)"
)


@pytest.fixture
def rehearsal(stand_ins: Path, images: Path, tmp_path: Path) -> Generator[Rehearsal]:
    root = shutil.copytree(stand_ins, tmp_path / "repository")
    with rehearsed(root, images=images) as made:
        yield made


def set_worker(rehearsal: Rehearsal, script: str | None) -> None:
    settings = {"command": ["node", "-e", script], "variables": {"QUEUE": "reports"}}
    rehearsal.layer("services").set_config("worker", json.dumps(settings) if script else None)


def test_it_comes_runs_and_goes(rehearsal: Rehearsal) -> None:
    set_worker(rehearsal, _TELLS)
    up(rehearsal)
    (task,) = running(rehearsal, "worker").tasks
    assert json.loads(task.process.tail(1)) == [None, "postgresql:", "reports", "no"]
    assert rehearsal.layer("services").exports()["worker_service_name"] == "conducky-dev-worker"
    works_again(rehearsal, "services")
    set_worker(rehearsal, "process.exit(7)")
    said = refused(rehearsal, "services")
    assert "conducky-dev-worker" in said
    assert "it exited with code 7" in said
    assert answers(rehearsal) == BOTH
    set_worker(rehearsal, None)
    up(rehearsal, "services")
    assert {service.container["name"] for service in rehearsal.stand_ins.services.running.values()} == {
        "backend",
        "frontend",
    }
    assert_state_is_what_exists(rehearsal)
