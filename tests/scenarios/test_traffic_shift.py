"""Canary and blue-green releases of a stack under load: the first, good ones, a bad one, and the way there and back."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import QUIET, refused, rehearsed, running, up, wait_for_both, works_again
from tests.scenarios.load import disturbed_load, steady_load
from tests.scenarios.repository import ANSWERS, ANSWERS_ERRORS, edit
from tests.summary import count

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:lb/targetGroup:TargetGroup"


@pytest.fixture
def rehearsal(stand_ins: Path, images: Path, tmp_path: Path) -> Generator[Rehearsal]:
    root = shutil.copytree(stand_ins, tmp_path / "repository")
    with rehearsed(root, images=images) as made:
        yield made


def strategy(rehearsal: Rehearsal, name: str) -> None:
    rehearsal.layer("services").set_config("deploymentStrategy", name)
    rehearsal.layer("services").set_config("bakeMinutes", None if name == "rolling" else "3")


def weights(rehearsal: Rehearsal) -> dict[str, int]:
    """Of the backend's two groups, with and without traffic, by what is before the last four letters' first."""
    (rule,) = (each for each in rehearsal.account.of(RULE) if "/api/*" in str(each["conditions"]))
    groups = rule["actions"][0]["forward"]["targetGroups"]
    return {_color(str(each["arn"])): int(each["weight"]) for each in groups}


def _color(arn: str) -> str:
    return "green" if arn.split("/")[1].rpartition("-")[2].startswith("g") else "blue"


def release(rehearsal: Rehearsal, old: str, new: str) -> None:
    edit(rehearsal.account.root / "backend" / "server.js", old, new)


@pytest.mark.parametrize("name", ["canary", "blue-green"])
def test_releases_under_load(rehearsal: Rehearsal, name: str) -> None:
    strategy(rehearsal, name)
    up(rehearsal)
    assert wait_for_both(rehearsal)
    first = weights(rehearsal)
    assert sorted(first.values()) == [0, 100]
    assert up(rehearsal, "services")["services"].operations == {}, "what ECS wrote is left as it is"
    assert weights(rehearsal) == first, "the traffic stays"

    good = running(rehearsal, "backend").inputs["taskDefinition"]
    release(rehearsal, ANSWERS, ANSWERS_ERRORS)
    with disturbed_load(rehearsal.url()) as load:
        load.wait_for_more(20)
        assert load.failures == []
        said = refused(rehearsal, "services")
        assert "an alarm went off, so the release was rolled back: conducky-dev-backend-" in said
        during = len(load.failures)
        load.wait_for_more(100)
        assert load.failures[during:] == [], "the tasks that were there answer again"
    count("requests sent", load.sent)
    assert during > 0, "the alarm had its reason"
    assert {failure.rpartition(" ")[2] for failure in load.failures} == {"500"}, "no request was cut off"
    assert weights(rehearsal) == first
    assert running(rehearsal, "backend").inputs["taskDefinition"] == good

    release(rehearsal, ANSWERS_ERRORS, ANSWERS.replace("404,", "404 ,"))
    with steady_load(rehearsal.url()):
        up(rehearsal, "services")
    assert weights(rehearsal) == {color: 100 - weight for color, weight in first.items()}, "the other group's turn"
    assert running(rehearsal, "backend").inputs["taskDefinition"] != good
    works_again(rehearsal, "services")
    rehearsal.destroy("services", QUIET)
    assert not rehearsal.account.of(RULE)
    assert not rehearsal.account.of(GROUP)


def test_a_stack_that_rolls_changes_its_strategy_and_back_without_losing_a_request(rehearsal: Rehearsal) -> None:
    up(rehearsal)
    assert wait_for_both(rehearsal)
    with steady_load(rehearsal.url()):
        strategy(rehearsal, "blue-green")
        up(rehearsal, "services")
        assert weights(rehearsal) == {"blue": 100, "green": 0}, "ECS has both groups, and the release rolled"
        up(rehearsal, "services")
        assert weights(rehearsal) == {"blue": 0, "green": 100}
        assert up(rehearsal, "services")["services"].operations == {}
        strategy(rehearsal, "rolling")
        up(rehearsal, "services")
        release(rehearsal, "404,", "404 ,")
        up(rehearsal, "services")
        assert weights(rehearsal) == {"blue": 0, "green": 100}, "the groups stay, and so does the traffic"
    works_again(rehearsal, "services")


def test_a_change_of_strategy_that_failed_is_tried_again(rehearsal: Rehearsal) -> None:
    """Pulumi's state has the plan of a failed update: the release that was rolled back gave ECS nothing."""
    up(rehearsal)
    strategy(rehearsal, "canary")
    release(rehearsal, "server.listen(", "process.exit(3); server.listen(")
    with steady_load(rehearsal.url()):
        assert "exited with code 3" in refused(rehearsal, "services")
        release(rehearsal, "process.exit(3); server.listen(", "server.listen (")
        up(rehearsal, "services")
        assert weights(rehearsal) == {"blue": 100, "green": 0}, "it rolled, and ECS has both groups now"
        up(rehearsal, "services")
        assert weights(rehearsal) == {"blue": 0, "green": 100}
    works_again(rehearsal, "services")


def test_another_port_takes_two_other_groups(rehearsal: Rehearsal) -> None:
    strategy(rehearsal, "blue-green")
    up(rehearsal)
    rehearsal.layer("services").set_config("backend", '{"port": 4001}')
    up(rehearsal, "services")
    assert wait_for_both(rehearsal)
    assert weights(rehearsal) == {"blue": 100, "green": 0}
    up(rehearsal, "services")
    assert weights(rehearsal) == {"blue": 0, "green": 100}
    assert len(rehearsal.account.of(GROUP)) == 4, "those of the earlier port are gone"
    works_again(rehearsal, "services")
