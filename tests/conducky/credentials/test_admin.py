"""Whose keys these commands touch, and with whose credentials."""

import pytest

from tests.conducky.credentials.conftest import NOBODY, USER, Account, Run, told


def test_without_bootstrap_there_is_no_user(run: Run, account: Account) -> None:
    account.iam.delete_user(UserName=USER)
    said = run("create", "--show")
    assert said.problem == (
        f"there is no user `{USER}` in account 123456789012: run `make deploy LAYER=bootstrap STACK=dev` first"
    )


def test_no_other_users_key_is_ever_touched(run: Run, account: Account) -> None:
    foreign = account.key(NOBODY)
    account.key()
    run("rotate", "--show")
    said = run("revoke", foreign)
    assert said.problem.startswith(f"`{foreign}` is no key of {USER}, which has ")
    assert account.held(NOBODY) == {foreign: "Active"}


@pytest.mark.parametrize("stack", ["", "../dev", "Dev", "dev-2"])
def test_a_stack_is_a_word(run: Run, account: Account, stack: str) -> None:
    assert "a stack's name is lower-case letters and digits" in run("create", "--show", "--stack", stack).problem
    assert account.called == []


def test_the_setting_account_id_is_respected(run: Run, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, accountId="999999999999")
    said = run("create", "--show")
    assert said.problem.startswith("these AWS credentials belong to account 123456789012, but stack dev belongs to")
    assert account.held() == {}


def test_a_wrong_setting_stops_it(run: Run, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, projectName="A")
    assert run("create", "--show").problem.startswith("`projectName` is `A` but must look like `conducky`")
    assert account.called == []


def test_without_credentials(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def nowhere(_resolver: object) -> None:
        return None

    monkeypatch.setattr("botocore.credentials.CredentialResolver.load_credentials", nowhere)
    assert run("create", "--show").problem.startswith("there are no AWS credentials here, and an admin's are needed:")


def test_with_half_of_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert run("create", "--show").problem.startswith("there are no AWS credentials here, and an admin's are needed:")


def test_with_a_profile_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "amdin")
    assert run("create", "--show").problem.startswith("AWS_PROFILE is `amdin`, and there is no such profile here:")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_with_credentials_that_aws_does_not_know(run: Run, account: Account, code: str) -> None:
    account.failing["GetCallerIdentity"] = [code]
    assert run("create", "--show").problem.startswith(
        f"AWS does not know these credentials, or they have expired ({code})"
    )
