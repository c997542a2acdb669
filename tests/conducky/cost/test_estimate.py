"""Estimates to the cent: each total is worked out by hand beside its configuration, from AWS's prices in us-east-1.

By the month of 730 hours: a load balancer 16.425, a public address 3.65, db.t4g.micro 11.68, 20 GB of disk 2.30,
a task of 0.25 vCPU and 0.5 GB on arm64 7.20875 (on Spot 2.162625), on x86_64 9.009975 (2.7029925), images 0.10.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from conducky.cost.bill import Usage
from conducky.cost.estimate import StackEvaluation, evaluate_stack, price_account, price_stack
from conducky.cost.prices import read_prices
from conducky.errors import UserError
from conducky.repository import LAYERS, ROOT

Evaluate = Callable[..., StackEvaluation]
CHECKED = read_prices().checked
TWO = {"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"}

# Stack, settings that differ, hours a day (None: as the schedule says), total by hand.
CONFIGURATIONS: dict[str, tuple[str, Mapping[str, Mapping[str, str]], int | None, str]] = {
    # 16.425 + 2 x 3.65 + 2 x (2.162625 + 3.65) + 11.68 + 2.30 + 0.10
    "dev": ("dev", {}, 24, "49.43"),
    # 16.425 + 7.30 + 2 x (7.20875 + 3.65) + 14.08
    "dev on demand": ("dev", {"services": {"capacity": "on-demand"}}, 24, "59.52"),
    # 16.425 + 7.30 + 2 x (2.7029925 + 3.65) + 14.08
    "dev on x86_64": ("dev", {"services": {"architecture": "x86_64"}}, 24, "50.51"),
    # 16.425 + 7.30 + 2 x (2.7029925 + 3.65) + 13.14 + 2.30 + 0.10
    "dev on x86_64 with db.t3.micro": (
        "dev",
        {"platform": {"databaseInstanceClass": "db.t3.micro"}, "services": {"architecture": "x86_64"}},
        24,
        "51.97",
    ),
    # 2 x (16.425 + 7.30) + 2 x (2.162625 + 3.65) + 14.08
    "two load balancers": ("dev", {"platform": TWO}, 24, "73.16"),
    # 2 x (16.425 + 7.30) + 2 x (7.20875 + 3.65) + 14.08
    "two load balancers, on demand": (
        "dev",
        {"platform": TWO, "services": {"capacity": "on-demand"}},
        24,
        "83.25",
    ),
    # 16.425 + 7.30 + 0.5 x (2 x 5.812625 + 11.68) + 2.30 + 0.10
    "dev, 12 hours a day": ("dev", {}, 12, "37.78"),
    # 16.425 + 7.30 + 2.30 + 0.10
    "dev, never on": ("dev", {}, 0, "26.13"),
    # dev + 2.162625 + 3.65
    "a second backend task": ("dev", {"services": {"backendCount": "2"}}, 24, "55.24"),
    # dev - 5.812625
    "no frontend task": ("dev", {"services": {"frontendCount": "0"}}, 24, "43.62"),
    # dev + 0.3 x 730 x (0.75 x 0.03238 + 1.5 x 0.00356)
    "a backend task of 1 vCPU and 2 GB": (
        "dev",
        {"services": {"backendCpu": "1024", "backendMemory": "2048"}},
        24,
        "55.92",
    ),
    # dev + 11.68 + 2.30
    "a standby database": ("dev", {"platform": {"databaseMultiAz": "true"}}, 24, "63.41"),
    # dev + 730 x (0.065 - 0.016) + 30 x 0.115
    "a larger database": (
        "dev",
        {"platform": {"databaseInstanceClass": "db.t4g.medium", "databaseStorageGib": "50"}},
        24,
        "88.65",
    ),
    # 2 x (2.162625 + 3.65) + 11.68 + 2.30 + 0.10 + 0.50 (half a million requests) + 0.50 (zone) + 2 x 0.10 (Cloud Map)
    "an HTTP API": ("dev", {"platform": {"entrance": "http-api"}}, 24, "26.91"),
    # 2 x (7.20875 + 3.65) + 11.68 + 2.30 + 0.10 + 1.20
    "an HTTP API, on demand": (
        "dev",
        {"platform": {"entrance": "http-api"}, "services": {"capacity": "on-demand"}},
        24,
        "37.00",
    ),
    # 0.5 x (2 x 5.812625 + 11.68) + 2.30 + 0.10 + 1.20
    "an HTTP API, 12 hours a day": ("dev", {"platform": {"entrance": "http-api"}}, 12, "15.25"),
    # The same, by the schedule: 12 hours a day, and 60 of the 168 hours of a week
    "an HTTP API and a schedule": (
        "dev",
        {"platform": {"entrance": "http-api", "schedule": "08:00-20:00 UTC"}},
        None,
        "15.25",
    ),
    # 16.425 + 7.30 + 60 / 168 x (2 x 5.812625 + 11.68) + 2.30 + 0.10
    "a schedule on weekdays": ("dev", {"platform": {"schedule": "mon-fri 08:00-20:00 UTC"}}, None, "34.45"),
    # 16.425 + 2 x 5.812625 + 14.08: CloudFront's first terabyte is free
    "CloudFront": ("dev", {"platform": {"https": "cloudfront"}}, 24, "42.13"),
    # 16.425 + 4 x 10.85875 + 11.68 + 2.40: an internal load balancer has no public addresses
    "prod": ("prod", {}, 24, "73.94"),
    # 16.425 + 0.5 x (4 x 10.85875 + 11.68) + 2.40
    "prod, 12 hours a day": ("prod", {}, 12, "46.38"),
}


@pytest.fixture(scope="module")
def evaluate() -> Evaluate:
    """Evaluate a stack with other settings; what they do not change is evaluated once."""
    kept: dict[str, StackEvaluation] = {}

    def again(stack: str = "dev", changes: Mapping[str, Mapping[str, str]] | None = None) -> StackEvaluation:
        if stack not in kept:
            kept[stack] = evaluate_stack(stack, region="us-east-1")
        return (
            evaluate_stack(stack, region="us-east-1", changes=changes, unchanged=kept[stack])
            if changes
            else kept[stack]
        )

    return again


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_total_is_the_one_worked_out_by_hand(evaluate: Evaluate, name: str) -> None:
    stack, changes, hours, by_hand = CONFIGURATIONS[name]
    usage = None if hours is None else Usage(hours_per_day=Decimal(hours))
    assert price_stack(evaluate(stack, changes), usage=usage, today=CHECKED).month == Decimal(by_hand)


@pytest.mark.parametrize(
    ("region", "by_hand"),
    [
        # 18.396 + 7.30 + 2 x (2.162625 + 3.65) + 12.41 + 2.54 + 0.10
        ("eu-west-1", "52.37"),
        # 19.71 + 7.30 + 2 x (0.3 x 730 x (0.25 x 0.03725 + 0.5 x 0.00409) + 3.65) + 13.87 + 2.74 + 0.10
        ("eu-central-1", "55.99"),
        ("us-west-2", "49.43"),
        # 18.396 + 7.30 + 2 x (0.3 x 730 x (0.25 x 0.03885 + 0.5 x 0.00426) + 3.65) + 14.08
        ("ap-southeast-2", "52.26"),
    ],
)
def test_other_regions_have_prices_of_their_own(evaluate: Evaluate, region: str, by_hand: str) -> None:
    assert price_stack(replace(evaluate(), region=region), today=CHECKED).month == Decimal(by_hand)


def test_spot_is_shown_at_half_the_price_as_well(evaluate: Evaluate) -> None:
    found = price_stack(evaluate(), today=CHECKED)
    assert found.month_at_lower_discount == Decimal("52.31")  # dev + 0.2 x 2 x 7.20875
    assert found.has_spot
    assert not price_stack(evaluate("prod"), today=CHECKED).has_spot


def test_a_price_taken_from_another_region_is_named(evaluate: Evaluate) -> None:
    found = price_stack(replace(evaluate(), region="ap-southeast-2"), today=CHECKED)
    assert [note for note in found.notes if "RDS db.t4g.micro" in note and "us-east-1" in note]
    assert price_stack(evaluate(), today=CHECKED).notes == []


def test_a_region_outside_the_table_is_estimated_and_says_so(evaluate: Evaluate) -> None:
    found = price_stack(replace(evaluate(), region="eu-north-1"), today=CHECKED)
    assert found.month == Decimal("49.43")
    assert [note for note in found.notes if "does not cover eu-north-1" in note]


def test_a_region_that_aws_does_not_have_is_refused() -> None:
    with pytest.raises(UserError) as error:
        evaluate_stack(region="us-esat-1")
    assert "us-esat-1" in error.value.problem
    assert "AWS_REGION" in error.value.fix


@pytest.mark.parametrize(("days", "old"), [(180, False), (181, True)])
def test_an_old_table_says_so(evaluate: Evaluate, days: int, *, old: bool) -> None:
    found = price_stack(evaluate(), today=CHECKED + timedelta(days))
    assert bool([note for note in found.notes if "last checked" in note]) == old


def test_a_service_without_tasks_is_pointed_out(evaluate: Evaluate) -> None:
    found = price_stack(evaluate("dev", {"services": {"frontendCount": "0"}}), today=CHECKED)
    assert [note for note in found.notes if note.startswith("frontend has no tasks")]


def test_a_database_class_without_a_price_is_refused(evaluate: Evaluate) -> None:
    with pytest.raises(UserError) as error:
        price_stack(evaluate("dev", {"platform": {"databaseInstanceClass": "db.x2g.large"}}))
    assert "db.x2g.large" in error.value.problem
    assert "prices.toml" in error.value.fix


def test_a_size_that_fargate_does_not_offer_is_refused(evaluate: Evaluate) -> None:
    with pytest.raises(UserError, match="backendMemory"):
        evaluate("dev", {"services": {"backendMemory": "8192"}})


def test_an_account_of_ones_own_makes_no_difference() -> None:
    """The evaluation runs in an example's account, which `accountId` would otherwise refuse."""
    changes = {layer: {"accountId": "999999999999"} for layer in ("bootstrap", "platform", "services")}
    assert price_stack(evaluate_stack(changes=changes), today=CHECKED).month == Decimal("49.43")


