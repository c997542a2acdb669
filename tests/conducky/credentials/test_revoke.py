"""`conducky credentials revoke`: one named key, switched off and deleted."""

from tests.conducky.credentials.conftest import USER, Account, Run


def test_a_key_is_switched_off_and_deleted(run: Run, account: Account) -> None:
    first, second = account.key(), account.key()
    said = run("revoke", first)
    assert list(account.held()) == [second]
    assert account.called[-2:] == ["UpdateAccessKey", "DeleteAccessKey"]
    assert said.err.startswith(f"✓ {first} is deleted; {USER} has {second} (made ")
    assert run("revoke", second).err == f"✓ {second} is deleted; {USER} has no key now\n"


def test_without_an_id_the_keys_are_listed(run: Run, account: Account) -> None:
    key = account.key()
    assert run("revoke").problem.startswith(f"no key was named: {USER} has {key} (made ")
    assert account.held() == {key: "Active"}


def test_there_may_be_none(run: Run) -> None:
    assert run("revoke").problem == f'{USER} has no key: make one with `make credentials STACK=dev ARGS="create"`'


def test_one_that_is_only_switched_off_is_named(run: Run, account: Account) -> None:
    key = account.key()
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("revoke", key)
    assert account.held() == {key: "Inactive"}
    assert (
        f'{key} is switched off and not deleted: run `make credentials STACK=dev ARGS="revoke {key}"`' in said.problem
    )
