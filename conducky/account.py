"""The AWS account that a stack belongs to."""

from conducky.errors import UserError
from conducky.settings.schema import Settings


def refuse_another_account(settings: Settings, stack: str, account_id: str) -> None:
    """Raise a UserError where the credentials' account is not the one that the setting `accountId` names."""
    if settings.account_id and settings.account_id != account_id:
        raise UserError(
            f"these AWS credentials belong to account {account_id}, and stack {stack} is meant for "
            f"{settings.account_id} (setting `accountId`): switch with `export AWS_PROFILE=…`"
        )
