"""Advice: only what saves something, and only what the settings take."""

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from conducky.cost import advice
from conducky.cost.advice import advise
from conducky.cost.bill import Usage
from conducky.cost.estimate import StackEvaluation, evaluate_stack
from conducky.repository import LAYERS, ROOT


@pytest.fixture(scope="module")
def dev() -> StackEvaluation:
    return evaluate_stack("dev", region="us-east-1")


@pytest.fixture(scope="module")
def prod() -> StackEvaluation:
    return evaluate_stack("prod", region="us-east-1")


def test_a_stack_with_the_cheapest_settings_gets_none_that_it_has_already(dev: StackEvaluation) -> None:
    suggested = {key for each in advise(dev) for key in each.settings}
    assert not suggested & {"capacity", "architecture", "loadBalancers", "backendCount", "databaseInstanceClass"}


def test_a_schedule_is_suggested_with_a_command_that_can_be_pasted_unless_there_is_one(dev: StackEvaluation) -> None:
    found = next(each for each in advise(dev) if "schedule" in each.settings)
    assert found.saves == Decimal("14.98")  # 108 / 168 x (2 x 5.812625 + 11.68)
    assert found.commands("dev") == ["pulumi -C platform config set schedule 'mon-fri 08:00-20:00 UTC' --stack dev"]


def test_production_could_run_on_spot(prod: StackEvaluation) -> None:
    spot = next(each for each in advise(prod) if each.settings == {"capacity": "spot"})
    assert spot.saves == Decimal("20.18")
    assert "two minutes" in spot.takes_away
    assert spot.commands("prod") == ["pulumi -C services config set capacity spot --stack prod"]


def test_the_saving_is_that_of_the_hours_that_are_paid_for(prod: StackEvaluation) -> None:
    spot = next(
        each for each in advise(prod, Usage(hours_per_day=Decimal(12))) if each.settings == {"capacity": "spot"}
    )
    assert spot.saves == Decimal("10.09")


@pytest.mark.parametrize(
    "settings",
    [
        {"backendMemory": "768"},  # Fargate has no such size
        {"capacity": "reserved"},
        {"noSuchSetting": "1"},
        {"backendCount": "3"},  # costs more
    ],
)
def test_what_the_settings_refuse_or_saves_nothing_is_not_suggested(
    prod: StackEvaluation, monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]
) -> None:
    monkeypatch.setattr(advice, "_CHEAPER", [{"layer": "services", "settings": settings, "takes_away": "something"}])
    assert advise(prod) == []


def test_an_http_api_is_suggested_with_its_limits_unless_the_settings_exclude_it(
    dev: StackEvaluation, tmp_path: Path
) -> None:
    found = next(each for each in advise(dev) if each.settings == {"entrance": "http-api"})
    assert found.saves == Decimal("22.52")
    assert "30 seconds" in found.takes_away
    assert "web sockets" in found.takes_away
    changed = evaluate_stack(
        "dev",
        region="us-east-1",
        changes={"platform": {"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"}},
    )
    root = tmp_path / "repository"
    for layer in LAYERS:  # where the other settings are read
        shutil.copytree(ROOT / layer, root / layer)
    with (root / "platform" / "Pulumi.dev.yaml").open("a") as file:
        file.write(
            "  conducky-platform:crossSiteSessions: accept-broken\n  conducky-platform:loadBalancers: dedicated\n"
        )
    refused = advise(changed, root=root)
    assert [each for each in refused if each.settings == {"entrance": "http-api"}] == []
