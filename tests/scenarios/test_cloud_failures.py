"""A cloud that refuses, an engine that is killed, two at once: the next `up` repairs, and nothing is left over."""

import itertools
import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS
from tests.scenarios.deployment import (
    BOTH,
    QUIET,
    STAYS,
    answers,
    assert_state_is_what_exists,
    change_memory,
    ready,
    refused,
    rehearsed,
    up,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SAYS = "the cloud has no capacity: try again later"
LONG = 30.0
# What services goes through, the lower layers go through in `make test-slow`.
_SLOW = [pytest.param(layer, marks=pytest.mark.slow) for layer in LAYERS[:-1]]


@pytest.fixture(scope="module")
def rehearsal(stand_ins: Path, images: Path) -> Generator[Rehearsal]:
    """Nothing is deployed at first, and nothing is left over in the end."""
    with rehearsed(stand_ins, images=images) as made:
        yield made
    assert not made.folder.path.exists()


@pytest.fixture
def healthy(rehearsal: Rehearsal) -> Rehearsal:
    return ready(rehearsal)


def only_below(rehearsal: Rehearsal, layer: str) -> None:
    """The layers below this one are up, and neither it nor one above."""
    number = LAYERS.index(layer)
    for upper in reversed(LAYERS[number:]):
        if rehearsal.layer(upper).known():
            rehearsal.destroy(upper, QUIET)
    for lower in LAYERS[:number]:
        if not rehearsal.layer(lower).known():
            up(rehearsal, lower)


@contextmanager
def refusing(rehearsal: Rehearsal, operation: str, number: int) -> Generator[None]:
    """Refuse the operation of that number, and only that."""
    counted, lock = itertools.count(1), threading.Lock()

    def refuse(asked: str, _token: str, _name: str) -> str | None:
        with lock:
            return SAYS if asked == operation and next(counted) == number else None

    with interposed(rehearsal, refuse):
        yield


@contextmanager
def interposed(rehearsal: Rehearsal, refuse: Callable[[str, str, str], str | None]) -> Generator[None]:
    """Ask this before each operation."""
    before, rehearsal.provider.refuse = rehearsal.provider.refuse, refuse
    try:
        yield
    finally:
        rehearsal.provider.refuse = before


@pytest.mark.parametrize("layer", [*_SLOW, LAYERS[-1]])
def test_a_refused_creation_is_told_and_made_up_for(rehearsal: Rehearsal, layer: str) -> None:
    """The fifth creation, and twice more the first of what then is left."""
    only_below(rehearsal, layer)
    for number in (5, 1, 1):
        with refusing(rehearsal, "create", number):
            said = refused(rehearsal, layer)
        assert SAYS in said
        assert len(said.splitlines()) == 1, said
    result = up(rehearsal, layer)[layer]
    assert set(result.operations.values()) == {"create"}
    assert up(rehearsal, layer)[layer].operations == {}
    assert_state_is_what_exists(rehearsal)
    assert layer != LAYERS[-1] or answers(rehearsal) == BOTH


@pytest.mark.parametrize("layer", [_SLOW[1], LAYERS[-1]])
def test_a_refused_update_is_told_and_made_up_for(healthy: Rehearsal, layer: str) -> None:
    if layer == "platform":
        healthy.layer(layer).set_config("databaseBackupDays", "5")
    else:
        change_memory(healthy)
    with refusing(healthy, "update", 1):
        assert SAYS in refused(healthy, layer)
    assert answers(healthy) == BOTH
    assert "update" in up(healthy, layer)[layer].operations.values()
    assert up(healthy, layer)[layer].operations == {}
    assert_state_is_what_exists(healthy)


@pytest.mark.slow
def test_a_refused_deletion_is_told_and_made_up_for(healthy: Rehearsal) -> None:
    """Of a second load balancer, and of the old task definition after a release."""
    healthy.layer("platform").set_config("crossSiteSessions", "accept-broken")
    for value in ("dedicated", "shared"):
        healthy.layer("platform").set_config("loadBalancers", value)
        if value == "dedicated":
            up(healthy, "platform")
    with refusing(healthy, "delete", 1):
        assert SAYS in refused(healthy, "platform")
    assert "delete" in up(healthy, "platform")["platform"].operations.values()
    assert up(healthy, "platform")["platform"].operations == {}
    change_memory(healthy)
    with refusing(healthy, "delete", 1):
        assert SAYS in refused(healthy, "services")
    assert answers(healthy) == BOTH
    up(healthy, "services")
    assert up(healthy, "services")["services"].operations == {}
    assert_state_is_what_exists(healthy)


@pytest.mark.filterwarnings("ignore:Error in event stream")
@pytest.mark.parametrize(
    ("layer", "token", "operation"),
    [
        ("services", "aws:ecs/service:Service", "create"),
        pytest.param("platform", "aws:rds/instance:Instance", "create", marks=pytest.mark.slow),
        pytest.param("services", "aws:ecs/service:Service", "update", marks=pytest.mark.slow),
        pytest.param("services", "aws:ecs/taskDefinition:TaskDefinition", "delete", marks=pytest.mark.slow),
    ],
)
def test_an_engine_that_is_killed_half_way(rehearsal: Rehearsal, layer: str, token: str, operation: str) -> None:
    """By SIGKILL, while the cloud is at work on something: it ends its work, and nobody hears of it."""
    if operation == "create":
        only_below(rehearsal, layer)
    else:
        change_memory(ready(rehearsal))

    def kill(asked: str, kind: str, _name: str) -> None:
        if (asked, kind) == (operation, token):
            for process in list(rehearsal.engine._running):  # pyright: ignore[reportPrivateUsage]
                os.kill(process.pid, signal.SIGKILL)

    with interposed(rehearsal, kill):
        said = refused(rehearsal, layer)
    assert said.startswith(f"the engine was killed while it worked on {layer}: run it again")
    assert len(said.splitlines()) == 1, said
    up(rehearsal, *LAYERS[LAYERS.index(layer) :])
    assert up(rehearsal, layer)[layer].operations == {}
    assert answers(rehearsal) == BOTH
    assert_state_is_what_exists(rehearsal)


def test_of_two_at_once_one_is_refused_cleanly(healthy: Rehearsal) -> None:
    under_way, go_on = threading.Event(), threading.Event()
    healthy.layer("platform").set_config("databaseBackupDays", "6")

    def wait(_operation: str, _token: str, _name: str) -> None:
        under_way.set()
        go_on.wait(LONG)

    done: list[dict[str, str]] = []
    first = threading.Thread(target=lambda: done.append(up(healthy, "platform")["platform"].operations))
    with interposed(healthy, wait):
        first.start()
        assert under_way.wait(LONG)
        try:
            said = refused(healthy, "platform")
        finally:
            go_on.set()
            first.join()
    assert said.startswith("the stack is currently locked by 1 lock")
    assert len(said.splitlines()) == 1, said
    assert done == [{"aws:rds/instance:Instance conducky-dev-database": "update"}], "the first one is not disturbed"
    assert up(healthy, "platform")["platform"].operations == {}, "there is nothing left for the second"
    assert_state_is_what_exists(healthy)


def test_everything_can_be_removed_again(healthy: Rehearsal) -> None:
    for layer in reversed(LAYERS):
        healthy.destroy(layer, QUIET)
    assert_state_is_what_exists(healthy)
    left = {token for token, found in healthy.account.resources.items() if found}
    assert left <= STAYS
