"""The users of an AWS account and their access keys, with every call recorded; moto answers."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

USER = "conducky-dev-deployer"
NOBODY = "conducky-prod-deployer"


@dataclass
class IamUsers:
    """AWS as far as users and keys go. `failing` gives an operation's errors, call by call; `None` lets one pass."""

    iam: "IAMClient"
    called: list[str] = field(default_factory=list[str])
    failing: dict[str, list[str | None]] = field(default_factory=dict[str, list[str | None]])
    secrets: list[str] = field(default_factory=list[str])
    waited: list[float] = field(default_factory=list[float])

    def held(self, user: str = USER) -> dict[str, str]:
        """The user's keys and whether they are active."""
        found = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        self.called.pop()  # ours
        return {key.get("AccessKeyId", ""): key.get("Status", "") for key in found}

    def key(self, user: str = USER) -> str:
        """Another key that somebody created."""
        made = self.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        self.called.pop()  # ours
        return made


@contextmanager
def iam_users(monkeypatch: pytest.MonkeyPatch) -> Generator[IamUsers]:
    """The deployers of dev and prod without keys, and the credentials of an admin."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "FAKEADMINKEY",
        "AWS_SECRET_ACCESS_KEY": "fake-admin-secret",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        iam: IAMClient = boto3.client("iam")  # pyright: ignore[reportUnknownMemberType]
        for user in (USER, NOBODY):
            iam.create_user(UserName=user)
        made = IamUsers(iam)
        _watch(made, monkeypatch)
        yield made


def _watch(account: IamUsers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Note every call to AWS, let those fail that should, and remember the secrets of new keys."""
    original = cast(
        "Callable[..., dict[str, Any]]",
        botocore.client.BaseClient._make_api_call,  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue]
    )

    def call(self: Any, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        account.called.append(operation)
        errors = account.failing.get(operation)
        if errors and (code := errors.pop(0)):
            raise ClientError({"Error": {"Code": code, "Message": "as the test wants it"}}, operation)
        answer = original(self, operation, arguments)
        if operation == "CreateAccessKey":
            account.secrets.append(answer["AccessKey"]["SecretAccessKey"])
        return answer

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
