"""`conducky setup github`: all of docs/pipeline.md in one command, again and again, without showing a secret."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from conducky.deployment import Selection
from conducky.errors import UserError
from conducky.github.gh import gh
from conducky.operations.doctor.finding import Finding
from conducky.operations.setup_github import command
from conducky.operations.setup_github.steps import Plan
from conducky.settings.schema import BootstrapSettings
from tests.conducky.operations.conftest import Run
from tests.fakes.gh import REPOSITORY, FakeGh, fake_gh
from tests.fakes.pulumi import FakePulumi

pytestmark = pytest.mark.engine

ROLE = "arn:aws:iam::123456789012:role/conducky-dev-github-deploy"
DESTROY_ROLE = "arn:aws:iam::123456789012:role/conducky-dev-destroy"
EXPORTS = {"deploy_role_arn": ROLE, "destroy_role_arn": DESTROY_ROLE, "preview_role_arn": ""}
TOKEN = "pul-fake-token-for-tests"
TRUSTED = {"githubRepository": REPOSITORY, "githubIds": "12/56", "githubEnvironment": "dev"}


@pytest.fixture
def github(tmp_path: Path, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> FakeGh:
    made = fake_gh(tmp_path / "gh", monkeypatch)
    pulumi.answer("bootstrap", "output", out=json.dumps(EXPORTS))
    monkeypatch.setenv("PULUMI_ORG", "acme")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """Let bootstrap have these settings; unless called, those that trust this repository's environment."""

    def settings(values: Mapping[str, str]) -> None:
        found = BootstrapSettings.model_validate(values)

        def settings_of(_kind: object, _stack: str) -> BootstrapSettings:
            return found

        monkeypatch.setattr(command, "settings_of", settings_of)

    settings(TRUSTED)
    return settings


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who types the token."""
    original = command.plan

    def answer(_question: str) -> str:
        return TOKEN

    def plan(selection: Selection, repository: str | None, console: Console) -> Plan:
        return replace(original(selection, repository, console), ask=answer)

    monkeypatch.setattr(command, "plan", plan)


@pytest.mark.usefixtures("trusted", "answered")
def test_everything_is_set_up_and_a_second_time_changes_nothing(github: FakeGh, run: Run) -> None:
    ran = run("setup", "github")
    assert (ran.code, ran.out) == (0, "")
    state = github.state
    environment = state["environments"]["dev"]
    assert environment["body"]["deployment_branch_policy"] == {
        "protected_branches": False,
        "custom_branch_policies": True,
    }
    assert environment["branches"] == ["main"]
    secrets = state["secrets"]["dev"]
    assert secrets["PULUMI_ACCESS_TOKEN"] == TOKEN
    assert len(secrets["JWT_SECRET"]) == 64
    assert secrets["JWT_SECRET"] != secrets["SESSION_SECRET"]
    assert state["variables"] == {
        "": {"PULUMI_ORG": "acme", "AWS_REGION": "us-east-1"},
        "dev": {"AWS_DEPLOY_ROLE_ARN": ROLE, "AWS_DESTROY_ROLE_ARN": DESTROY_ROLE},
    }
    assert "" not in state["secrets"], "what every branch could read"
    shown = ran.err + json.dumps(github.calls)
    for secret in secrets.values():
        assert secret not in shown
    before = len(github.changes)
    again = run("setup", "github")
    assert again.code == 0
    assert len(github.changes) == before


@pytest.mark.usefixtures("trusted", "answered")
def test_a_dry_run_prints_the_commands_and_runs_none(github: FakeGh, run: Run) -> None:
    ran = run("setup", "github", "--dry-run")
    assert ran.code == 0
    assert github.changes == []
    for line in (
        "gh secret set PULUMI_ACCESS_TOKEN --env dev --repo acme/conducky",
        "openssl rand -hex 32 | gh secret set JWT_SECRET --env dev --repo acme/conducky",
        f"gh variable set AWS_DEPLOY_ROLE_ARN --env dev --repo acme/conducky --body {ROLE}",
        f"gh variable set AWS_DESTROY_ROLE_ARN --env dev --repo acme/conducky --body {DESTROY_ROLE}",
        "gh api --method PUT repos/acme/conducky/environments/dev --input - <<'JSON'",
        "gh api --method POST repos/acme/conducky/environments/dev/deployment-branch-policies -f name=main",
    ):
        assert line in ran.err.splitlines()


@pytest.mark.usefixtures("answered")
def test_bootstrap_that_trusts_another_repository_is_left_to_an_admin(
    github: FakeGh, run: Run, trusted: Callable[[Mapping[str, str]], None]
) -> None:
    trusted(TRUSTED | {"githubRepository": "acme/other"})
    ran = run("setup", "github", "--repo", REPOSITORY)
    assert ran.code == 3
    assert "pulumi -C bootstrap config set githubRepository acme/conducky --stack dev" in ran.err
    assert "githubIds" not in ran.err, "only what differs is named"
    assert "make deploy STACK=dev LAYER=bootstrap" in ran.err
    assert github.state["secrets"]["dev"]["PULUMI_ACCESS_TOKEN"] == TOKEN, "the other steps are done"


@pytest.mark.usefixtures("answered")
def test_keys_that_are_stored_need_no_role(
    github: FakeGh, run: Run, pulumi: FakePulumi, trusted: Callable[[Mapping[str, str]], None]
) -> None:
    trusted({})
    pulumi.answer("bootstrap", "output", out='{"deploy_role_arn": ""}')
    github.set(secrets={"": {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}})
    ran = run("setup", "github")
    assert ran.code == 0
    assert "AWS_DEPLOY_ROLE_ARN" not in github.state["variables"].get("dev", {})


@pytest.mark.usefixtures("trusted", "answered")
def test_reviewers_stacks_and_a_domain(github: FakeGh, run: Run) -> None:
    github.set(variables={"": {"STACKS": '["prod"]'}})
    assert run("setup", "github", "--reviewer", "ada", "--domain", "https://app.example.com", "--deploy").code == 0
    state = github.state
    assert state["environments"]["dev-approval"]["body"]["reviewers"] == [{"type": "User", "id": 42}]
    assert "reviewers" not in state["environments"]["dev"]["body"], "GitHub would ask for each job"
    assert json.loads(state["variables"][""]["STACKS"]) == ["prod", "dev"]
    assert state["variables"]["dev"]["FRONTEND_BASE_URL"] == "https://app.example.com"
    assert state["started"][0][:3] == ["workflow", "run", "deploy.yml"]


@pytest.mark.usefixtures("trusted", "answered")
def test_a_plan_without_environments_is_told_and_has_a_way(github: FakeGh, run: Run) -> None:
    github.set(private=True, no_environments=True)
    ran = run("setup", "github")
    assert ran.code == 3
    assert "environments in private repositories with a paid plan only" in ran.err
    assert "gh variable set ENVIRONMENTS --body none" in ran.err
    github.set(variables={"": {"ENVIRONMENTS": "none"}}, secrets={})
    assert "PULUMI_ACCESS_TOKEN" not in github.state["secrets"]
    ran = run("setup", "github")
    assert github.state["secrets"][""]["PULUMI_ACCESS_TOKEN"] == TOKEN
    assert github.state["environments"] == {}


@pytest.mark.usefixtures("trusted")
def test_nobody_to_ask_leaves_the_token_and_does_the_rest(github: FakeGh, run: Run) -> None:
    ran = run("setup", "github")
    assert ran.code == 3
    assert "PULUMI_ACCESS_TOKEN was not given: run `gh secret set PULUMI_ACCESS_TOKEN" in ran.err
    assert "JWT_SECRET" in github.state["secrets"]["dev"]


def test_not_signed_in(github: FakeGh, run: Run) -> None:
    github.set(signed_in=False)
    ran = run("setup", "github")
    assert (ran.code, ran.out) == (1, "")
    assert "gh auth login" in ran.err


def test_no_gh(pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "cli.github.com" in run("setup", "github").err


def test_an_unknown_repository(github: FakeGh, run: Run) -> None:
    ran = run("setup", "github", "--repo", "acme/nothing")
    assert ran.code == 1
    assert "404" in ran.err


def test_a_secret_is_taken_out_of_what_gh_says(github: FakeGh) -> None:
    github.set(refused={"secret": f"could not store {TOKEN} here"})
    with pytest.raises(UserError) as caught:
        gh("secret", "set", "X", secret=TOKEN)
    assert "could not store *** here" in caught.value.problem


@pytest.mark.usefixtures("trusted")
def test_the_doctor_sees_what_is_missing_and_offers_what_is_safe(github: FakeGh) -> None:
    found = {each.text: each for each in command.checks(Selection.of("dev", None), None, Console())}

    def safe(finding: Finding) -> bool:
        return finding.apply is not None

    assert not safe(found["missing: the secret PULUMI_ACCESS_TOKEN"])
    assert safe(found["missing: the secret JWT_SECRET (generated)"])
    assert safe(found["missing: the environment dev, for chosen branches only"])
    github.set(default_subject=False)
    found = {each.text: each for each in command.checks(Selection.of("dev", None), None, Console())}
    assert any("customised OIDC subject" in text for text in found)


def test_without_gh_the_doctor_says_that_github_was_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (found,) = command.checks(Selection.of("dev", None), None, Console())
    assert (found.level, found.text) == ("unseen", "whether GitHub can deploy")
    assert "`--no-github`" in found.fix
