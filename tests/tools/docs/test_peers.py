"""What other tools' defaults cost, to the cent."""

from decimal import Decimal

import pytest

from conducky.repository import ROOT
from tools.docs.peers import read_peers

BY_HAND = {
    # 2 x 32.85 + 6 x 3.65 + 2 x 16.425 + 2 x 9.009975 + 13.14 + 2.30 + 0.40 + 0.10
    "AWS CDK": "154.41",
    # 16.425 + 8 x 3.65 + 2 x 36.0399 + 15.44 + 0.10
    "ECS Express Mode": "133.25",
    # 2 x 16.425 + 14 x 3.65 + 18.01995 + 15.44 + 0.10
    "Pulumi awsx": "117.51",
    # 2 x 16.425 + 6 x 3.65 + 18.01995 + 11.68 + 2.30 + 0.10
    "SST v3": "86.85",
    # 16.425 + 4 x 3.65 + 18.01995 + 15.44 + 0.10
    "AWS Copilot": "64.59",
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_total_is_the_one_worked_out_by_hand(name: str) -> None:
    _, peers = read_peers()
    assert {peer.name: peer.month for peer in peers}[name] == Decimal(BY_HAND[name])


def test_the_dearest_comes_first_and_all_are_dated() -> None:
    checked, peers = read_peers()
    assert checked.year >= 2026
    assert [peer.name for peer in peers] == [*BY_HAND]
    assert all(peer.what and "20" in peer.source for peer in peers)


@pytest.mark.parametrize("page", ["README.md", "docs/comparison.md"])
def test_the_comparisons_name_the_same_totals(page: str) -> None:
    _, peers = read_peers()
    text = (ROOT / page).read_text("utf-8")
    totals = {peer.name: f"${peer.month}" for peer in peers if peer.name != "Pulumi awsx"}
    assert [total for total in totals.values() if total not in text] == [], f"correct the prices in {page}"
