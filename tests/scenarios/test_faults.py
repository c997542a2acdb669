"""Seeded faults: the rehearsal refuses each with its cause and where to look, and what ran before runs on."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import QUIET, answers, assert_state_is_what_exists, refused, rehearsed, up
from tests.scenarios.faults import FAULTS, Fault
from tests.scenarios.repository import copy_of, edit
from tests.scenarios.tally import TALLY

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]

BOTH = {"/": 200, "/api/status": 200}
SIZES = ("1024", "2048", "512")  # one after the other, so that every `up` of services is a release


@pytest.fixture(scope="module")
def healthy(stand_ins: Path, images: Path) -> Generator[Rehearsal]:
    """All layers up."""
    with rehearsed(stand_ins, images=images) as rehearsal:
        up(rehearsal)
        yield rehearsal


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault.name for fault in FAULTS])
def test_a_fault_is_named_with_the_place_to_look_at(
    healthy: Rehearsal, stand_ins: Path, tmp_path: Path, number: int
) -> None:
    fault: Fault = FAULTS[number]
    TALLY.faults += 1
    broken = copy_of(stand_ins, tmp_path / "broken repository")
    fault.breaks(broken)
    healthy.use(broken)
    healthy.layer("services").set_config("backendMemory", SIZES[number % len(SIZES)])
    try:
        said = refused(healthy, *fault.layers)
    finally:
        healthy.use(stand_ins)
        for layer in fault.layers:
            if layer != "services":  # the next fault's `up` mends those
                up(healthy, layer)
    missing = [word for word in fault.words if word not in said]
    assert not missing, f"{missing} is not in:\n{said}"
    assert str(broken) not in said, "a place in the repository is told from its root"
    assert fault.log or len(said.splitlines()) == 1, said
    assert len(said.splitlines()) < 20, said
    if "HEALTH_PATH" in fault.words:  # with that, the load balancer gave up the old tasks as well
        up(healthy, "services")
        wait_until_both_answer(healthy)
    assert answers(healthy) == BOTH, "the old revision goes on"


def wait_until_both_answer(rehearsal: Rehearsal) -> None:
    """Two good health checks make an unhealthy task a healthy one."""
    deadline = time.monotonic() + 20
    while answers(rehearsal) != BOTH and time.monotonic() < deadline:
        time.sleep(0.2)


def test_a_service_that_does_not_wait_for_its_listener_rule(
    healthy: Rehearsal, stand_ins: Path, tmp_path: Path
) -> None:
    """Where the rule takes its time, the service comes first."""
    TALLY.faults += 1
    broken = copy_of(stand_ins, tmp_path / "broken repository")
    edit(broken / "services" / "fargate_service.py", "site.cluster.capacity_providers, route.rule]", "]")
    healthy.use(broken)
    healthy.destroy("services", QUIET)

    def slow(_operation: str, token: str, _name: str) -> None:
        if token.endswith(":ListenerRule"):
            time.sleep(3)

    healthy.provider.refuse = slow
    try:
        said = refused(healthy, "services")
    finally:
        healthy.provider.refuse = lambda _operation, _token, _name: None
        healthy.use(stand_ins)
    assert "must depend on its listener rule (services/fargate_service.py)" in said


def test_the_good_programs_mend_everything(healthy: Rehearsal) -> None:
    up(healthy)
    assert answers(healthy) == BOTH
    assert_state_is_what_exists(healthy)
