"""docs/runbook.md and docs/maintenance.md, typed from the first answer to the last, on rehearsals that run.

Two answers have files of their own: "The stack is locked" is test_locked_stack.py, and "Run a migration by hand", which
takes a real migration that failed, is in test_releases.py.
"""

import json
import re
import tempfile
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.day_two import conducky, served_api
from tests.scenarios.deployment import STAYS, ready, rehearsed, running, up, wait_for_both
from tests.scenarios.marks import needs_client
from tests.scenarios.repository import copy_of
from tests.scenarios.typed import PAGES, Person, answer

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

INSTANCE = "aws:rds/instance:Instance"
ELSEWHERE = {"The stack is locked": "test_locked_stack.py", "Run a migration by hand": "test_releases.py"}
HERE = {
    "It is slow",
    "It is down",
    "An alarm went off",
    "The database runs out of something",
    "It will not deploy",
    "Go back",
    "Restore the database to yesterday",
    "Rotate a secret",
    "Stop paying for a week",
    "Move to another region or account",
    "Remove everything",
}


@pytest.fixture(scope="module")
def repository(stand_ins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(stand_ins, tmp_path_factory.mktemp("runbook") / "repository")


@pytest.fixture(scope="module")
def served(repository: Path, images: Path) -> Generator[Rehearsal]:
    with rehearsed(repository, images=images) as made:
        up(made)
        with served_api(made):
            yield made


@pytest.fixture
def rehearsal(served: Rehearsal) -> Rehearsal:
    return ready(served)


@pytest.fixture
def person(rehearsal: Rehearsal, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person({"dev": rehearsal}, repository, tmp_path, monkeypatch)


@pytest.fixture
def another(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for another rehearsal beside the first, which gave this process its own temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(rehearsal.folder.path.parent))


def used(rehearsal: Rehearsal) -> PostgresServer:
    server = rehearsal.stand_ins.databases.in_use()
    assert server
    return server


def test_every_answer_is_tried() -> None:
    questions = set(re.findall(r"^## (.+)$", PAGES, re.MULTILINE))
    assert questions == HERE | set(ELSEWHERE)
    for question, file in ELSEWHERE.items():
        assert question in Path(__file__).with_name(file).read_text("utf-8")


def test_it_is_slow_or_down_or_an_alarm_went_off(person: Person) -> None:
    said = person.types("It is slow")
    assert "conducky-dev-backend" in said
    assert "a month" in said
    assert "services: {'same':" in said
    said = person.types("It is down")
    assert "✓ backend" in said
    person.types("An alarm went off")


@needs_client
def test_the_database_runs_out_of_something(person: Person, rehearsal: Rehearsal) -> None:
    said = person.types("The database runs out of something")
    assert "available" in said
    (database,) = rehearsal.account.of(INSTANCE)
    assert database["allocatedStorage"] == 40


def test_it_will_not_deploy(person: Person) -> None:
    said = person.types("It will not deploy", doctor=3)
    assert "to fix, " in said


def test_go_back(person: Person, rehearsal: Rehearsal, repository: Path) -> None:
    first = running(rehearsal, "backend").container["image"]
    server = repository / "backend" / "server.js"
    server.write_text(f"{server.read_text()}\n// Newer: {time.time()}\n")
    up(rehearsal, "services")
    newer = running(rehearsal, "backend").container["image"]
    assert newer != first
    number = str(running(rehearsal, "backend").inputs["taskDefinition"]).rpartition(":")[2]
    wait_until_noted(rehearsal)
    person.instead = {"backend:7": f"backend:{number}"}
    said = person.types("Go back")
    assert "conducky rollback --forward" in said
    assert running(rehearsal, "backend").container["image"] == newer


def wait_until_noted(rehearsal: Rehearsal) -> None:
    """The list of releases has both."""
    for _ in range(50):
        if len(json.loads(conducky(rehearsal, "releases", "--json"))) > 1:
            return
    raise AssertionError("only one release is listed")


def test_restore_the_database_to_yesterday(person: Person, rehearsal: Rehearsal) -> None:
    used(rehearsal).execute("CREATE TABLE ducks (name text)")
    used(rehearsal).execute("INSERT INTO ducks VALUES ('Ada')")
    conducky(rehearsal, "database", "backup", "yesterday")
    first = {str(each["identifier"]) for each in rehearsal.account.of(INSTANCE)}
    time.sleep(1.1)  # Times are whole seconds
    # A rehearsal has no yesterday: the last backup before this moment
    person.instead = {"20h": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"}
    commands = answer("Restore the database to yesterday")
    for line in commands[: commands.index("conducky database restore before-restore")]:
        person.type(line)
    assert used(rehearsal).execute("SELECT name FROM ducks") == [("Ada",)]
    used(rehearsal).execute("DELETE FROM ducks")
    person.type("conducky database forget")
    person.type("conducky database restore before-restore")
    assert used(rehearsal).execute("SELECT name FROM ducks") == [("Ada",)]
    person.type("conducky database forget")
    left = {str(each["identifier"]) for each in rehearsal.account.of(INSTANCE)}
    assert len(left) == 1
    assert not left & first


def test_rotate_a_secret(person: Person, rehearsal: Rehearsal) -> None:
    before = used(rehearsal)._password  # pyright: ignore[reportPrivateUsage]
    person.types("Rotate a secret")
    stored = person.github.state["secrets"]["dev"]["JWT_SECRET"].strip()
    assert re.fullmatch(r"[0-9a-f]{64}", stored)
    assert set(person.setting("services", "jwtSecret") or {}) == {"secure"}  # pyright: ignore[reportArgumentType]
    assert used(rehearsal)._password != before  # pyright: ignore[reportPrivateUsage]
    assert stored not in "".join(person.printed)


def test_stop_paying_for_a_week(person: Person, rehearsal: Rehearsal) -> None:
    said = person.types("Stop paying for a week")
    assert "conducky start" in said
    assert wait_for_both(rehearsal)


@needs_client
@pytest.mark.usefixtures("another")
def test_move_to_another_region(
    person: Person, rehearsal: Rehearsal, repository: Path, images: Path, tmp_path: Path
) -> None:
    used(rehearsal).execute("CREATE TABLE swans (name text)")
    used(rehearsal).execute("INSERT INTO swans VALUES ('Ada')")
    commands = answer("Move to another region or account")
    person.instead = {"everything.dump": str(tmp_path / "everything.dump")}
    copy, region, *_ = commands
    assert (copy, region) == (
        "cp platform/Pulumi.dev.yaml platform/Pulumi.next.yaml",
        "export AWS_REGION=eu-west-1",
    )
    person.type(copy)
    person.type(region)
    with rehearsed(repository, "next", images) as other:
        person.rehearsals = {"dev": rehearsal, "next": other}
        for line in commands[2:4]:
            person.type(line)
        with served_api(other):
            for line in commands[4:]:
                person.type(line)
        assert other.layer("platform").exports()["region"] == "eu-west-1"
        assert used(other).execute("SELECT name FROM swans") == [("Ada",)]
        assert wait_for_both(other)
        assert used(rehearsal).execute("SELECT name FROM swans") == [("Ada",)], "the earlier one stays as it is"
    (repository / "platform" / "Pulumi.next.yaml").unlink()


@pytest.mark.usefixtures("another")
def test_remove_everything(stand_ins: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rehearsed(stand_ins, images=images) as made:
        up(made)
        with served_api(made):
            Person({"dev": made}, stand_ins, tmp_path, monkeypatch).types("Remove everything")
        assert {token for token, found in made.account.resources.items() if found} <= STAYS
