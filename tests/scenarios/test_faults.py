"""Seeded faults: the rehearsal refuses each with its cause and where to look, and what ran before runs on."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS
from tests.scenarios.deployment import (
    BOTH,
    QUIET,
    answers,
    assert_state_is_what_exists,
    change_memory,
    ready,
    refused,
    rehearsed,
    works_again,
)
from tests.scenarios.faults import FAULTS, NO_WAIT_FOR_THE_RULE, Fault
from tests.scenarios.repository import copy_of
from tests.summary import count

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def rehearsal(stand_ins: Path, images: Path) -> Generator[Rehearsal]:
    with rehearsed(stand_ins, images=images) as made:
        yield made


@pytest.fixture
def healthy(rehearsal: Rehearsal) -> Rehearsal:
    return ready(rehearsal)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, id=fault.name, marks=[] if fault.often else [pytest.mark.slow]) for fault in FAULTS],
)
@pytest.mark.parametrize(
    "repetition", ["first", *(pytest.param(which, marks=pytest.mark.slow) for which in ("second", "third"))]
)
def test_a_fault_is_named_with_the_place_to_look_at(
    healthy: Rehearsal, stand_ins: Path, tmp_path: Path, fault: Fault, repetition: str
) -> None:
    count("seeded faults")
    broken = copy_of(stand_ins, tmp_path / "broken repository")
    fault.breaks(broken)
    healthy.use(broken)
    change_memory(healthy)
    try:
        said = refused(healthy, *fault.layers)
    finally:
        healthy.use(stand_ins)
    before = answers(healthy)
    works_again(healthy, *fault.layers)
    missing = [word for word in fault.words if word not in said]
    assert not missing, f"{missing} is not in:\n{said}"
    assert str(broken) not in said, "a place in the repository is told from its root"
    assert fault.log or len(said.splitlines()) == 1, said
    assert len(said.splitlines()) < 20, said
    if "`healthPath`" not in fault.words:  # with that, the load balancer gave up the old tasks as well
        assert before == BOTH, "the old revision runs on"


def test_a_service_that_does_not_wait_for_its_listener_rule(
    healthy: Rehearsal, stand_ins: Path, tmp_path: Path
) -> None:
    """Where the rule takes its time, the service comes first."""
    count("seeded faults")
    broken = copy_of(stand_ins, tmp_path / "broken repository")
    NO_WAIT_FOR_THE_RULE.breaks(broken)
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
    works_again(healthy, "services")
    assert [word for word in NO_WAIT_FOR_THE_RULE.words if word not in said] == []


@pytest.mark.slow
def test_the_good_programs_fix_everything(healthy: Rehearsal, stand_ins: Path, tmp_path: Path) -> None:
    broken = copy_of(stand_ins, tmp_path / "broken repository")
    fault = next(fault for fault in FAULTS if len(fault.layers) > 1)
    fault.breaks(broken)
    healthy.use(broken)
    change_memory(healthy)
    refused(healthy, *fault.layers)
    healthy.use(stand_ins)
    works_again(healthy, *LAYERS)
    assert_state_is_what_exists(healthy)
