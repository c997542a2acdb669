"""Releases and accidents of the real applications under a steady load, and where their secrets are afterwards."""

import json
import os
import signal
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.bad_releases import (
    BAD_RELEASES,
    FAILED_MIGRATION,
    MIGRATION,
    SLOW_MIGRATION,
    BadRelease,
    migrates_slowly,
)
from tests.scenarios.day_two import served_api
from tests.scenarios.deployment import (
    assert_state_is_what_exists,
    change_memory,
    ready,
    refused,
    rehearsed,
    running,
    up,
    wait_for_both,
    works_again,
)
from tests.scenarios.load import disturbed_load, steady_load
from tests.scenarios.repository import copy_of, with_applications
from tests.scenarios.secrecy import inputs_in_state, places, recorded_events, secrets_of
from tests.scenarios.typed import Person, answer
from tests.summary import count

# Real applications start again and again, beside other tests: far from the limit of usual ones.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_applications(tmp_path_factory.mktemp("applications") / "the repository")


@pytest.fixture(scope="module")
def told() -> Generator[list[str]]:
    """All that the engine tells during this module."""
    with recorded_events() as events:
        yield events


@pytest.fixture(scope="module")
def rehearsal(repository: Path, told: list[str]) -> Generator[Rehearsal]:
    """The applications as they are. After all that the tests did, no secret lies anywhere."""
    with rehearsed(repository) as made:
        yield made
        assert secrets_found(made, told) == []


@pytest.fixture
def healthy(rehearsal: Rehearsal) -> Rehearsal:
    return ready(rehearsal)


@pytest.mark.slow
def test_five_releases_without_a_failed_request(healthy: Rehearsal) -> None:
    with steady_load(healthy.url()) as load:
        for name in ("frontend", "backend", "frontend", "backend", "frontend"):
            change_memory(healthy, name)
            operations = up(healthy, "services")["services"].operations
            assert operations[f"aws:ecs/service:Service conducky-dev-{name}"] == "update"
            load.wait_for_more(20)


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.name, marks=bad.marks) for bad in BAD_RELEASES])
def test_a_bad_release_costs_no_request(healthy: Rehearsal, repository: Path, tmp_path: Path, bad: BadRelease) -> None:
    release_badly(healthy, repository, tmp_path, bad)
    works_again(healthy, "services")


def release_badly(healthy: Rehearsal, repository: Path, tmp_path: Path, bad: BadRelease) -> None:
    """It is refused with its reason, and the old tasks serve as before."""
    count("seeded faults")
    broken = copy_of(repository, tmp_path / "broken repository")
    bad.breaks(broken)
    before = tasks_of(healthy, "backend")
    healthy.use(broken)
    try:
        with steady_load(healthy.url()):
            said = refused(healthy, "services")
    finally:
        healthy.use(repository)
    missing = [word for word in bad.words if word not in said]
    assert not missing, f"{missing} is not in:\n{said}"
    assert said.startswith("conducky-dev-backend: its new task never became healthy, so the release was rolled back: ")
    assert len(said.splitlines()) < 20, said
    assert tasks_of(healthy, "backend") == before


