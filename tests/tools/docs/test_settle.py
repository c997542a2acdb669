"""How long a release takes to settle by its settings."""

import pytest

from conducky.evaluation.evaluate import evaluate
from conducky.repository import ROOT
from tools.docs.settle import AWS_DEFAULTS, COPILOT, PAGE, TARGET_SECONDS, Settle, settle_of, write_settle_page


def test_the_others_figures_are_those_that_are_known() -> None:
    assert (AWS_DEFAULTS.seconds, COPILOT.seconds) == (450, 80)


def test_what_a_target_group_leaves_open_is_awss_default() -> None:
    assert Settle.of({}) == AWS_DEFAULTS
    assert Settle.of({"deregistrationDelay": 20, "healthCheck": {"interval": 10}}) == Settle(5, 10, 20)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_release_settles_within_its_target(stack: str) -> None:
    services = evaluate("services", stack=stack)
    assert settle_of(services).seconds <= TARGET_SECONDS
    changed = services.one("aws:lb/targetGroup:TargetGroup", f"conducky-{stack}-backend").inputs
    changed["deregistrationDelay"] = 100
    assert settle_of(services).seconds > TARGET_SECONDS, "the slowest counts"


def test_the_page_is_current() -> None:
    before = (ROOT / PAGE).read_text(encoding="utf-8")
    assert write_settle_page().read_text(encoding="utf-8") == before, "run `make docs`"
