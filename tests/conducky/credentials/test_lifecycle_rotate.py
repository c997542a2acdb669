"""`conducky credentials rotate`: the old key goes only when the new one works and is stored."""

import pytest

from tests.conducky.credentials.conftest import OLD_REFUSAL, Run
from tests.fakes.iam_users import USER, IamUsers
from tests.fakes.recording_gh import RecordingGh


def test_the_old_key_goes_when_the_new_one_is_stored(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    old = account.key()
    assert run("rotate", "--github").code == 0
    (new,) = account.held()
    assert new != old
    assert gh.stored == {"AWS_ACCESS_KEY_ID": new, "AWS_SECRET_ACCESS_KEY": account.secrets[-1]}
    wanted = ["CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "GetCallerIdentity", "DeleteAccessKey"]
    assert [call for call in account.called if call in wanted][-5:] == wanted, (
        "deactivated, then deleted only because the new one works without it"
    )


def test_without_a_key_there_is_nothing_to_rotate(run: Run, account: IamUsers) -> None:
    said = run("rotate", "--show")
    assert said.problem == f"{USER} has no key to rotate"
    assert said.fix == 'run `make credentials STACK=dev ARGS="create"`'
    assert account.held() == {}


def test_a_key_that_does_not_work_leaves_the_old_one(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    old = account.key()
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    assert "did not work within a minute" in run("rotate", "--github").problem
    assert account.held() == {old: "Active"}
    assert gh.stored == {}


def test_a_key_that_github_does_not_store_leaves_both(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    old = account.key()
    gh.fails("secret.set", "HTTP 502: Bad gateway\n")
    said = run("rotate", "--github")
    assert account.held().keys() >= {old}
    (new,) = account.held().keys() - {old}
    assert "HTTP 502: Bad gateway" in said.problem
    assert f"the new key {new} works but may not have been stored" in said.problem
    assert f'`make credentials STACK=dev ARGS="revoke {new}"`' in said.fix
    assert '`make credentials STACK=dev ARGS="rotate"`' in said.fix


def test_what_gh_quotes_is_not_repeated(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    """A parser's complaint shows what it could not parse."""
    (gh.folder / "secret.set.echo").touch()
    gh.fails("secret.set", "")
    said = run("create", "--github")
    assert "AWS_SECRET_ACCESS_KEY=…" in said.problem


def test_an_old_key_that_cannot_be_deactivated_is_named(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    old = account.key()
    account.failing["UpdateAccessKey"] = ["ServiceFailure"]
    said = run("rotate", "--github")
    assert account.held()[old] == "Active"
    assert f"works and is stored, and the old one {old} still works" in said.problem
    assert f'`make credentials STACK=dev ARGS="revoke {old}"`' in said.fix


def test_an_old_key_that_cannot_be_deleted_is_named(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    old = account.key()
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("rotate", "--github")
    assert account.held()[old] == "Inactive"
    assert f"the old one {old} is deactivated" in said.problem
    assert f'`make credentials STACK=dev ARGS="revoke {old}"`' in said.fix


def test_the_old_key_comes_back_where_the_new_one_fails_without_it(
    run: Run, account: IamUsers, gh: RecordingGh
) -> None:
    old = account.key()
    account.failing["GetCallerIdentity"] = [None, None, *[OLD_REFUSAL] * 20]
    said = run("rotate", "--github")
    assert set(account.held().values()) == {"Active"}
    assert f"the old one {old} was activated again" in said.problem
    assert "`make credentials STACK=dev ARGS=" in said.fix


def test_shown_is_not_yet_stored(run: Run, account: IamUsers, answers: list[str]) -> None:
    """Nobody is there to confirm that the new key is in use."""
    old = account.key()
    said = run("rotate", "--show")
    assert said.code == 0
    assert account.held()[old] == "Active"
    assert f"The old key {old} still works" in said.err
    assert f'`make credentials STACK=dev ARGS="revoke {old}"`' in said.err


@pytest.mark.usefixtures("on_a_terminal")
def test_a_person_confirms_that_the_new_key_is_in_use(run: Run, account: IamUsers, answers: list[str]) -> None:
    old = account.key()
    answers.append("yes")
    run("rotate")
    assert account.held()[old] == "Active", "only its id is an answer"
    (new,) = account.held().keys() - {old}
    run("revoke", new)
    answers.append(old)
    assert run("rotate").code == 0
    assert old not in account.held()
    assert len(account.held()) == 1
