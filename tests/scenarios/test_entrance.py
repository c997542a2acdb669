"""A stack behind an HTTP API whose tasks and database stop at night, on the real engine; and the way to it and back."""

from pathlib import Path

import httpx
import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import (
    QUIET,
    answers,
    assert_state_is_what_exists,
    refused,
    rehearsed,
    running,
    up,
    works_again,
)
from tests.scenarios.repository import copy_of, edit

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]


S = "mon-fri 08:00-20:00 Europe/Berlin"


def test_the_story_of_a_stack_behind_an_http_api(
    stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It answers, sleeps for a night, gets a load balancer again and goes."""
    root = copy_of(stand_ins, tmp_path_factory.mktemp("entrance") / "repository")
    with rehearsed(root, "dev", images) as rehearsal:
        rehearsal.layer("platform").set_config("entrance", "http-api")
        rehearsal.layer("platform").set_config("schedule", S)
        up(rehearsal)
        it_answers_and_a_second_up_changes_nothing(rehearsal)
        at_night_a_release_starts_nothing_and_in_the_morning_it_answers(rehearsal)
        the_load_balancer_comes_back_once_services_is_gone(rehearsal)
        for layer in ("services", "platform", "bootstrap"):
            rehearsal.destroy(layer, QUIET)
        left = [token for token, found in rehearsal.account.resources.items() if found]
        assert not [token for token in left if token.startswith(("aws:apigateway", "aws:servicedis", "aws:scheduler"))]


@pytest.mark.parametrize("setting", [("https", "cloudfront"), ("entrance", "http-api")])
def test_tasks_move_to_other_zones_behind_every_entrance(
    stand_ins: Path,
    images: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    setting: tuple[str, str],
) -> None:
    """One of the two stays, so what is there in it is in the way of what takes the other's place."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")  # every zone has both
    root = copy_of(stand_ins, tmp_path_factory.mktemp("zones") / "repository")
    with rehearsed(root, "dev", images) as rehearsal:
        platform = rehearsal.layer("platform")
        platform.set_config(*setting)
        up(rehearsal)
        platform.set_config("availabilityZones", '["eu-west-1b","eu-west-1c"]')
        up(rehearsal, "platform", "services")
        assert set(answers(rehearsal).values()) == {200}
        assert_state_is_what_exists(rehearsal)
        assert [result.operations for result in up(rehearsal).values()] == [{}, {}, {}]


def it_answers_and_a_second_up_changes_nothing(rehearsal: Rehearsal) -> None:
    assert set(answers(rehearsal).values()) == {200}
    assert httpx.get(f"{rehearsal.url()}/api/x", timeout=10).status_code == 200
    assert ".execute-api." in str(rehearsal.layer("platform").exports()["frontend_url"])
    assert_state_is_what_exists(rehearsal)
    assert [result.operations for result in up(rehearsal).values()] == [{}, {}, {}]


def at_night_a_release_starts_nothing_and_in_the_morning_it_answers(
    rehearsal: Rehearsal,
) -> None:
    schedules, databases = rehearsal.stand_ins.schedules, rehearsal.stand_ins.databases.servers
    made: list[str] = []
    while "conducky-dev-database-stop" not in made:
        made += schedules.advance()
    assert {"conducky-dev-backend-stop", "conducky-dev-frontend-stop"} <= {*made}
    assert [running(rehearsal, name).tasks for name in ("backend", "frontend")] == [[], []]
    assert [server.name for server in databases.values() if server.runs] == []
    assert set(answers(rehearsal).values()) == {503}

    edit(rehearsal.account.root / "backend" / "server.js", "const answer", "const  answer")
    up(rehearsal, "services")
    assert [running(rehearsal, name).tasks for name in ("backend", "frontend")] == [[], []], "it is still night"

    made = []
    while not {"conducky-dev-backend-start", "conducky-dev-frontend-start"} <= {*made}:
        made += schedules.advance()
    assert made[0] == "conducky-dev-database-start", "before the tasks that need it"
    works_again(rehearsal, "services")


def the_load_balancer_comes_back_once_services_is_gone(rehearsal: Rehearsal) -> None:
    rehearsal.layer("platform").set_config("entrance", "load-balancer")
    said = refused(rehearsal, "platform")
    assert "ResourceInUse" in said or "Cannot delete vpc link" in said, "what services uses, AWS does not delete"
    used = ("aws:apigatewayv2/vpcLink:VpcLink", "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace")
    assert all(rehearsal.account.of(each) for each in used), "whichever of the two refused it"
    rehearsal.destroy("services", QUIET)
    up(rehearsal, "platform", "services")
    works_again(rehearsal, "platform", "services")
    assert ".elb." in str(rehearsal.layer("platform").exports()["frontend_url"])
    assert_state_is_what_exists(rehearsal)