@pytest.mark.slow
def test_a_good_release_follows_a_failed_migration(
    healthy: Rehearsal, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By docs/maintenance.md, "## Run a migration by hand", as it is written there."""
    (database,) = healthy.stand_ins.databases.servers.values()
    person = Person({"dev": healthy}, repository, tmp_path, monkeypatch, {"20260201090000_init": MIGRATION})
    try:
        release_badly(healthy, repository, tmp_path, FAILED_MIGRATION)
        # After a failed migration Prisma applies nothing more, and so no task starts, until somebody says what became
        # of it.
        assert "P3009" in refused(healthy, "services")
        with served_api(healthy):
            for line in answer("Run a migration by hand"):
                person.type(line, {"run": 1} if line.endswith(" status") else {})
        assert MIGRATION in "".join(person.printed)
    finally:
        resolve = 'UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE migration_name = %s'
        database.execute(resolve, [MIGRATION])
    before = tasks_of(healthy, "backend")
    with steady_load(healthy.url()) as load:
        up(healthy, "services")
        change_memory(healthy)
        up(healthy, "services")
        load.wait_for_more(20)
    assert tasks_of(healthy, "backend") != before
    assert up(healthy, "services")["services"].operations == {}
    assert_state_is_what_exists(healthy)


@pytest.mark.slow
def test_tasks_that_migrate_at_once_take_turns(healthy: Rehearsal, repository: Path, tmp_path: Path) -> None:
    """Prisma waits 10 s for the lock of the first, and says P1002; the entry point tries again, so no task ends."""
    changed = copy_of(repository, tmp_path / "changed repository")
    migrates_slowly(changed)
    services, logs = healthy.layer("services"), healthy.folder.path / "logs"
    before = {*logs.glob("backend-*.log")}
    services.set_config("backendCount", "2")
    healthy.use(changed)
    try:
        with steady_load(healthy.url()):
            up(healthy, "services")
        written = [log.read_text() for log in {*logs.glob("backend-*.log")} - before]
        assert len(written) == len(tasks_of(healthy, "backend")) == 2, "no task ended and was started again"
        (waited,) = [log for log in written if "P1002" in log]
        assert "pg_advisory_lock" in waited
        assert "10000ms" in waited
        assert "Another task is migrating the database: trying again" in waited
        assert sum("have been successfully applied" in log for log in written) == 1
        assert up(healthy, "services")["services"].operations == {}
    finally:
        services.set_config("backendCount", None)
        healthy.use(repository)
        (database,) = healthy.stand_ins.databases.servers.values()
        database.execute('DELETE FROM "_prisma_migrations" WHERE migration_name = %s', [SLOW_MIGRATION])
    works_again(healthy, "services")


def test_requests_recover_from_a_restart_of_the_database(healthy: Rehearsal) -> None:
    (database,) = healthy.stand_ins.databases.servers.values()
    before = tasks_of(healthy, "backend")
    with disturbed_load(healthy.url()) as load:
        load.wait_for_more(20)
        database.restart()
        assert wait_for_both(healthy)
    with steady_load(healthy.url()) as later:
        later.wait_for_more(50)
    assert tasks_of(healthy, "backend") == before, "no task was given up for it"
    written = {str(row[0]) for row in database.execute("SELECT title FROM reports")}
    assert later.filed
    assert set(load.filed + later.filed) <= written


@pytest.mark.parametrize("name", ["backend", "frontend"])
def test_a_task_that_is_killed_is_replaced(healthy: Rehearsal, name: str) -> None:
    (task,) = tasks_of(healthy, name)
    os.kill(task.process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 120  # It starts with its migrations, beside other tests
    while tasks_of(healthy, name) in ([task], []):
        assert time.monotonic() < deadline, "nobody replaced it"
        time.sleep(0.1)
    assert wait_for_both(healthy)
    assert_state_is_what_exists(healthy)
    with steady_load(healthy.url()) as load:
        load.wait_for_more(20)


def test_no_secret_is_left_in_plain_text(healthy: Rehearsal, repository: Path, told: list[str], tmp_path: Path) -> None:
    release_badly(healthy, repository, tmp_path, BAD_RELEASES[0])  # what failed is told at greater length
    secrets = secrets_of(healthy)
    assert len(secrets) == 2 * len(("password", "DATABASE_URL", "JWT_SECRET", "SESSION_SECRET", "registry token"))
    found = readable(healthy, told)
    for place, text in (("event", "conducky-dev-backend"), ("logs/backend", "listening"), ("state", "conducky-dev")):
        assert any(text in content for where, content in found.items() if where.startswith(place)), place
    assert secrets_found(healthy, told) == []


def readable(rehearsal: Rehearsal, told: list[str]) -> dict[str, str]:
    return places(rehearsal) | {f"event {number}": event for number, event in enumerate(told)}


def secrets_found(rehearsal: Rehearsal, told: list[str]) -> list[tuple[str, str]]:
    """Which secret stands where."""
    found = readable(rehearsal, told)
    return [
        (what, place) for what, value in secrets_of(rehearsal).items() for place, text in found.items() if value in text
    ]


def test_a_task_definition_stays_readable_in_the_state(healthy: Rehearsal) -> None:
    for inputs in inputs_in_state(healthy, "aws:ecs/taskDefinition:TaskDefinition"):
        assert isinstance(inputs["containerDefinitions"], str), "an encrypted one is a dictionary"
        (container,) = json.loads(inputs["containerDefinitions"])
        assert {entry["name"]: entry["value"] for entry in container["environment"]}["PORT"].isdigit()
        secrets = {entry["name"]: entry["valueFrom"] for entry in container["secrets"]}
        assert set(secrets) == (
            {"DATABASE_URL", "JWT_SECRET", "SESSION_SECRET"} if container["name"] == "backend" else set[str]()
        )
        assert all(reference.startswith("arn:aws:ssm:") for reference in secrets.values())


def tasks_of(rehearsal: Rehearsal, name: str) -> list[Task]:
    """The running tasks of one service."""
    return list(running(rehearsal, name).tasks)
