"""`conducky credentials create`: what it prints, and which keys there are afterwards."""

import pytest

from conducky.credentials import access_keys, destinations, lifecycle
from conducky.signals import Interrupted
from tests.conducky.credentials.conftest import OLD_REFUSAL, Run
from tests.fakes.iam_users import USER, IamUsers
from tests.fakes.recording_gh import RecordingGh
from tests.iam.test_identities import CREDENTIAL_CALLS


@pytest.mark.usefixtures("on_a_terminal")
def test_a_key_is_created_tested_and_shown_once(run: Run, account: IamUsers) -> None:
    said = run("create")
    (key,) = account.held()
    assert said.code == 0
    assert said.out == f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY={account.secrets[0]}\n"
    assert f"✓ {key} works, and is shown above" in said.err
    assert account.called[-1] == "GetCallerIdentity", "it was tried before it was shown"


def test_a_key_goes_into_no_file_by_accident(run: Run, account: IamUsers) -> None:
    said = run("create")
    assert "into a file or a log" in said.problem
    assert "`--github`" in said.fix
    assert account.held() == {}
    assert run("create", "--show").out.count("AWS_SECRET_ACCESS_KEY=") == 1


def test_a_key_that_does_not_work_yet_is_waited_for(run: Run, account: IamUsers) -> None:
    account.failing["GetCallerIdentity"] = [None, OLD_REFUSAL, OLD_REFUSAL, OLD_REFUSAL]
    assert run("create", "--show").code == 0
    assert account.waited == [1, 2, 3]


def test_a_key_that_never_works_is_deleted_after_a_minute(run: Run, account: IamUsers) -> None:
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    said = run("create", "--show")
    assert "did not work within a minute (InvalidClientTokenId) and was deleted" in said.problem
    assert said.fix.startswith('run `make credentials STACK=dev ARGS="create"`')
    assert said.out == ""
    assert sum(account.waited) == 60
    assert account.held() == {}


def test_where_not_even_that_works_the_key_is_named(run: Run, account: IamUsers) -> None:
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("create", "--show")
    (key,) = account.held()
    assert f"the new key {key} exists, but its secret is lost" in said.problem
    assert f'`make credentials STACK=dev ARGS="revoke {key}"`' in said.fix


@pytest.mark.parametrize("verb", ["create", "rotate"])
def test_a_third_key_is_refused(run: Run, account: IamUsers, verb: str) -> None:
    keys = [account.key(), account.key()]
    said = run(verb, "--show")
    assert said.problem.startswith(f"{USER} already has two keys")
    assert keys[0] in said.problem
    assert f'run `make credentials STACK=dev ARGS="revoke {keys[0]}"`' in said.fix
    assert list(account.held()) == keys


def test_a_key_may_exist_when_the_answer_is_lost(run: Run, account: IamUsers) -> None:
    account.failing["CreateAccessKey"] = ["ServiceFailure"]
    said = run("create", "--show")
    assert "a key may exist whose secret is lost" in said.problem
    assert '`make credentials STACK=dev ARGS="revoke"`' in said.fix
    assert account.called.count("CreateAccessKey") == 1, "a repetition would create a second one"


@pytest.mark.parametrize("operation", ["GetUser", "ListAccessKeys", "CreateAccessKey"])
def test_it_needs_an_admin(run: Run, account: IamUsers, operation: str) -> None:
    account.failing[operation] = ["AccessDenied"]
    said = run("create", "--show")
    assert "these AWS credentials are not allowed to" in said.problem
    assert "`export AWS_PROFILE=admin`" in said.fix
    assert account.held() == {}


def test_it_asks_of_iam_what_the_proof_says(run: Run, account: IamUsers) -> None:
    """tests/iam proves that nobody who deploys may make these calls."""
    account.key()
    run("rotate", "--show")
    run("revoke")
    (*_, last) = account.held()
    run("revoke", last)
    calls = {f"iam:{operation}" for operation in account.called if operation != "GetCallerIdentity"}
    assert calls <= set(CREDENTIAL_CALLS)
    assert {"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:GetUser"} <= calls


@pytest.mark.parametrize("verb", ["create", "rotate"])
def test_a_signal_while_it_waits_leaves_no_new_key(
    run: Run, account: IamUsers, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    old = [account.key()] if verb == "rotate" else []
    account.failing["GetCallerIdentity"] = [None, OLD_REFUSAL]

    def interrupted(_seconds: float) -> None:
        raise Interrupted(2)

    monkeypatch.setattr(access_keys.time, "sleep", interrupted)
    with pytest.raises(Interrupted):
        run(verb, "--show")
    assert list(account.held()) == old


def test_a_signal_while_github_stores_the_key_leaves_it_and_says_so(
    run: Run, account: IamUsers, gh: RecordingGh, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: destinations.GithubSecrets, _key: access_keys.NewKey) -> str:
        raise Interrupted(2)

    lines: list[str] = []

    def say(_deployer: lifecycle.Deployer, line: str) -> None:
        lines.append(line)

    monkeypatch.setattr(lifecycle.Deployer, "say", say)
    monkeypatch.setattr(destinations.GithubSecrets, "store", interrupted)
    with pytest.raises(Interrupted):
        run("create", "--github")
    (key,) = account.held()
    assert lines[-1].startswith(f"the new key {key} works but may not have been stored")
