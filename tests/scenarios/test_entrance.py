"""A stack behind an HTTP API whose tasks and database stop at night, on the real engine; and the way to it and back."""

from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import (
    QUIET,
    answers,
    assert_state_is_what_exists,
    rehearsed,
    running,
    up,
    works_again,
)
from tests.scenarios.repository import copy_of, edit

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def rehearsal(stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsal]:
    root = copy_of(stand_ins, tmp_path_factory.mktemp("entrance") / "repository")
    with rehearsed(root, "dev", images) as made:
        made.layer("platform").set_config("entrance", "http-api")
        made.layer("platform").set_config("schedule", "mon-fri 08:00-20:00 Europe/Berlin")
        up(made)
        yield made


def test_both_applications_answer_and_the_address_is_the_apis(rehearsal: Rehearsal) -> None:
    assert set(answers(rehearsal).values()) == {200}
    assert httpx.get(f"{rehearsal.url()}/api/", timeout=10).status_code == 200
    assert ".execute-api." in str(rehearsal.layer("platform").exports()["frontend_url"])
    assert_state_is_what_exists(rehearsal)


def test_a_second_up_changes_nothing(rehearsal: Rehearsal) -> None:
    assert [result.operations for result in up(rehearsal).values()] == [{}, {}, {}]


def test_at_night_nothing_runs_a_release_starts_nothing_and_in_the_morning_the_new_one_answers(
    rehearsal: Rehearsal,
) -> None:
    schedules, databases = rehearsal.stand_ins.schedules, rehearsal.stand_ins.databases.servers
    made: list[str] = []
    while "conducky-dev-database-stop" not in made:
        made += schedules.advance()
    assert {"conducky-dev-backend-stop", "conducky-dev-frontend-stop"} <= {*made}
    assert [running(rehearsal, name).tasks for name in ("backend", "frontend")] == [[], []]
    assert all(server._process.poll() is not None for server in databases.values())  # pyright: ignore[reportPrivateUsage]
    assert set(answers(rehearsal).values()) == {503}

    edit(rehearsal.account.root / "backend" / "server.js", "const answer", "const  answer")
    up(rehearsal, "services")
    assert [running(rehearsal, name).tasks for name in ("backend", "frontend")] == [[], []], "it is still night"

    made = []
    while not {"conducky-dev-backend-start", "conducky-dev-frontend-start"} <= {*made}:
        made += schedules.advance()
    assert made[0] == "conducky-dev-database-start", "before the tasks that need it"
    works_again(rehearsal, "services")


def test_the_load_balancer_can_come_back(rehearsal: Rehearsal) -> None:
    rehearsal.layer("platform").set_config("entrance", "load-balancer")
    up(rehearsal, "platform", "services")
    works_again(rehearsal, "platform", "services")
    assert ".elb." in str(rehearsal.layer("platform").exports()["frontend_url"])
    rehearsal.layer("platform").set_config("entrance", "http-api")
    up(rehearsal, "platform", "services")
    works_again(rehearsal, "platform", "services")
    assert_state_is_what_exists(rehearsal)


def test_nothing_is_left_when_it_is_removed(rehearsal: Rehearsal) -> None:
    for layer in ("services", "platform", "bootstrap"):
        rehearsal.destroy(layer, QUIET)
    left = [token for token, found in rehearsal.account.resources.items() if found]
    assert not [token for token in left if token.startswith(("aws:apigateway", "aws:servicedis", "aws:scheduler"))]
