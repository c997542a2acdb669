"""Keys as secrets of a repository, through a `gh` that only records its calls."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conducky.credentials.conftest import Run, told
from tests.fakes.iam_users import IamUsers
from tests.fakes.recording_gh import RecordingGh


def test_gh_is_checked_before_there_is_a_key(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    run("create", "--github", "--repo", "acme/conducky", "--github-environment", "prod")
    assert gh.calls == [
        "auth status --hostname github.com",
        "secret list --repo acme/conducky --env prod",
        "secret set --env-file - --repo acme/conducky --env prod",
    ]
    assert gh.stored["AWS_SECRET_ACCESS_KEY"] == account.secrets[0]


def test_no_secret_is_among_the_arguments_of_a_command(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    said = run("create", "--github")
    assert account.secrets[0] not in "\n".join(gh.calls)
    assert said.out == ""


def test_the_repository_of_the_settings_is_the_default(
    run: Run, account: IamUsers, gh: RecordingGh, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, githubRepository="acme/forked")
    said = run("create", "--github")
    assert gh.calls[-1] == "secret set --env-file - --repo acme/forked --env dev"
    assert "stored as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of environment dev of acme/forked" in said.err


@pytest.mark.parametrize("verb", ["create", "rotate"])
@pytest.mark.parametrize("words", [("--github",), ("--repo", "acme/conducky"), ("--github", "--stack", "prod")])
def test_the_stacks_environment_is_the_default(
    run: Run, account: IamUsers, gh: RecordingGh, verb: str, words: Sequence[str]
) -> None:
    """Every branch reads the secrets of the whole repository."""
    stack = "prod" if "prod" in words else "dev"
    if verb == "rotate":
        account.key(f"conducky-{stack}-deployer")
    run(verb, *words)
    assert gh.calls[-1].endswith(f" --env {stack}")


def test_the_whole_repository_only_where_asked_for(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    run("create", "--repository-wide")
    assert gh.calls[-1] == "secret set --env-file -"


def test_not_both(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    said = run("create", "--repository-wide", "--github-environment", "prod")
    assert "exclude each other" in said.problem
    assert "`--repository-wide`" in said.fix
    assert gh.calls == []


def test_gh_is_missing(run: Run, account: IamUsers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = run("create", "--github")
    assert "there is no `gh`" in said.problem
    assert "cli.github.com" in said.fix
    assert account.held() == {}


def test_gh_is_not_signed_in(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    gh.fails("auth.status", "You are not logged into any GitHub hosts.\n")
    assert run("create", "--github").fix == "run `gh auth login`"
    assert account.held() == {}


def test_gh_may_not_list_the_secrets(run: Run, account: IamUsers, gh: RecordingGh) -> None:
    gh.fails("secret.list", "failed to get secrets: HTTP 404: Not Found\n")
    said = run("create", "--repo", "acme/other")
    assert "secrets of environment dev of acme/other (failed to get secrets: HTTP 404: Not Found)" in said.problem
    assert "`--repo acme/conducky`" in said.fix
    assert account.held() == {}


@pytest.mark.parametrize(
    "words", [("--repo", "conducky"), ("--repo", "--org"), ("--github-environment", "-x"), ("--repo", "a/b/c")]
)
def test_a_name_that_github_does_not_have(run: Run, account: IamUsers, gh: RecordingGh, words: Sequence[str]) -> None:
    said = run("create", f"{words[0]}={words[1]}")
    assert said.problem == f"{words[0]} is `{words[1]}`"
    assert f"`{words[0]} " in said.fix
    assert gh.calls == []
    assert account.held() == {}
