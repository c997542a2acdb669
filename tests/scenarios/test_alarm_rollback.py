"""A release that is healthy but answers 500 is rolled back by itself, under load, and people are told."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.conducky.rehearsal.ecs.echo_app import wait_until
from tests.scenarios.deployment import QUIET, refused, rehearsed, running, up, wait_for_both, works_again
from tests.scenarios.load import disturbed_load
from tests.scenarios.repository import ANSWERS, ANSWERS_ERRORS, edit
from tests.summary import count

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

OF_ALARMS = ("aws:sns/", "aws:cloudwatch/dashboard", "aws:cloudwatch/event", "aws:cloudwatch/metricAlarm")


@pytest.fixture
def rehearsal(stand_ins: Path, images: Path, tmp_path: Path) -> Generator[Rehearsal]:
    root = shutil.copytree(stand_ins, tmp_path / "repository")
    with rehearsed(root, images=images) as made:
        made.layer("services").set_config("alarmRollback", "true")
        made.layer("services").set_config("alarmEmail", "alarms@example.com")
        yield made


def test_the_release_before_serves_again_and_the_correction_goes_through(rehearsal: Rehearsal) -> None:
    told: list[str] = []
    rehearsal.account.say = told.append
    up(rehearsal)
    assert wait_for_both(rehearsal)
    good = running(rehearsal, "backend").inputs["taskDefinition"]
    server = rehearsal.account.root / "backend" / "server.js"
    edit(server, ANSWERS, ANSWERS_ERRORS)
    with disturbed_load(rehearsal.url()) as load:
        load.wait_for_more(20)
        assert load.failures == []
        said = refused(rehearsal, "services")
        assert (
            "conducky-dev-backend: an alarm went off, so the release was rolled back: conducky-dev-backend-5xx" in said
        )
        during = len(load.failures)
        load.wait_for_more(100)
        assert load.failures[during:] == [], "the release before answers again"
    count("requests sent", load.sent)
    assert during > 5, "the alarm had its reason"
    assert {failure.rpartition(" ")[2] for failure in load.failures} == {"500"}, "no request was cut off"
    assert not [failure for failure in load.failures if "GET /:" in failure], "the frontend had no part in it"
    assert running(rehearsal, "backend").inputs["taskDefinition"] == good
    for words in ("conducky-dev-backend-5xx went off", "deployment failed: ", "conducky-dev-backend-5xx is over"):
        wait_until(words, lambda words=words: any(words in line and "alarms@example.com" in line for line in told))
    edit(server, ANSWERS_ERRORS, ANSWERS.replace("404,", "404 ,"))
    works_again(rehearsal, "services")
    assert running(rehearsal, "backend").inputs["taskDefinition"] != good
    rehearsal.destroy("services", QUIET)
    left = {token for token, found in rehearsal.account.resources.items() if found and token.startswith(OF_ALARMS)}
    assert left == set()
