"""The clients of AWS that the commands use, and their errors as messages."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, ProfileNotFound

from conducky.environment import variable
from conducky.errors import UserError, printable, quoted

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sts import STSClient

# Seconds; an unreachable AWS is reported within half a minute.
PATIENT: Final = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
# For calls that must not be made twice, because the answer to the first may only have been lost.
ONCE: Final = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 1})

AS_ADMIN: Final = "run `export AWS_PROFILE=admin` (or the name of your AWS admin's profile)"
AS_DEPLOYER: Final = "run `export AWS_PROFILE=conducky-dev` (or the name of the deployer's profile)"

DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_UNKNOWN = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def session(region: str | None = None) -> boto3.session.Session:
    """The credentials of the environment, in this region; unless given, in AWS_REGION or the profile's region."""
    return boto3.session.Session(region_name=region or variable("AWS_REGION"))


def session_of(key_id: str, secret: str, token: str | None = None) -> boto3.session.Session:
    """The credentials of one access key; with a token, of a role for a while."""
    return boto3.session.Session(key_id, secret, token, region_name=variable("AWS_REGION"))


def iam(session: boto3.session.Session, config: Config = PATIENT) -> "IAMClient":
    """Users and their keys."""
    return cast("IAMClient", _client(session, "iam", config))


def sts(session: boto3.session.Session, config: Config = PATIENT) -> "STSClient":
    """Whose credentials these are."""
    return cast("STSClient", _client(session, "sts", config))


def ecr(session: boto3.session.Session) -> "ECRClient":
    """The images."""
    return cast("ECRClient", _client(session, "ecr", PATIENT))


def ecs(session: boto3.session.Session) -> "ECSClient":
    """Services and their tasks."""
    return cast("ECSClient", _client(session, "ecs", PATIENT))


def logs(session: boto3.session.Session) -> "CloudWatchLogsClient":
    """What tasks wrote."""
    return cast("CloudWatchLogsClient", _client(session, "logs", PATIENT))


def _client(session: boto3.session.Session, service: Any, config: Config) -> object:  # noqa: ANN401  # its overloads
    # Users and keys are the same in every region, but each call has to go to one.
    region = session.region_name or "us-east-1"
    return cast("object", session.client(service, region_name=region, config=config))  # pyright: ignore[reportUnknownMemberType]


@contextmanager
def errors_as_user_errors(action: str, fix: str = AS_DEPLOYER) -> Generator[None]:
    """Turn what boto3 raises during an action, such as "list the keys", into a UserError.

    AWS's own words hold no secret of a key. `fix` is how to get credentials that are allowed to.
    """
    try:
        yield
    except ClientError as error:
        raise _refusal(action, fix, error) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise UserError(f"cannot {action}: there are no AWS credentials", fix) from None
    except ProfileNotFound:
        raise UserError(
            f"AWS_PROFILE is {quoted(variable('AWS_PROFILE'))}, and there is no such profile",
            "run `aws configure list-profiles` to see the profiles that you have",
        ) from None
    except BotoCoreError as error:
        raise UserError(
            f"cannot {action}: AWS is unreachable ({type(error).__name__})",
            "check the network, AWS_REGION and AWS_PROFILE",
        ) from None


def _refusal(action: str, fix: str, error: ClientError) -> UserError:
    code = error_code(error)
    if code in DENIED:
        return UserError(f"these AWS credentials are not allowed to {action} ({_reason(error)})", fix)
    if code in _UNKNOWN:
        return UserError(f"AWS does not recognise these credentials, or they have expired ({code})", fix)
    return UserError(f"AWS cannot {action} ({code}: {_reason(error)})", "correct what AWS names")


def _reason(error: ClientError) -> str:
    return printable(str(error.response.get("Error", {}).get("Message", "")).strip()) or "AWS gives no reason"


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's code for an error, such as `AccessDenied`, or the library's name for it."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
