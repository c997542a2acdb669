"""Whose keys these commands touch, and with whose credentials."""

from unittest.mock import Mock

import pytest
from botocore.exceptions import UnauthorizedSSOTokenError

from tests.conducky.credentials.conftest import Run, told
from tests.fakes.iam_users import NOBODY, USER, IamUsers


def test_without_bootstrap_there_is_no_user(run: Run, account: IamUsers) -> None:
    account.iam.delete_user(UserName=USER)
    said = run("create", "--show")
    assert said.problem == f"there is no user `{USER}` in account 123456789012"
    assert said.fix == "run `make deploy LAYER=bootstrap STACK=dev` first"


def test_no_other_users_key_is_ever_touched(run: Run, account: IamUsers) -> None:
    foreign = account.key(NOBODY)
    account.key()
    run("rotate", "--show")
    said = run("revoke", foreign)
    assert said.problem.startswith(f"`{foreign}` is not a key of {USER}; {USER} has ")
    assert account.held(NOBODY) == {foreign: "Active"}


@pytest.mark.parametrize("stack", ["", "../dev", "Dev", "dev-2"])
def test_a_stack_is_a_word(run: Run, account: IamUsers, stack: str) -> None:
    assert "a stack's name is lower-case letters and digits" in run("create", "--show", "--stack", stack).problem
    assert account.called == []


def test_the_setting_account_id_is_respected(run: Run, account: IamUsers, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, accountId="999999999999")
    said = run("create", "--show")
    assert said.problem.startswith("these AWS credentials belong to account 123456789012")
    assert "999999999999 (setting `accountId`)" in said.problem
    assert account.held() == {}


def test_a_wrong_setting_stops_it(run: Run, account: IamUsers, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, projectName="A")
    assert "`projectName`" in run("create", "--show").problem
    assert account.called == []


def test_without_credentials(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def nowhere(_resolver: object) -> None:
        return None

    monkeypatch.setattr("botocore.credentials.CredentialResolver.load_credentials", nowhere)
    said = run("create", "--show")
    assert said.problem.endswith("there are no AWS credentials")
    assert "`export AWS_PROFILE=admin`" in said.fix


def test_with_half_of_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    problem = run("create", "--show").problem
    assert "there are no AWS credentials" in problem
    assert problem.endswith("missing: AWS_SECRET_ACCESS_KEY)")


def test_with_a_profile_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "amdin")
    said = run("create", "--show")
    assert said.problem.startswith("AWS_PROFILE is `amdin`")
    assert "`aws configure list-profiles`" in said.fix


def test_with_a_sign_in_that_has_expired(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.signers.RequestSigner.sign", Mock(side_effect=UnauthorizedSSOTokenError()))
    said = run("create", "--show")
    assert said.problem.startswith("the AWS sign-in has expired")
    assert said.fix.startswith("run `aws sso login`")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_with_credentials_that_aws_does_not_recognise(run: Run, account: IamUsers, code: str) -> None:
    account.failing["GetCallerIdentity"] = [code]
    said = run("create", "--show")
    assert said.problem.startswith("AWS does not recognise these credentials")
    assert code in said.problem
    assert "`export AWS_PROFILE=admin`" in said.fix
