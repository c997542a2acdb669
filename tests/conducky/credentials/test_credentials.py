"""`conducky credentials` as a whole: what an admin types, what is said, and which keys there are afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from conducky import stack_settings
from conducky.cli import app
from conducky.credentials import access_keys, commands, destinations
from conducky.errors import UserError
from conducky.rehearsal.interruption import Interrupted
from tests.conducky.credentials.conftest import NOBODY, USER, Account, FakeGh
from tests.iam.test_identities import CREDENTIAL_CALLS

OLD_REFUSAL = "InvalidClientTokenId"


@dataclass(frozen=True)
class Said:
    """What a command printed. `problem` is the sentence with which it ended, if one did."""

    out: str
    err: str
    problem: str
    code: int
    raised: BaseException | None = None


Run = Callable[..., Said]


def told(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Bootstrap's stack file holds these settings."""

    def read(_file: Path) -> dict[str, str]:
        return {f"conducky-bootstrap:{key}": value for key, value in settings.items()}

    monkeypatch.setattr(stack_settings, "read_stack_file", read)


@pytest.fixture
def run(account: Account) -> Run:
    """Run `conducky credentials …` in this process; whatever it prints or raises, no secret may be in it but once."""

    def run(*words: str) -> Said:
        result = CliRunner().invoke(app, ["credentials", *words])
        error = result.exception if not isinstance(result.exception, SystemExit) else None
        problem = str(error) if isinstance(error, UserError) else ""
        if problem:
            assert problem.isprintable(), "one line"
            assert "`" in problem, "and a command in it"
        for secret in account.secrets:
            printed = f"{result.stderr} {problem} {error!r} {error.__context__ if error else ''}"
            assert secret not in printed
        return Said(result.stdout, result.stderr, problem, result.exit_code, error)

    return run


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "_is_a_terminal", lambda: True)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the person types when asked; empty for nobody there."""
    typed: list[str] = []
    monkeypatch.setattr(commands, "_somebody_answers", lambda: bool(typed))

    def answer(_console: Console, _question: Text) -> str:
        return typed.pop(0)

    monkeypatch.setattr(Console, "input", answer)
    return typed


# Making a key


@pytest.mark.usefixtures("on_a_terminal")
def test_a_key_is_made_proven_and_shown_once(run: Run, account: Account) -> None:
    said = run("create")
    (key,) = account.held()
    assert said.code == 0
    assert said.out == f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY={account.secrets[0]}\n"
    assert f"✓ {key} works, and is shown above, and never again" in said.err
    assert account.called[-1] == "GetCallerIdentity", "it was tried before it was shown"


def test_a_key_goes_into_no_file_by_accident(run: Run, account: Account) -> None:
    said = run("create")
    assert said.problem.startswith("the key would be written into a file or a log, where it stays: run this on a")
    assert account.held() == {}
    assert run("create", "--show").out.count("AWS_SECRET_ACCESS_KEY=") == 1


def test_a_key_that_aws_does_not_know_yet_is_waited_for(run: Run, account: Account) -> None:
    account.failing["GetCallerIdentity"] = [None, OLD_REFUSAL, OLD_REFUSAL, OLD_REFUSAL]
    assert run("create", "--show").code == 0
    assert account.waited == [1, 2, 3]


def test_a_key_that_never_works_is_deleted_after_a_minute(run: Run, account: Account) -> None:
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    said = run("create", "--show")
    assert said.problem.endswith(
        "did not work within a minute (InvalidClientTokenId) and was deleted again; nothing else was touched: "
        'run `make credentials STACK=dev ARGS="create"` again with the same options'
    )
    assert said.out == ""
    assert sum(account.waited) == 60
    assert account.held() == {}


def test_where_not_even_that_works_the_key_is_named(run: Run, account: Account) -> None:
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("create", "--show")
    (key,) = account.held()
    assert f"the new key {key} exists, and its secret is lost: run `make credentials STACK=dev" in said.problem
    assert f'ARGS="revoke {key}"`' in said.problem


@pytest.mark.parametrize("verb", ["create", "rotate"])
def test_a_third_key_is_refused(run: Run, account: Account, verb: str) -> None:
    keys = [account.key(), account.key()]
    said = run(verb, "--show")
    assert said.problem.startswith(f"{USER} has two keys already, as many as AWS allows: {keys[0]} (made ")
    assert said.problem.endswith(
        f'run `make credentials STACK=dev ARGS="revoke {keys[0]}"` if that one is not in use, and then this again'
    )
    assert list(account.held()) == keys


def test_a_key_may_have_been_made_when_the_answer_is_lost(run: Run, account: Account) -> None:
    account.failing["CreateAccessKey"] = ["ServiceFailure"]
    said = run("create", "--show")
    assert "a key may have been made whose secret is lost: run `make credentials" in said.problem
    assert account.called.count("CreateAccessKey") == 1, "a repetition would make a second one"


@pytest.mark.parametrize("operation", ["GetUser", "ListAccessKeys", "CreateAccessKey"])
def test_it_takes_an_admin(run: Run, account: Account, operation: str) -> None:
    account.failing[operation] = ["AccessDenied"]
    said = run("create", "--show")
    assert "which takes an admin's: run `export AWS_PROFILE=admin`" in said.problem
    assert account.held() == {}


def test_it_asks_of_iam_what_the_proof_says(run: Run, account: Account) -> None:
    """tests/iam proves that nobody who deploys may make these calls."""
    account.key()
    run("rotate", "--show")
    run("revoke")
    (*_, last) = account.held()
    run("revoke", last)
    calls = {f"iam:{operation}" for operation in account.called if operation != "GetCallerIdentity"}
    assert calls <= set(CREDENTIAL_CALLS)
    assert {"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:GetUser"} <= calls


# Whose key


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
    assert said.problem.startswith("these AWS credentials belong to account 123456789012, and stack dev is meant for")
    assert account.held() == {}


def test_a_wrong_setting_stops_it(run: Run, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, projectName="A")
    assert run("create", "--show").problem.startswith("`projectName` is `A` and must look like `conducky`")
    assert account.called == []


# Credentials of the admin


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


# Changing a key


def test_the_old_key_goes_when_the_new_one_is_stored(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    assert run("rotate", "--github").code == 0
    (new,) = account.held()
    assert new != old
    assert gh.stored == {"AWS_ACCESS_KEY_ID": new, "AWS_SECRET_ACCESS_KEY": account.secrets[-1]}
    wanted = ["CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "GetCallerIdentity", "DeleteAccessKey"]
    assert [call for call in account.called if call in wanted][-5:] == wanted, (
        "switched off, then seen to be dispensable"
    )


def test_without_a_key_there_is_nothing_to_change(run: Run, account: Account) -> None:
    assert run("rotate", "--show").problem == (
        f'{USER} has no key to change: run `make credentials STACK=dev ARGS="create"`'
    )
    assert account.held() == {}


def test_a_key_that_does_not_work_leaves_the_old_one(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    account.failing["GetCallerIdentity"] = [None, *[OLD_REFUSAL] * 20]
    assert "did not work within a minute" in run("rotate", "--github").problem
    assert account.held() == {old: "Active"}
    assert gh.stored == {}


def test_a_key_that_github_does_not_take_leaves_both(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    gh.fails("secret.set", "HTTP 502: Bad gateway\n")
    said = run("rotate", "--github")
    assert account.held().keys() >= {old}
    (new,) = account.held().keys() - {old}
    assert said.problem == (
        f"GitHub did not take both halves of the new key (HTTP 502: Bad gateway); {new} exists, works, and is kept for "
        f'certain nowhere; any older key is untouched: run `make credentials STACK=dev ARGS="revoke {new}"`, then '
        '`make credentials STACK=dev ARGS="rotate"` with the same options'
    )


def test_what_gh_quotes_is_not_repeated(run: Run, account: Account, gh: FakeGh) -> None:
    """A parser's complaint shows what it could not parse."""
    (gh.folder / "secret.set.echo").touch()
    gh.fails("secret.set", "")
    said = run("create", "--github")
    assert "AWS_SECRET_ACCESS_KEY=…" in said.problem


