"""The account's sign-in provider for GitHub: found, never created here.

An account holds one, for all stacks and projects. A stack that created it would take it from the others when it is
destroyed, and the next stack could not create a second one: so an admin creates it once, outside Pulumi.
"""

import pulumi_aws as aws
from github_trust import AUDIENCE, ISSUER, Trusted

from conducky.errors import UserError, printable
from conducky.settings import BootstrapSettings

_LONGEST_REASON = 200


def find_trusted(settings: BootstrapSettings) -> Trusted | None:
    """What the roles trust of the account's provider; None if the settings name no repository.

    Raises:
        UserError: when there is no provider, it cannot be read, or it does not accept tokens for AWS.
    """
    return Trusted.of(_find_provider(), settings) if settings.github_repository else None


def _find_provider() -> str:
    """The ARN of the account's provider.

    Raises:
        UserError: when there is none, it cannot be read, or it does not accept tokens for AWS.
    """
    try:
        found = aws.iam.get_open_id_connect_provider(url=f"https://{ISSUER}")
    except Exception as error:  # noqa: BLE001  # the SDK raises bare exceptions here
        last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        reason = last.rpartition("failed: ")[2].strip(" *")[:_LONGEST_REASON]
        raise UserError(
            "`githubRepository` is set, and this account's sign-in provider for GitHub is missing or cannot be read "
            f"({printable(reason)})",
            f"as an admin, once for the account, run `aws iam create-open-id-connect-provider --url https://{ISSUER} "
            f"--client-id-list {AUDIENCE}`",
        ) from None
    if AUDIENCE not in found.client_id_lists:
        raise UserError(
            f"this account's sign-in provider for GitHub does not accept tokens for {AUDIENCE}",
            f"run `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {found.arn} "
            f"--client-id {AUDIENCE}`",
        )
    return found.arn
