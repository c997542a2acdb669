"""Two stacks in one account, which has each service's role once: neither takes it from the other, in any later `up`."""

from pathlib import Path

import pytest
from service_roles import USED

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.layer_stack import LayerStack
from tests.scenarios.deployment import QUIET, rehearsed, up

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROLE = "aws:iam/serviceLinkedRole:ServiceLinkedRole"


def test_the_roles_of_the_account_are_the_first_ones(stand_ins: Path, images: Path) -> None:
    with rehearsed(stand_ins, images=images) as rehearsal:
        prod = second_stack(rehearsal, stand_ins)
        created = up(rehearsal, "bootstrap")["bootstrap"].operations
        assert sum(each.startswith(ROLE) for each in created) == len(USED)
        assert not any(each.startswith(ROLE) for each in prod.up(QUIET).operations)
        for _ in range(2):
            assert up(rehearsal, "bootstrap")["bootstrap"].operations == {}
            assert prod.up(QUIET).operations == {}

        rehearsal.destroy("bootstrap", QUIET)
        assert len(rehearsal.account.of(ROLE)) == len(USED), "the other stack works with them"
        again = up(rehearsal, "bootstrap")["bootstrap"].operations
        assert again
        assert not any(each.startswith(ROLE) for each in again)
        assert up(rehearsal, "bootstrap")["bootstrap"].operations == {}


def second_stack(rehearsal: Rehearsal, root: Path) -> LayerStack:
    """The stack `prod` of bootstrap, in the same account, with a state of its own."""
    folder = rehearsal.folder.path / "second"
    for name in ("state", "home"):
        (folder / name).mkdir(parents=True)
    variables = {
        **rehearsal._variables,  # pyright: ignore[reportPrivateUsage]
        "PULUMI_HOME": str(folder / "home"),
    }
    return LayerStack("bootstrap", "prod", engine=rehearsal.engine, folder=folder, root=root, variables=variables)
