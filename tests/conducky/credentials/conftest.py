"""An account with a deployer, a `gh` that only records its calls, and an admin's credentials."""

import os
import stat
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from conducky.cli.app import app
from conducky.credentials import access_keys, destinations, lifecycle
from conducky.errors import UserError
from conducky.settings import offline

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

OLD_REFUSAL = "InvalidClientTokenId"  # what AWS says of a key that it does not know yet
USER = "conducky-dev-deployer"
NOBODY = "conducky-prod-deployer"

_FAKE_GH = r"""#!/bin/sh
printf '%s\n' "$*" >>"$FAKE_GH/calls"
printf '%s\n' "$GH_PROMPT_DISABLED" >>"$FAKE_GH/prompts"
case "$1 $2" in "secret set") cat >>"$FAKE_GH/stdin" ;; esac
name=$1.$2
[ ! -f "$FAKE_GH/$name.err" ] || cat "$FAKE_GH/$name.err" >&2
[ ! -f "$FAKE_GH/$name.echo" ] || cat "$FAKE_GH/stdin" >&2
[ ! -f "$FAKE_GH/$name.code" ] || exit "$(cat "$FAKE_GH/$name.code")"
"""


@dataclass(frozen=True)
class FakeGh:
    """`folder` holds what it answers and what it was told."""

    folder: Path
    binary: Path

    def fails(self, verb: str, said: str, code: int = 1) -> None:
        """`gh secret set` and so on, as `secret.set`, ends this way."""
        (self.folder / f"{verb}.err").write_text(said)
        (self.folder / f"{verb}.code").write_text(str(code))

    def _read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    @property
    def calls(self) -> list[str]:
        return self._read("calls").splitlines()

    @property
    def stored(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._read("stdin").splitlines())


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGh:
    """Signed in, and with rights to every repository."""
    made = FakeGh(tmp_path / "gh answers", tmp_path / "a bin" / "gh")
    for folder in (made.folder, made.binary.parent):
        folder.mkdir()
    made.binary.write_text(_FAKE_GH)
    made.binary.chmod(made.binary.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{made.binary.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FAKE_GH", str(made.folder))
    monkeypatch.delenv("GH_HOST", raising=False)
    return made


@dataclass
class Account:
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


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[Account]:
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
        made = Account(iam)
        _watch(made, monkeypatch)
        monkeypatch.setattr(access_keys.time, "sleep", made.waited.append)
        yield made


def _watch(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
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


@dataclass(frozen=True)
class Said:
    """What a command printed, and the problem and the fix of the error with which it ended, if there was one."""

    out: str
    err: str
    problem: str
    fix: str
    code: int
    raised: BaseException | None = None


Run = Callable[..., Said]


def told(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Bootstrap's stack file holds these settings."""

    def read(_file: Path) -> dict[str, str]:
        return {f"conducky-bootstrap:{key}": value for key, value in settings.items()}

    monkeypatch.setattr(offline, "read_stack_file", read)


@pytest.fixture
def run(account: Account) -> Run:
    """Run `conducky credentials …` in this process; whatever it prints or raises, no secret may be in it but once."""

    def run(*words: str) -> Said:
        result = CliRunner().invoke(app, ["credentials", *words])
        error = result.exception if not isinstance(result.exception, SystemExit) else None
        problem, fix = (error.problem, error.fix) if isinstance(error, UserError) else ("", "")
        if isinstance(error, UserError):
            assert str(error).isprintable(), "one line"
            assert "`" in str(error), "with a command in it"
        for secret in account.secrets:
            printed = f"{result.stderr} {error} {error!r} {error.__context__ if error else ''}"
            assert secret not in printed
        return Said(result.stdout, result.stderr, problem, fix, result.exit_code, error)

    return run


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "output_is_a_terminal", lambda: True)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the person types when asked; empty for nobody there."""
    typed: list[str] = []
    monkeypatch.setattr(lifecycle, "is_interactive", lambda: bool(typed))

    def answer(_console: Console, _question: str) -> str:
        return typed.pop(0)

    monkeypatch.setattr(lifecycle, "ask", answer)
    return typed