def test_the_json_holds_the_total_and_a_source_for_each_line(evaluate: Evaluate) -> None:
    bill = price_stack(evaluate(), today=date(2026, 12, 1)).as_json()
    assert bill["total_usd_month"] == 49.43
    assert round(sum(line["usd_month"] for line in bill["lines"]), 2) == 49.43
    assert all(line["source"] and line["unit"] for line in bill["lines"])
    counted = len(evaluate().resources)
    priced = {"aws:rds/instance:Instance", "aws:lb/loadBalancer:LoadBalancer", "aws:ecs/service:Service"}
    assert sum(free["count"] for free in bill["free"]) < counted
    assert not priced & {free["type"] for free in bill["free"]}
    assert all(free["reason"] for free in bill["free"])


def test_what_exists_in_an_account_costs_the_same_as_what_the_programs_register(evaluate: Evaluate) -> None:
    account: dict[str, dict[str, dict[str, object]]] = {}
    for number, resource in enumerate(evaluate().resources):
        account.setdefault(resource.type, {})[str(number)] = resource.outputs
    assert price_account("dev", "us-east-1", account).month == Decimal("49.43")


@pytest.mark.parametrize(("limit", "warned"), [("49", True), ("50", False)])
def test_a_stack_that_costs_more_than_the_budget_says_so(evaluate: Evaluate, limit: str, *, warned: bool) -> None:
    budget = {"bootstrap": {"budgetEmail": "costs@example.com", "budgetLimit": limit}}
    found = price_stack(evaluate("dev", budget), today=CHECKED)
    assert bool([note for note in found.notes if "budgetLimit" in note]) == warned
    assert found.month == Decimal("49.43")


def test_alarms_cost_what_the_ten_free_ones_do_not_cover(evaluate: Evaluate) -> None:
    found = price_stack(evaluate("dev", {"services": {"alarmEmail": "alarms@example.com"}}), today=CHECKED)
    assert found.month == Decimal("49.43") + Decimal("0.30")
    assert {"aws:sns/topic:Topic", "aws:cloudwatch/eventRule:EventRule"} <= found.free.keys()


def test_a_program_with_an_unknown_type_is_refused_by_name(tmp_path: Path) -> None:
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, tmp_path / layer)
    with (tmp_path / "bootstrap" / "__main__.py").open("a") as file:
        file.write('\nimport pulumi_aws\n\npulumi_aws.sqs.Queue("jobs")\n')
    with pytest.raises(UserError, match="aws:sqs/queue:Queue"):
        evaluate_stack(region="us-east-1", root=tmp_path)