def test_an_old_key_that_cannot_be_switched_off_is_named(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    account.failing["UpdateAccessKey"] = ["ServiceFailure"]
    said = run("rotate", "--github")
    assert account.held()[old] == "Active"
    assert f"works and is kept, and the old one {old} still works: run `make credentials" in said.problem


def test_an_old_key_that_cannot_be_deleted_is_named(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    account.failing["DeleteAccessKey"] = ["ServiceFailure"]
    said = run("rotate", "--github")
    assert account.held()[old] == "Inactive"
    assert (
        f'and the old one {old} is switched off: run `make credentials STACK=dev ARGS="revoke {old}"`' in said.problem
    )


def test_the_old_key_comes_back_where_the_new_one_fails_without_it(run: Run, account: Account, gh: FakeGh) -> None:
    old = account.key()
    account.failing["GetCallerIdentity"] = [None, None, *[OLD_REFUSAL] * 20]
    said = run("rotate", "--github")
    assert set(account.held().values()) == {"Active"}
    assert f"so the old one {old} was switched on again: run `make credentials" in said.problem


def test_shown_is_not_yet_kept(run: Run, account: Account, answers: list[str]) -> None:
    """Nobody is there to say that the new key is in its place."""
    old = account.key()
    said = run("rotate", "--show")
    assert said.code == 0
    assert account.held()[old] == "Active"
    assert f'when the new key is in use, run `make credentials STACK=dev ARGS="revoke {old}"`' in said.err


@pytest.mark.usefixtures("on_a_terminal")
def test_a_person_says_that_the_new_key_is_in_its_place(run: Run, account: Account, answers: list[str]) -> None:
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


# Removing a key


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


# Signals


@pytest.mark.parametrize("verb", ["create", "rotate"])
def test_a_signal_while_it_waits_leaves_no_new_key(
    run: Run, account: Account, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    old = [account.key()] if verb == "rotate" else []
    account.failing["GetCallerIdentity"] = [None, OLD_REFUSAL]

    def interrupted(_seconds: float) -> None:
        raise Interrupted(2)

    monkeypatch.setattr(access_keys.time, "sleep", interrupted)
    with pytest.raises(Interrupted):
        run(verb, "--show")
    assert list(account.held()) == old


def test_a_signal_while_github_is_told_leaves_the_key_and_says_so(
    run: Run, account: Account, gh: FakeGh, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: destinations.GithubSecrets, _key: access_keys.NewKey) -> str:
        raise Interrupted(2)

    lines: list[str] = []

    def say(_deployer: commands.Deployer, line: str) -> None:
        lines.append(line)

    monkeypatch.setattr(commands.Deployer, "say", say)
    monkeypatch.setattr(destinations.GithubSecrets, "keep", interrupted)
    with pytest.raises(Interrupted):
        run("create", "--github")
    (key,) = account.held()
    assert lines[-1].startswith(f"{key} exists, works, and is kept for certain nowhere")


# GitHub


def test_gh_is_asked_before_there_is_a_key(run: Run, account: Account, gh: FakeGh) -> None:
    run("create", "--github", "--repo", "acme/conducky", "--github-environment", "prod")
    assert gh.calls == [
        "auth status --hostname github.com",
        "secret list --repo acme/conducky --env prod",
        "secret set --env-file - --repo acme/conducky --env prod",
    ]
    assert gh.stored["AWS_SECRET_ACCESS_KEY"] == account.secrets[0]


def test_no_secret_is_among_the_words_of_a_command(run: Run, account: Account, gh: FakeGh) -> None:
    said = run("create", "--github")
    assert account.secrets[0] not in "\n".join(gh.calls)
    assert said.out == ""


def test_the_repository_of_the_settings_is_meant(
    run: Run, account: Account, gh: FakeGh, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, githubRepository="acme/forked")
    said = run("create", "--github")
    assert gh.calls[-1] == "secret set --env-file - --repo acme/forked"
    assert "stored as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of acme/forked" in said.err


def test_gh_is_missing(run: Run, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run("create", "--github").problem.startswith("there is no `gh`, which stores secrets on GitHub: install")
    assert account.held() == {}


def test_gh_is_not_signed_in(run: Run, account: Account, gh: FakeGh) -> None:
    gh.fails("auth.status", "You are not logged into any GitHub hosts.\n")
    assert run("create", "--github").problem == "`gh` is not signed in to GitHub: run `gh auth login`"
    assert account.held() == {}


def test_gh_may_not_see_the_secrets(run: Run, account: Account, gh: FakeGh) -> None:
    gh.fails("secret.list", "failed to get secrets: HTTP 404: Not Found\n")
    said = run("create", "--repo", "acme/other")
    assert said.problem.startswith(
        "`gh` cannot see the secrets of acme/other (failed to get secrets: HTTP 404: Not Found)"
    )
    assert account.held() == {}


@pytest.mark.parametrize(
    "words", [("--repo", "conducky"), ("--repo", "--org"), ("--github-environment", "-x"), ("--repo", "a/b/c")]
)
def test_a_name_that_github_does_not_have(run: Run, account: Account, gh: FakeGh, words: Sequence[str]) -> None:
    said = run("create", f"{words[0]}={words[1]}")
    assert f"{words[0]} is `{words[1]}`, and must look like" in said.problem
    assert gh.calls == []
    assert account.held() == {}
