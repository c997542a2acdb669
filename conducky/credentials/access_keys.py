"""The access keys of one IAM user, through boto3."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from conducky import aws
from conducky.access import asking_aws

MOST_KEYS = 2  # of a user; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

# Seconds between the attempts with a new key, which works everywhere within about ten seconds: 60 in all.
_PAUSES = (1, 2, 3, 5, 8, 13, 13, 15)


class DoesNotWorkError(Exception):
    """A key that AWS did not accept in time; the message is AWS's code."""


@dataclass(frozen=True)
class AccessKey:
    """A key that exists; `used` is when it was last used, None for never."""

    id: str
    active: bool
    created: datetime
    used: datetime | None

    def __str__(self) -> str:
        used = f"last used {self.used:%Y-%m-%d}" if self.used else "never used"
        return f"{self.id} (created {self.created:%Y-%m-%d}, {used}{'' if self.active else ', deactivated'})"


@dataclass(frozen=True)
class NewKey:
    """A key that was just created; AWS never shows its secret again."""

    id: str
    secret: SecretStr


class UserKeys:
    """The keys of the user of this name in the account of the admin's credentials."""

    def __init__(self, user: str, user_arn: str, session: boto3.session.Session) -> None:
        self.user = user
        self._arn = user_arn
        with _as_admin(f"manage the keys of {user}"):
            self._iam = aws.iam(session)
            self._iam_once = aws.iam(session, aws.ONCE)

    def exists(self) -> bool:
        """Whether such a user exists. Raises UserError when the caller is not an admin, or AWS is unreachable."""
        with _as_admin(f"see the user {self.user}"):
            try:
                self._iam.get_user(UserName=self.user)
            except self._iam.exceptions.NoSuchEntityException:
                return False
            return True

    def all(self) -> list[AccessKey]:
        """Every key, the oldest first."""
        with _as_admin(f"list the keys of {self.user}"):
            found = self._iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
            keys = [
                AccessKey(
                    id=key.get("AccessKeyId", ""),
                    active=key.get("Status") == "Active",
                    created=key["CreateDate"] if "CreateDate" in key else datetime.now().astimezone(),
                    used=self._last_used(key.get("AccessKeyId", "")),
                )
                for key in found
            ]
        return sorted(keys, key=lambda key: key.created)

    def _last_used(self, key_id: str) -> datetime | None:
        return self._iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"].get("LastUsedDate")

    def create(self) -> NewKey:
        """Create a key."""
        with _as_admin(f"create a key for {self.user}"):
            key = self._iam_once.create_access_key(UserName=self.user)["AccessKey"]
        return NewKey(key["AccessKeyId"], SecretStr(key["SecretAccessKey"]))

    def activate(self, key_id: str, *, active: bool) -> None:
        """Activate a key, or deactivate it."""
        with _as_admin(f"{'activate' if active else 'deactivate'} the key {key_id}"):
            status = "Active" if active else "Inactive"
            self._iam.update_access_key(UserName=self.user, AccessKeyId=key_id, Status=status)

    def delete(self, key_id: str) -> None:
        """Delete a key for good."""
        with _as_admin(f"delete the key {key_id}"):
            self._iam.delete_access_key(UserName=self.user, AccessKeyId=key_id)

    def prove(self, key: NewKey) -> None:
        """Wait, a minute at most, until AWS accepts the key as this user's, else raise DoesNotWorkError."""
        reason, sts = "", aws.sts(aws.session_of(key.id, key.secret.get_secret_value()), aws.ONCE)
        for pause in (*_PAUSES, 0):
            try:
                if sts.get_caller_identity()["Arn"] == self._arn:
                    return
                reason = "it belongs to another user"
            except (ClientError, BotoCoreError) as error:
                reason = aws.error_code(error)
            time.sleep(pause)
        raise DoesNotWorkError(reason)


def admin_session() -> tuple[boto3.session.Session, str]:
    """The caller's credentials, and account. Raises UserError when AWS does not recognise them, or none are set."""
    with _as_admin("get the account of these credentials"):
        session = aws.session()
        account = aws.sts(session).get_caller_identity()["Account"]
    return session, account


def _as_admin(action: str) -> AbstractContextManager[None]:
    return asking_aws(action, fix=aws.AS_ADMIN)
