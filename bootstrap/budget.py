"""A monthly budget for the whole AWS account, which sends e-mails before the bill is a surprise."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from conducky.errors import UserError
from conducky.naming import Names
from conducky.repository import stack_config
from conducky.settings import config_command

# Of the limit, in per cent: what was spent, and what AWS expects for the whole month.
_NOTIFICATIONS = (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


@dataclass(frozen=True)
class BudgetArgs:
    """Who gets the e-mails, and the limit in US dollars a month."""

    names: Names
    email: str
    limit: int


class Budget(pulumi.ComponentResource):
    """One budget for all that the account spends, also outside this project; it only notifies, so it is free."""

    budget: aws.budgets.Budget

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:Budget", name, None, opts)
        self.budget = aws.budgets.Budget(
            name,
            # Without the stack's name: so AWS, too, refuses a second one.
            name=f"{args.names.project}-{name}",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.limit),
            limit_unit="USD",
            # What is used counts, not what is left to pay: otherwise credits would hide it until they are gone.
            cost_types={"include_credit": False, "include_refund": False},
            notifications=[
                {
                    "notification_type": kind,
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "comparison_operator": "GREATER_THAN",
                    "subscriber_email_addresses": [args.email],
                }
                for kind, percent in _NOTIFICATIONS
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.budget.name})


def refuse_second_budget(names: Names, account_id: str, folder: Path = Path(__file__).parent) -> None:
    """The stacks of this account share one budget, which belongs to one of them.

    Raises:
        UserError: when the settings of another stack in `folder` ask for it already.
    """
    for file in sorted(folder.glob("Pulumi.*.yaml")):
        config, other = stack_config(file), file.name.split(".")[1]
        # A stack that is known to belong to another account has a budget of its own.
        elsewhere = config.get("conducky-bootstrap:accountId") not in (None, account_id)
        if other != names.stack and "conducky-bootstrap:budgetEmail" in config and not elsewhere:
            raise UserError(
                f"`budgetEmail` is set for `{names.stack}`, and the account's budget belongs to `{other}` "
                f"(bootstrap/{file.name})",
                f"run {config_command('bootstrap', 'rm budgetEmail')}, or say that they have different accounts: "
                f"`pulumi -C bootstrap config set accountId NUMBER --stack {other}`",
            )
