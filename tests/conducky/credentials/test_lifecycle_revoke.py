"""`conducky credentials revoke`: one key, deactivated and deleted."""

from tests.conducky.credentials.conftest import Run
from tests.fakes.iam_users import USER, IamUsers


def test_a_key_is_deactivated_and_deleted(run: Run, account: IamUsers) -> None:
    first, second = account.key(), account.key()
    said = run("revoke", first)
    assert list(account.held()) == [second]
    assert account.called[-2:] == ["UpdateAccessKey", "DeleteAccessKey"]
    assert said.err.startswith(f"✓ {first} is deleted; {USER} has {second} (created ")
    assert run("revoke", second).err == f"✓ {second} is deleted; {USER} has no key now\n"


def test_without_an_id_the_keys_are_listed(run: Run, account: IamUsers) -> None:
    key = account.key()
    said = run("revoke")
    assert said.problem.startswith(f"no key was given; {USER} has {key} (created ")
    assert f'`make credentials STACK=dev ARGS="revoke {key}"`' in said.fix
    assert account.held() == {key: "Active"}


def test_there_may_be_none(run: Run) -> None:
    said = run("revoke")
    assert said.problem == f"{USER} has no key"
    assert '`make credentials STACK=dev ARGS="create"`' in said.fix


def test_one_that_is_only_deactivated_is_named(run: Run, account: IamUsers) -> None:
    key = account.key()
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("revoke", key)
    assert account.held() == {key: "Inactive"}
    assert f"{key} is deactivated but not deleted" in said.problem
    assert f'`make credentials STACK=dev ARGS="revoke {key}"`' in said.fix
