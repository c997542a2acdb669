"""The clients of AWS that the commands use."""

from typing import TYPE_CHECKING, Any, Final, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from conducky.environment import variable
from conducky.errors import UserError, quoted

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
AS_DEPLOYER: Final = "run `export AWS_PROFILE=conducky-pulumi` (or the name of the deployer's profile)"


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
    """A client. Raises UserError where it would call what is not an address."""
    # Users and keys are the same in every region, but each call has to go to one.
    region = session.region_name or "us-east-1"
    try:
        return cast("object", session.client(service, region_name=region, config=config))  # pyright: ignore[reportUnknownMemberType]
    except ValueError as error:
        if str(error).startswith("Invalid endpoint: "):
            found = quoted(str(error).partition(": ")[2])
            raise UserError(
                f"AWS_ENDPOINT_URL is {found}, which is not an address", "run `unset AWS_ENDPOINT_URL`"
            ) from None
        raise


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's code for an error, such as `AccessDenied`, or the library's name for it."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
