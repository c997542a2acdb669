"""The account's budget: created where an e-mail address is given, and only once for an account."""

import shutil
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.evaluation import Evaluation, evaluate
from conducky.repository import ROOT

BUDGET = "aws:budgets/budget:Budget"
EMAIL = "costs@example.com"


@pytest.fixture(scope="module")
def made() -> Evaluation:
    return evaluate("bootstrap", config={"budgetEmail": EMAIL, "budgetLimit": "80"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of bootstrap whose stack `dev` has the budget."""
    shutil.copytree(ROOT / "bootstrap", tmp_path / "bootstrap")
    setting(tmp_path, "dev", f"budgetEmail: {EMAIL}")
    return tmp_path


def setting(root: Path, stack: str, line: str) -> None:
    with (root / "bootstrap" / f"Pulumi.{stack}.yaml").open("a") as file:
        file.write(f"  conducky-bootstrap:{line}\n")


def test_without_an_address_there_is_none(bootstrap: Evaluation) -> None:
    assert bootstrap.of(BUDGET) == []


def test_it_is_monthly_for_the_whole_account_and_counts_what_credits_pay(made: Evaluation) -> None:
    inputs = made.one(BUDGET).inputs
    assert inputs["name"] == "conducky-monthly"
    assert (inputs["budgetType"], inputs["timeUnit"]) == ("COST", "MONTHLY")
    assert (inputs["limitAmount"], inputs["limitUnit"]) == ("80", "USD")
    assert "costFilters" not in inputs
    assert inputs["costTypes"] == {"includeCredit": False, "includeRefund": False}


def test_it_writes_at_each_threshold_and_for_the_forecast(made: Evaluation) -> None:
    notifications = made.one(BUDGET).inputs["notifications"]
    assert [(each["notificationType"], each["threshold"]) for each in notifications] == [
        ("ACTUAL", 50),
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert all(each["subscriberEmailAddresses"] == [EMAIL] for each in notifications)
    assert all(each["thresholdType"] == "PERCENTAGE" for each in notifications)


def test_a_second_one_is_refused_before_anything_is_created(repository: Path, begun: list[str]) -> None:
    with pytest.raises(UserError) as error:
        evaluate("bootstrap", stack="prod", config={"budgetEmail": EMAIL}, root=repository)
    assert "`dev`" in error.value.problem
    assert "pulumi -C bootstrap config rm budgetEmail --stack prod" in error.value.fix
    assert begun == []


def test_an_encrypted_address_counts_as_well(repository: Path) -> None:
    file = repository / "bootstrap" / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace(EMAIL, "{secure: v1:abc}"))
    with pytest.raises(UserError, match="budgetEmail"):
        evaluate("bootstrap", stack="prod", config={"budgetEmail": EMAIL}, root=repository)


def test_a_stack_of_another_account_has_its_own(repository: Path) -> None:
    setting(repository, "dev", "accountId: '999999999999'")
    made = evaluate("bootstrap", stack="prod", config={"budgetEmail": EMAIL}, root=repository)
    assert made.one(BUDGET).inputs["limitAmount"] == "60"


def test_the_stack_that_has_it_keeps_it(repository: Path) -> None:
    assert evaluate("bootstrap", stack="dev", root=repository).one(BUDGET)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"budgetEmail": "nobody"}, "budgetEmail"),
        ({"budgetEmail": EMAIL, "budgetLimit": "0"}, "budgetLimit"),
        ({"budgetEmail": EMAIL, "budgetLimit": "12.50"}, "budgetLimit"),
        ({"budgetLimit": "80"}, "budgetEmail"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(config: dict[str, str], key: str) -> None:
    with pytest.raises(UserError) as error:
        evaluate("bootstrap", config=config)
    assert key in error.value.problem
    assert f"set {key}" in error.value.fix
