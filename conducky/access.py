"""AWS for one command: its clients, and a refusal explained by the policy that would allow the call."""

import re
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from botocore.exceptions import ClientError, SSOError, TokenRetrievalError

from conducky.aws import DENIED, error_code, errors_as_user_errors
from conducky.environment import variable
from conducky.errors import UserError, printable

T = TypeVar("T")
READS_CONTAINERS: Final = "deployer-containers"  # The policy that allows reading services, tasks and logs
# https://docs.aws.amazon.com/general/latest/gr/api-retries.html, and what each service calls its own
THROTTLED: Final = {
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

# "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: ecs:ExecuteCommand on resource: …"; a role's
# is "arn:aws:sts::123456789012:assumed-role/ROLE/SESSION".
_CALLER = re.compile(
    r"arn:aws[a-z-]*:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>user|assumed-role)/(?P<path>[\w+=,.@/-]+)"
    r" is not authorized to perform: (?P<action>[\w-]+:\w+)"
)
_SSO_ROLE = "AWSReservedSSO_"


@contextmanager
def asking_aws(action: str, policy: str) -> Generator[None]:
    """Make UserErrors of what boto3 raises during an action; the stack's managed policy `policy` would allow it."""
    with errors_as_user_errors(action):
        try:
            yield
        except ClientError as error:
            code = error_code(error)
            if code in THROTTLED:
                raise UserError(
                    f"cannot {action}: AWS throttles this account's calls ({code})", "wait a minute and run this again"
                ) from None
            if code in DENIED:
                raise _denied(action, policy, error) from None
            raise
        except (SSOError, TokenRetrievalError) as error:
            profile = variable("AWS_PROFILE")
            fix = f"run `aws sso login --profile {profile}`" if profile else "run `aws sso login`, or set AWS_PROFILE"
            raise UserError(f"the AWS sign-in has expired ({type(error).__name__})", fix) from None


def _denied(action: str, policy: str, error: ClientError) -> UserError:
    """What the person or role lacks, and the command with which an AWS admin grants it."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    caller = _CALLER.search(message)
    if caller is None:
        return UserError(
            f"these AWS credentials are not allowed to {action} ({printable(message) or 'AWS gives no reason'})",
            f"an AWS admin attaches the policy `{policy}` to you",
        )
    is_role, path = caller["kind"] == "assumed-role", caller["path"].split("/")
    kind, name = ("role", path[0]) if is_role else ("user", path[-1])
    why = ", because another policy denies it explicitly" if "explicit deny" in message else ""
    attach = (
        f"an AWS admin adds the policy `{policy}` to your permission set in IAM Identity Center"
        if name.startswith(_SSO_ROLE)
        else f"an AWS admin runs `aws iam attach-{kind}-policy --{kind}-name {name} --policy-arn "
        f"arn:aws:iam::{caller['account']}:policy/{policy}`"
    )
    return UserError(f"{kind} {name} is not allowed to {action} ({caller['action']}{why})", attach)


def in_parallel(calls: Iterable[Callable[[], T]]) -> list[T]:
    """The results of these calls, made at the same time, in their order; the first error is raised."""
    waiting = list(calls)
    if not waiting:
        return []
    with ThreadPoolExecutor(max_workers=len(waiting)) as pool:
        return [future.result() for future in [pool.submit(call) for call in waiting]]
