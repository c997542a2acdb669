"""What AWS and its library say, as one sentence each."""

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from conducky.environment import variable
from conducky.errors import UserError, printable, quoted

_DENIED = {"AccessDenied", "AccessDeniedException"}
_UNKNOWN = {"ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
_ADMIN = "run `export AWS_PROFILE=admin`, or whatever the profile of an admin is called"


@contextmanager
def in_a_sentence(doing: str) -> Generator[None]:
    """Turn what goes wrong while `doing` something into a UserError; AWS's own words hold no secret of a key."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in _DENIED:
            raise UserError(f"these AWS credentials may not {doing}, which takes an admin's: {_ADMIN}") from None
        if code in _UNKNOWN:
            raise UserError(f"AWS does not know these credentials, or they have expired ({code}): {_ADMIN}") from None
        said = printable(str(error.response.get("Error", {}).get("Message", "")))
        raise UserError(f"AWS could not {doing} ({code}: {said}): run this again, or mend what it says") from None
    except (NoCredentialsError, PartialCredentialsError):
        raise UserError(f"there are no AWS credentials here, and an admin's are needed: {_ADMIN}") from None
    except ProfileNotFound:
        raise UserError(
            f"AWS_PROFILE is {quoted(variable('AWS_PROFILE'))}, and there is no such profile here: run "
            "`aws configure list-profiles` to see which there are"
        ) from None
    except BotoCoreError as error:
        raise UserError(
            f"could not {doing}, for AWS was not reached ({type(error).__name__}): mend the network or the profile "
            "and run this again"
        ) from None


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's code for an error, such as `AccessDenied`, or the library's name for it."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
