"""The access keys of one IAM user, through boto3."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from conducky.credentials.aws_errors import error_code, in_a_sentence
from conducky.environment import variable

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

MOST_KEYS = 2  # of a user; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

# Seconds between the attempts of a new key, which AWS makes known everywhere within some ten seconds: 60 in all.
_PAUSES = (1, 2, 3, 5, 8, 13, 13, 15)
_PATIENT = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
# No repetition: after an answer that got lost it would make a second key, and a new key's attempts are counted here.
_ONCE = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 1})


class DoesNotWorkError(Exception):
    """A key that AWS did not take in time; the text is AWS's code."""


@dataclass(frozen=True)
class AccessKey:
    """A key that exists; `used` is when it was last used, None for never."""

    id: str
    active: bool
    made: datetime
    used: datetime | None

    def __str__(self) -> str:
        used = f"last used {self.used:%Y-%m-%d}" if self.used else "never used"
        return f"{self.id} (made {self.made:%Y-%m-%d}, {used}{'' if self.active else ', switched off'})"


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; AWS tells its secret never again."""

    id: str
    secret: SecretStr


class UserKeys:
    """The keys of the user of this name in the account of the admin's credentials."""

    def __init__(self, user: str, user_arn: str, session: boto3.session.Session) -> None:
        self.user = user
        self._arn = user_arn
        with in_a_sentence(f"look after the keys of {user}"):
            self._iam = _iam(session, _PATIENT)
            self._iam_once = _iam(session, _ONCE)

    def exists(self) -> bool:
        """Whether there is such a user.

        Raises:
            UserError: these credentials are not an admin's, or AWS was not reached.
        """
        with in_a_sentence(f"see the user {self.user}"):
            try:
                self._iam.get_user(UserName=self.user)
            except self._iam.exceptions.NoSuchEntityException:
                return False
            return True

    def all(self) -> list[AccessKey]:
        """Every key, the oldest first."""
        with in_a_sentence(f"list the keys of {self.user}"):
            found = self._iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
            keys = [
                AccessKey(
                    id=key.get("AccessKeyId", ""),
                    active=key.get("Status") == "Active",
                    made=key["CreateDate"] if "CreateDate" in key else datetime.now().astimezone(),
                    used=self._last_used(key.get("AccessKeyId", "")),
                )
                for key in found
            ]
        return sorted(keys, key=lambda key: key.made)

    def _last_used(self, key_id: str) -> datetime | None:
        return self._iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"].get("LastUsedDate")

    def create(self) -> NewKey:
        """Make a key."""
        with in_a_sentence(f"make a key for {self.user}"):
            made = self._iam_once.create_access_key(UserName=self.user)["AccessKey"]
        return NewKey(made["AccessKeyId"], SecretStr(made["SecretAccessKey"]))

    def switch(self, key_id: str, *, on: bool) -> None:
        """Let a key work, or keep it from working."""
        with in_a_sentence(f"switch the key {key_id} {'on' if on else 'off'}"):
            self._iam.update_access_key(UserName=self.user, AccessKeyId=key_id, Status="Active" if on else "Inactive")

    def delete(self, key_id: str) -> None:
        """Delete a key for good."""
        with in_a_sentence(f"delete the key {key_id}"):
            self._iam.delete_access_key(UserName=self.user, AccessKeyId=key_id)

    def prove(self, key: NewKey) -> None:
        """Wait, a minute at most, until AWS takes the key for this user's.

        Raises:
            DoesNotWorkError: it did not.
        """
        reason, sts = "", _sts(_session_of(key), _ONCE)
        for pause in (*_PAUSES, 0):
            try:
                if sts.get_caller_identity()["Arn"] == self._arn:
                    return
                reason = "it is another user's"
            except (ClientError, BotoCoreError) as error:
                reason = error_code(error)
            time.sleep(pause)
        raise DoesNotWorkError(reason)


def admin_session() -> tuple[boto3.session.Session, str]:
    """The credentials of whoever runs this, and the account that they belong to.

    Raises:
        UserError: there are none, or AWS does not know them.
    """
    with in_a_sentence("find out whose credentials these are"):
        session = boto3.session.Session()
        account = _sts(session, _PATIENT).get_caller_identity()["Account"]
    return session, account


def _session_of(key: NewKey) -> boto3.session.Session:
    return boto3.session.Session(aws_access_key_id=key.id, aws_secret_access_key=key.secret.get_secret_value())


# The stubs type the clients of the installed extras only, and the method's other overloads count as unknown.
def _iam(session: boto3.session.Session, config: Config) -> "IAMClient":
    return session.client("iam", region_name=_region(session), config=config)  # pyright: ignore[reportUnknownMemberType]


def _sts(session: boto3.session.Session, config: Config) -> "STSClient":
    return session.client("sts", region_name=_region(session), config=config)  # pyright: ignore[reportUnknownMemberType]


def _region(session: boto3.session.Session) -> str:
    """Users and keys are the same in every region; the call has to go somewhere."""
    return variable("AWS_REGION") or session.region_name or "us-east-1"
