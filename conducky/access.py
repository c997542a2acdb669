"""AWS for one command: what it refuses, and what fails on the way to it, as messages that say what helps."""

import re
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    LoginRefreshRequired,
    LoginTokenLoadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from conducky.aws import AS_DEPLOYER, error_code
from conducky.environment import variable
from conducky.errors import UserError, printable, quoted

T = TypeVar("T")
READS_CONTAINERS: Final = "deployer-containers"  # The policy that allows reading services, tasks and logs
# https://docs.aws.amazon.com/general/latest/gr/api-retries.html, and what each service calls its own
THROTTLED: Final = {
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_UNKNOWN: Final = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}

# "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: ecs:ExecuteCommand on resource: …"; a role's
# is "arn:aws:sts::123456789012:assumed-role/ROLE/SESSION".
_CALLER = re.compile(
    r"arn:aws[a-z-]*:(?:iam|sts)::(?P<account>\d{12}):(?P<kind>user|assumed-role)/(?P<path>[\w+=,.@/-]+)"
    r" is not authorized to perform: (?P<action>[\w-]+:\w+)"
)
_SSO_ROLE = "AWSReservedSSO_"


@contextmanager
def asking_aws(action: str, policy: str = "", fix: str = AS_DEPLOYER) -> Generator[None]:
    """Make UserErrors of what boto3 raises during an action, such as "list the keys".

    The stack's managed policy `policy` would allow it; `fix` is how to get other credentials. AWS's own words hold no
    secret of a key.
    """
    try:
        yield
    except ClientError as error:
        raise _refusal(action, policy, fix, error) from None
    except NoCredentialsError:
        raise UserError(f"cannot {action}: there are no AWS credentials", fix) from None
    except PartialCredentialsError as error:
        raise UserError(f"cannot {action}: there are no AWS credentials ({printable(str(error))})", fix) from None
    except (ConfigNotFound, ConfigParseError, InvalidConfigError) as error:
        problem = f"cannot {action}: AWS's configuration on this computer is wrong ({printable(str(error))})"
        raise UserError(problem, "correct that file, or run `aws configure`") from None
    except CredentialRetrievalError as error:  # Its message has all that a `credential_process` wrote
        problem = f"cannot {action}: {error.kwargs.get('provider')} gives no AWS credentials"
        raise UserError(problem, f"sign in again as it needs, or {fix}") from None
    except ProfileNotFound:
        raise UserError(
            f"AWS_PROFILE is {quoted(variable('AWS_PROFILE'))}, and there is no such profile",
            "run `aws configure list-profiles` to see the profiles that you have",
        ) from None
    except (LoginRefreshRequired, LoginTokenLoadError, SSOError, TokenRetrievalError) as error:
        profile = variable("AWS_PROFILE")
        command = "aws sso login" if isinstance(error, (SSOError, TokenRetrievalError)) else "aws login"
        sign_in = f"run `{command} --profile {profile}`" if profile else f"run `{command}`, or set AWS_PROFILE"
        raise UserError(f"the AWS sign-in has expired ({type(error).__name__})", sign_in) from None
    except BotoCoreError as error:
        raise UserError(
            f"cannot {action}: AWS is unreachable ({type(error).__name__})",
            "check the network, AWS_REGION and AWS_PROFILE",
        ) from None


def _refusal(action: str, policy: str, fix: str, error: ClientError) -> UserError:
    code, message = error_code(error), str(error.response.get("Error", {}).get("Message", "")).strip()
    reason = printable(message) or "AWS gives no reason"
    if code in THROTTLED:
        problem = f"cannot {action}: AWS throttles this account's calls ({code})"
        return UserError(problem, "wait a minute and run this again")
    if code in _DENIED:
        caller = _CALLER.search(message) if policy else None
        if caller:
            return _denied(action, policy, caller, explicitly="explicit deny" in message)
        attach = f"an AWS admin attaches the policy `{policy}` to you"
        return UserError(f"these AWS credentials are not allowed to {action} ({reason})", attach if policy else fix)
    if code in _UNKNOWN:
        return UserError(f"AWS does not recognise these credentials, or they have expired ({code})", fix)
    return UserError(f"AWS cannot {action} ({code}: {reason})", "correct what AWS names")


def _denied(action: str, policy: str, caller: re.Match[str], *, explicitly: bool) -> UserError:
    """What the person or role lacks, and the command with which an AWS admin grants it."""
    is_role, path = caller["kind"] == "assumed-role", caller["path"].split("/")
    kind, name = ("role", path[0]) if is_role else ("user", path[-1])
    why = ", because another policy denies it explicitly" if explicitly else ""
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
