"""An account with a deployer, a `gh` that only records its calls, and an admin's credentials."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from conducky.cli.app import app
from conducky.credentials import access_keys, destinations, lifecycle
from conducky.errors import UserError
from conducky.settings import offline
from tests.fakes.iam_users import IamUsers, iam_users
from tests.fakes.recording_gh import RecordingGh, recording_gh

OLD_REFUSAL = "InvalidClientTokenId"  # what AWS says of a key that it does not know yet


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingGh:
    return recording_gh(tmp_path, monkeypatch)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[IamUsers]:
    """The deployers of dev and prod without keys, the credentials of an admin, and no time that passes."""
    with iam_users(monkeypatch) as made:
        monkeypatch.setattr(access_keys.time, "sleep", made.waited.append)
        yield made


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

    monkeypatch.setattr(offline, "stack_config", read)


@pytest.fixture
def run(account: IamUsers) -> Run:
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
