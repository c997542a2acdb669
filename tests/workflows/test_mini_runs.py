"""The workflows' own commands, run in their order: what reaches Pulumi, with which secrets, and how failures end."""

import json
import shlex

import pytest

from tests.conducky.engine.test_event_log import FAILURE
from tests.conducky.pipeline.test_previews import CHANGED
from tests.fakes.aws import deployment, revision, service
from tests.fakes.runner import SECRETS
from tests.workflows.conftest import NOTE, Repository
from tests.workflows.mini_runner import ROLE_KEY, JobRun

pytestmark = pytest.mark.engine

STACK = {"inputs": {"stack": "dev", "runner": "ubuntu-24.04-arm"}}
GREEN = {"approve": "success", "check": "success", "platform": "success", "services": "success"}


def results(done: dict[str, JobRun]) -> dict[str, str]:
    return {name: job.result for name, job in done.items()}


def test_a_stack_is_deployed_and_proven_and_each_layer_has_its_secrets_and_no_others(repository: Repository) -> None:
    repository.runner.variables["CORS_ORIGIN"] = "https://app.example.com"
    done = repository.runner.run("stack.yml", **STACK)
    assert results(done) == GREEN, "\n".join(job.said for job in done.values())
    assert repository.changed == ["platform up", "services up"]
    for words in repository.pulumi.changes:
        assert "--stack acme/dev --yes --event-log /" in words
    assert "✓ frontend answers at" in done["services"].said
    assert "### ✅ platform/dev is deployed" in done["platform"].summary
    assert "### ✅ services/dev is deployed" in done["services"].summary
    assert "::error" not in "".join(job.said for job in done.values())

    platform, services = (repository.environment_of(layer, "up") for layer in ("platform", "services"))
    for environment in (platform, services):
        for name in ("PULUMI_ACCESS_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            assert environment[name] == SECRETS[name]
        assert environment["AWS_REGION"] == "us-east-1"
    assert services["JWT_SECRET"] == SECRETS["JWT_SECRET"]
    assert services["SESSION_SECRET"] == SECRETS["SESSION_SECRET"]
    assert services["CORS_ORIGIN"] == "https://app.example.com"
    assert [platform.get(name, "") for name in ("JWT_SECRET", "SESSION_SECRET", "CORS_ORIGIN")] == ["", "", ""]


def test_the_first_time_with_a_role_beside_a_left_key_and_the_region_as_a_secret(
    repository: Repository,
) -> None:
    repository.runner.variables["AWS_DEPLOY_ROLE_ARN"] = "arn:aws:iam::123456789012:role/conducky-dev-github-deploy"
    repository.runner.secrets["AWS_REGION"] = repository.runner.variables.pop("AWS_REGION")
    repository.pulumi.answer("platform", "export", err="error: no stack named 'dev' found\n", code=6)
    assert results(repository.runner.run("stack.yml", **STACK)) == GREEN
    for layer in ("platform", "services"):
        assert repository.environment_of(layer, "up")["AWS_ACCESS_KEY_ID"] == ROLE_KEY
    words = [call.words for call in repository.pulumi.calls]
    assert "-C platform stack init --stack acme/dev --non-interactive" in words
    assert not any("services stack init" in each for each in words)


@pytest.mark.parametrize("name", ["PULUMI_ACCESS_TOKEN", "SESSION_SECRET"])
def test_a_missing_secret_is_named_before_pulumi_is_asked_anything(repository: Repository, name: str) -> None:
    del repository.runner.secrets[name]
    done = repository.runner.run("stack.yml", **STACK)
    assert results(done) == GREEN | {"check": "failure", "platform": "skipped", "services": "skipped"}
    assert (
        f"::error title=Secrets and variables of dev::GitHub has no secret {name} for stack dev" in done["check"].said
    )
    assert repository.pulumi.calls == []


def test_a_missing_bootstrap_stops_it(repository: Repository) -> None:
    repository.pulumi.no_stack("bootstrap")
    done = repository.runner.run("stack.yml", **STACK)
    assert done["check"].result == "failure"
    assert "run `make deploy STACK=dev LAYER=bootstrap` as an AWS admin" in done["check"].said
    assert repository.changed == []


def test_a_failed_platform_stops_services(repository: Repository) -> None:
    repository.pulumi.answer("platform", "up", code=4)
    done = repository.runner.run("stack.yml", **STACK)
    assert results(done) == GREEN | {"platform": "failure", "services": "skipped"}
    assert repository.changed == ["platform up"]
    assert "### ❌ platform/dev: deploy failed" in done["platform"].summary
    assert "::error title=platform/dev%3A deploy failed::" in done["platform"].said


def test_a_failed_release_says_why(repository: Repository) -> None:
    write_log = f"for log; do :; done; printf '%s\\n' {shlex.quote(json.dumps(FAILURE))} >\"$log\"\n"
    repository.pulumi.answer("services", "up", script=write_log, code=4)
    done = repository.runner.run("stack.yml", **STACK)
    assert done["services"].result == "failure"
    title = "::error title=services/dev%3A deploy failed::"
    assert f"{title}conducky-dev-backend: waiting for ECS Service: timeout\n" in done["services"].said
    assert "#### conducky-dev-backend" in done["services"].summary
    assert "is steady." in done["services"].summary
    text = "".join(job.said + job.summary for job in done.values())
    assert [name for name, secret in SECRETS.items() if secret in text] == []


def test_a_silent_rollback_is_red(repository: Repository) -> None:
    """Pulumi was content, and ECS runs the revision before."""
    before = service("backend", deployment(revision("backend", 41)))
    frontend = service("frontend", deployment(repository.services["frontend_task_definition_arn"]))
    repository.aws.services(before, frontend)
    expected = repository.services["backend_task_definition_arn"]
    repository.aws.rollout(expected, "ROLLBACK_SUCCESSFUL", statusReason="the circuit breaker was triggered")
    failed = {"taskDefinitionArn": expected, "stoppedReason": "OutOfMemoryError: Container killed"}
    repository.aws.stopped(failed)
    done = repository.runner.run("stack.yml", **STACK)
    assert results(done) == GREEN | {"services": "failure"}
    said = done["services"].said
    assert "::error title=Release of dev::backend was rolled back, it runs conducky-dev-backend:41" in said
    assert "it ran out of memory: raise `backendMemory`" in said
    assert "### ❌ services/dev: deploy failed" in done["services"].summary


def test_an_environment_that_admits_every_branch_stops_it_before_anything(repository: Repository) -> None:
    repository.github.environment("dev")
    done = repository.runner.run("stack.yml", **STACK)
    assert done["check"].result == "failure"
    assert "::error title=The environment dev::the environment `dev` has no rule for branches" in done["check"].said
    assert repository.changed == []


def test_without_environments_it_deploys_with_the_repositorys_secrets(repository: Repository) -> None:
    repository.github.environments.clear()
    repository.runner.variables["ENVIRONMENTS"] = "none"
    assert results(repository.runner.run("stack.yml", **STACK)) == GREEN


def test_the_stacks_of_a_deployment(repository: Repository) -> None:
    repository.runner.variables["STACKS"] = '["dev", "prod"]'
    (entry, other) = json.loads(_stacks(repository, "deploy.yml", stack="").outputs["matrix"])["include"]
    assert (entry["stack"], other["stack"]) == ("dev", "prod")
    (only,) = json.loads(_stacks(repository, "deploy.yml", stack="prod").outputs["matrix"])["include"]
    assert only["stack"] == "prod"


@pytest.mark.parametrize("workflow", ["deploy.yml", "destroy.yml"])
def test_a_typed_name_that_is_no_stack_goes_no_further(repository: Repository, workflow: str) -> None:
    typed = '$(touch evil)"; touch evil; "'
    stacks = _stacks(repository, workflow, stack=typed, confirm=typed)
    assert stacks.result == "failure"
    assert "is not among the stacks of this pipeline (dev)" in stacks.said
    assert repository.pulumi.calls == []


@pytest.mark.parametrize("workflow", ["deploy.yml", "drift.yml", "destroy.yml"])
def test_on_another_branch_nothing_runs(repository: Repository, workflow: str) -> None:
    repository.runner.github["ref"] = "refs/heads/mine"
    assert _stacks(repository, workflow, stack="dev", confirm="dev").result == "skipped"


def _stacks(repository: Repository, workflow: str, **inputs: str) -> JobRun:
    runner = repository.runner
    runner.folder = runner.folder / "again"
    return runner.run(workflow, inputs=inputs, matrix={})["stacks"]


def destroy(repository: Repository, confirm: str) -> dict[str, JobRun]:
    for layer in ("platform", "services"):
        repository.pulumi.answer(layer, "export", out=json.dumps({"deployment": {"resources": [RESOURCE]}}))
    return repository.runner.run("destroy.yml", inputs={"stack": "dev", "confirm": confirm})


RESOURCE = {
    "urn": "urn:pulumi:dev::x::aws:ecs/cluster:Cluster::cluster",
    "type": "aws:ecs/cluster:Cluster",
    "custom": True,
}


def test_destroy_goes_in_reverse(repository: Repository) -> None:
    done = destroy(repository, "dev")
    assert results(done) == {"stacks": "success", "approve": "success", "destroy": "success"}
    assert repository.changed == ["services destroy", "platform destroy"]
    assert "❌" not in done["destroy"].summary


@pytest.mark.parametrize("confirm", ["", "$(touch evil)"])
def test_destroy_wants_the_name_twice(repository: Repository, confirm: str) -> None:
    done = destroy(repository, confirm)
    assert done["destroy"].result == "failure"
    assert "nothing was removed" in done["destroy"].said
    assert "❌" in done["destroy"].summary
    assert repository.changed == []


def test_a_protected_stack_is_not_destroyed(repository: Repository) -> None:
    protected = RESOURCE | {"inputs": {"deletionProtection": True}}
    repository.pulumi.answer("services", "export", out="{}")
    repository.pulumi.answer("platform", "export", out=json.dumps({"deployment": {"resources": [protected]}}))
    done = repository.runner.run("destroy.yml", inputs={"stack": "dev", "confirm": "dev"})
    assert "is protected against deletion" in done["destroy"].said
    assert repository.changed == []


SAME = {
    "event": {"pull_request": {"head": {"repo": {"full_name": "acme/conducky"}}, "user": {"login": "ada"}, "number": 7}}
}


def test_a_pull_request_gets_its_comment(repository: Repository) -> None:
    repository.runner.github |= SAME | {"repository": "acme/conducky"}
    repository.runner.variables["AWS_PREVIEW_ROLE_ARN"] = "arn:aws:iam::123456789012:role/conducky-dev-github-preview"
    repository.pulumi.answer("platform", "preview", out=CHANGED, script=NOTE, code=7)
    evaluated, done = repository.runner.run("preview.yml").values()
    assert (evaluated.result, done.result) == ("success", "success"), evaluated.said + done.said
    assert "### What this changes in `dev`" in evaluated.summary
    assert repository.changed == ["bootstrap preview", "platform preview", "services preview"]
    assert "<b>platform</b>: 2 to update" in repository.github.comments[7][0]["body"]
    assert repository.environment_of("platform", "preview")["AWS_ACCESS_KEY_ID"] == ROLE_KEY, "not the deployer's key"


def test_a_new_repository_is_green_and_told_what_is_missing(repository: Repository) -> None:
    repository.runner.github |= SAME | {"repository": "acme/conducky"}
    role = "arn:aws:iam::123456789012:role/conducky-dev-github-preview"
    repository.runner.variables = {"AWS_PREVIEW_ROLE_ARN": role}
    done = repository.runner.run("preview.yml")["preview"]
    assert done.result == "success", done.said
    body = repository.github.comments[7][0]["body"]
    assert "Nothing is previewed: GitHub has no " in body
    assert "`gh variable set AWS_REGION --env preview`" in body
    assert repository.changed == []


STRANGERS = [("mallory/conducky", "mallory"), ("acme/conducky", "dependabot[bot]"), ("", "ghost")]


@pytest.mark.parametrize(("full_name", "login"), STRANGERS)
def test_a_stranger_gets_the_evaluation_and_nothing_else(repository: Repository, full_name: str, login: str) -> None:
    event = {"pull_request": {"head": {"repo": {"full_name": full_name}}, "user": {"login": login}, "number": 7}}
    repository.runner.github |= {"event": event, "repository": "acme/conducky"}
    repository.runner.variables["AWS_PREVIEW_ROLE_ARN"] = "arn:aws:iam::123456789012:role/conducky-dev-github-preview"
    done = repository.runner.run("preview.yml")
    assert results(done) == {"evaluate": "success", "preview": "skipped"}
    assert done["preview"].ran == []


@pytest.mark.parametrize(("name", "value"), [("ENVIRONMENTS", "none"), ("AWS_PREVIEW_ROLE_ARN", "")])
def test_without_reviewers_or_a_role_there_is_no_real_preview(repository: Repository, name: str, value: str) -> None:
    repository.runner.github |= SAME | {"repository": "acme/conducky"}
    role = "arn:aws:iam::123456789012:role/conducky-dev-github-preview"
    repository.runner.variables |= {"AWS_PREVIEW_ROLE_ARN": role, name: value}
    assert results(repository.runner.run("preview.yml")) == {"evaluate": "success", "preview": "skipped"}
    assert repository.pulumi.calls == []


def test_drift_opens_its_issue_and_is_red(repository: Repository) -> None:
    repository.pulumi.answer("platform", "preview", out=CHANGED, script=NOTE, code=7)
    done = repository.runner.run("drift.yml", matrix={"stack": "dev"})
    assert results(done) == {"stacks": "success", "drift": "failure"}
    assert "## dev" in repository.github.issues[1]["body"]
    assert repository.changed == ["bootstrap preview", "platform preview", "services preview"]
    assert repository.environment_of("services", "preview")["JWT_SECRET"] == SECRETS["JWT_SECRET"]


def test_no_drift_is_green(repository: Repository) -> None:
    done = repository.runner.run("drift.yml", matrix={"stack": "dev"})
    assert results(done) == {"stacks": "success", "drift": "success"}, done["drift"].said
    assert repository.github.issues == {}


def test_the_first_push_of_a_copy_deploys_nothing_and_does_not_fail(repository: Repository) -> None:
    del repository.runner.variables["PULUMI_ORG"]
    done = repository.runner.run("deploy.yml")
    assert results(done) == {"ci": "success", "stacks": "success", "stack": "skipped"}
    assert "::notice title=Nothing is deployed::" in done["stacks"].said
    assert "conducky setup github" in done["stacks"].said
    assert results(repository.runner.run("drift.yml")) == {"stacks": "success", "drift": "skipped"}
    assert repository.pulumi.calls == []


def test_a_repository_that_is_set_up_deploys_its_stacks(repository: Repository) -> None:
    done = repository.runner.run("deploy.yml")
    assert '"stack": "dev"' in done["stacks"].outputs["matrix"]
    assert "::notice" not in done["stacks"].said
