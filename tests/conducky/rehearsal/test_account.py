import pytest

from conducky.rehearsal.account import Account, Request, ResourceFailedError

PARAMETER = "aws:ssm/parameter:Parameter"
DATABASE = "aws:rds/instance:Instance"


def remember_secret(account: Account, name: str, value: str) -> None:
    account.remember(PARAMETER, name, {"name": name, "type": "SecureString", "value": value})


def test_what_is_remembered_is_found_by_its_properties(account: Account) -> None:
    account.remember("a:b:C", "1", {"name": "one", "arn": "x"})
    account.remember("a:b:C", "2", {"name": "two", "arn": "y"})

    assert account.find("a:b:C", name="two") == {"name": "two", "arn": "y"}
    assert account.find("a:b:C", name="two", arn="x") is None
    assert account.find("a:b:Other", name="two") is None
    assert len(account.of("a:b:C")) == 2


def test_what_is_forgotten_is_gone_and_may_be_forgotten_again(account: Account) -> None:
    account.remember("a:b:C", "1", {"name": "one"})

    for _ in range(2):
        account.forget("a:b:C", "1")
        account.forget("a:b:Never", "1")

    assert account.of("a:b:C") == []


def test_remembering_again_replaces(account: Account) -> None:
    account.remember("a:b:C", "1", {"size": 1})
    account.remember("a:b:C", "1", {"size": 2})

    assert account.of("a:b:C") == [{"size": 2}]


def test_secure_parameters_and_database_passwords_are_taken_out_of_a_text(account: Account) -> None:
    remember_secret(account, "/conducky/dev/JWT_SECRET", "sign-me")
    account.remember(DATABASE, "db", {"identifier": "db", "password": "open-sesame"})
    account.remember(PARAMETER, "/a/b", {"name": "/a/b", "type": "String", "value": "shown"})

    assert account.redact("sign-me open-sesame shown") == "[secret] [secret] shown"


def test_a_secret_that_begins_like_another_is_taken_out_whole(account: Account) -> None:
    remember_secret(account, "/a/SHORT", "abc")
    remember_secret(account, "/a/LONG", "abcdef")

    assert account.redact("abcdef, abc") == "[secret], [secret]"


def test_two_secrets_whose_names_end_alike_are_both_taken_out(account: Account) -> None:
    remember_secret(account, "/conducky/dev/KEY", "first-value")
    remember_secret(account, "/conducky/dev/other/KEY", "second-value")
    account.remember(DATABASE, "one", {"identifier": "one", "password": "first-password"})
    account.remember(DATABASE, "two", {"identifier": "two", "password": "second-password"})

    text = "first-value second-value first-password second-password"
    assert account.redact(text) == "[secret] [secret] [secret] [secret]"


def test_an_empty_secret_changes_nothing(account: Account) -> None:
    remember_secret(account, "/a/EMPTY", "")

    assert account.redact("a text") == "a text"


def test_a_stopped_account_refuses(account: Account) -> None:
    account.check_stop()
    account.stopping.set()

    with pytest.raises(ResourceFailedError, match="the rehearsal was stopped"):
        account.check_stop()


def test_a_request_knows_its_layer() -> None:
    urn = "urn:pulumi:dev::conducky-platform::aws:rds/instance:Instance::database"

    assert Request("aws:rds/instance:Instance", urn, "database", {}, {}).layer == "platform"
