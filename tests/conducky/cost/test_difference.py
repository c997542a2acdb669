"""What makes two estimates differ, in words."""

import json
from pathlib import Path
from typing import Any

import pytest

from conducky.cost.difference import compared, differences, read_bill
from conducky.cost.estimate import evaluate_stack, price_stack
from conducky.errors import UserError


@pytest.fixture(scope="module")
def bills() -> dict[str, dict[str, Any]]:
    dev = evaluate_stack("dev", region="us-east-1")
    changes = {
        "a task more": {"services": {"backendCount": "2"}},
        "on demand": {"services": {"capacity": "on-demand"}},
        "larger tasks": {"services": {"frontendCpu": "512", "frontendMemory": "1024"}},
        "more storage": {"platform": {"databaseStorageGib": "50"}},
    }
    found = {
        name: evaluate_stack("dev", region="us-east-1", changes=each, unchanged=dev) for name, each in changes.items()
    }
    return {name: price_stack(each).as_json() for name, each in {"dev": dev, **found}.items()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("a task more", ["+$5.81: backend: one more Spot task, one more public IPv4 address"]),
        (
            "on demand",
            [
                "+$5.05: frontend: one more on-demand task, one fewer Spot task",
                "+$5.05: backend: one more on-demand task, one fewer Spot task",
            ],
        ),
        (
            "larger tasks",
            [
                (
                    "+$2.16: frontend: Fargate Spot vCPU, arm64 182.5 to 365 vCPU-hours, "
                    "Fargate Spot memory, arm64 365 to 730 GB-hours"
                )
            ],
        ),
        ("more storage", ["+$3.45: database: 30 more GB of storage"]),
        ("dev", []),
    ],
)
def test_it_names_what_is_more(bills: dict[str, dict[str, Any]], change: str, words: list[str]) -> None:
    assert sorted(each.in_words() for each in differences(bills["dev"], bills[change])) == sorted(words)


def test_the_other_way_round_it_is_less(bills: dict[str, dict[str, Any]]) -> None:
    found = differences(bills["a task more"], bills["dev"])
    assert [each.in_words() for each in found] == [
        "-$5.81: backend: one fewer Spot task, one fewer public IPv4 address"
    ]


def test_prices_alone_can_differ(bills: dict[str, dict[str, Any]]) -> None:
    dearer = json.loads(json.dumps(bills["dev"]))
    next(line for line in dearer["lines"] if line["resource"] == "alb")["usd_month"] += 1
    assert [each.in_words() for each in differences(bills["dev"], dearer)] == ["+$1.00: alb: other prices"]


def test_an_estimate_in_a_file_is_read_again(bills: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    file.write_text(json.dumps(bills["dev"]))
    assert compared(read_bill(file), bills["a task more"])["differences"][0]["usd"] == pytest.approx(5.81, abs=0.01)


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"lines": []}', '{"lines": [{}], "total_usd_month": 1}'])
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(UserError) as error:
        read_bill(file)
    assert "other.json" in error.value.problem
    assert "conducky cost --json" in error.value.fix
