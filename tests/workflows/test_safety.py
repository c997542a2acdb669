"""Who may do what: permissions, pins, secrets, and the pull requests of strangers."""

import re

import pytest
import yaml

from conducky.repository import ROOT
from tests.workflows.workflow_files import WORKFLOWS, Job, Step, action_steps, all_jobs, all_steps, jobs, read, texts

AWS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEPLOY_ROLE_ARN", "AWS_REGION"}
PULUMI = {"PULUMI_ACCESS_TOKEN"}
APPLICATION = {"JWT_SECRET", "SESSION_SECRET"}
# What each job may read; a job that is not here may read none.
SECRETS = {
    "stack.yml check": AWS | PULUMI | APPLICATION,  # to see whether they are there
    "stack.yml platform": AWS | PULUMI,
    "stack.yml services": AWS | PULUMI | APPLICATION,
    "stack.yml verify": AWS | PULUMI,
    "drift.yml drift": AWS | PULUMI | APPLICATION,
    "destroy.yml destroy": AWS | PULUMI,
    "preview.yml preview": (AWS | PULUMI | APPLICATION) - {"AWS_DEPLOY_ROLE_ARN"},
}
READ = {"contents": "read"}
ROLE = READ | {"id-token": "write"}
PERMISSIONS = {
    "stack.yml platform": ROLE,
    "stack.yml services": ROLE,
    "stack.yml verify": ROLE,
    "deploy.yml stack": ROLE,  # a called workflow gets no more than its caller has
    "destroy.yml destroy": ROLE,
    "drift.yml drift": ROLE | {"issues": "write"},
    "preview.yml preview": ROLE | {"pull-requests": "write"},
}
PIN = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_itself_may_do_nothing(file: object) -> None:
    assert read(getattr(file, "name"))["permissions"] == {}  # noqa: B009


@pytest.mark.parametrize("job", all_jobs(), ids=lambda job: job.where)
def test_a_job_may_do_what_it_needs_and_no_more(job: Job) -> None:
    assert job.content["permissions"] == PERMISSIONS.get(job.where, READ)


@pytest.mark.parametrize("job", all_jobs(), ids=lambda job: job.where)
def test_a_job_reads_the_secrets_that_it_needs_and_no_more(job: Job) -> None:
    assert job.secrets == SECRETS.get(job.where, set())


def test_secrets_stand_in_steps_never_in_the_environment_of_all() -> None:
    for job in all_jobs():
        assert "env" not in job.content, f"{job.where}: every action of the job would get it"
        assert "env" not in read(job.workflow)
        if job.calls:
            assert job.content["secrets"] == "inherit", "an environment's secrets come no other way"


def test_actions_of_others_get_no_secret_but_the_one_that_signs_in_to_aws() -> None:
    for step in all_steps():
        if "@" in step.uses and "aws-actions/configure-aws-credentials" not in step.uses:
            text = yaml.safe_dump(step.content)
            assert "secrets." not in text, step.where
            assert "secret" not in text, step.where


def test_only_merged_code_gets_all_secrets() -> None:
    assert [job.where for job in all_jobs() if job.content.get("secrets") == "inherit"] == ["deploy.yml stack"]


def test_every_action_is_pinned_to_a_commit_with_its_tag_beside() -> None:
    for name, text in texts().items():
        for line in text.splitlines():
            if "uses:" in line and "uses: ./" not in line:
                assert PIN.search(line), f"{name}: {line.strip()}"


def test_an_action_has_one_commit_everywhere() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for text in texts().values():
        for action, commit, tag in PIN.findall(text):
            pins.setdefault(action, set()).add((commit, tag))
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}
    commits = [commit for found in pins.values() for commit, _ in found]
    assert len(set(commits)) == len(commits), "two actions with one commit: a copied line"


def test_a_checkout_leaves_no_token_behind() -> None:
    checkouts = [step for step in all_steps() if step.uses.startswith("actions/checkout@")]
    assert len(checkouts) == len([job for job in all_jobs() if not job.calls])
    for step in checkouts:
        assert step.given.get("persist-credentials") is False, step.where
        assert step.given.keys() <= {"persist-credentials", "fetch-depth"}, step.where


@pytest.mark.parametrize("step", [step for step in all_steps() if step.run], ids=lambda step: step.where)
def test_no_expression_stands_in_a_shells_text(step: Step) -> None:
    """A title, a branch's or a typed name would be run."""
    assert step.run
    assert "${{" not in step.run


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_runs_a_strangers_code_with_our_secrets(file: object) -> None:
    name = str(getattr(file, "name"))  # noqa: B009
    triggers = set(read(name)["on"])
    assert triggers.isdisjoint({"pull_request_target", "workflow_run", "issue_comment", "issues"})
    if "pull_request" not in triggers:
        return
    for job in jobs(name).values():
        if job.secrets or "id-token" in job.content["permissions"]:
            condition = " ".join(job.content["if"].split())
            assert condition.startswith("github.event.pull_request.head.repo.full_name == github.repository"), job.where
            assert "||" not in condition, job.where


def test_the_checks_have_no_secret_at_all() -> None:
    text = texts()[".github/workflows/ci.yml"]
    assert "secrets." not in text
    assert "github.token" not in text


def test_a_pull_request_never_gets_the_role_that_deploys() -> None:
    (tools,) = [step for step in jobs("preview.yml")["preview"].steps if step.uses.endswith("/tools")]
    assert tools.given["aws-role-arn"] == "${{ vars.AWS_PREVIEW_ROLE_ARN }}"
    assert "AWS_DEPLOY_ROLE_ARN" not in texts()[".github/workflows/preview.yml"]


def test_github_token_goes_only_where_something_is_written() -> None:
    having = {step.where for step in all_steps() if "github.token" in yaml.safe_dump(step.content)}
    assert having == {"preview.yml preview: Preview", "drift.yml drift: Drift"}


def test_with_a_role_no_key_is_passed_on() -> None:
    """With both, the action would use the key to assume the role."""
    aws = action_steps("tools")[-1]
    for name in ("aws-access-key-id", "aws-secret-access-key"):
        assert aws.given[name] == f"${{{{ inputs.aws-role-arn == '' && inputs.{name} || '' }}}}"
    assert aws.given["role-to-assume"] == "${{ inputs.aws-role-arn }}"


def test_no_step_takes_the_roles_credentials_away_again() -> None:
    """A blank AWS_ACCESS_KEY_ID in a step's own environment would hide the one that the role gave."""
    for step in all_steps():
        if not (step.run or "").startswith(".venv/bin/conducky pipeline check"):
            assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & set(step.env), step.where


def test_no_cache_stands_beside_credentials() -> None:
    """Whoever can write to it would run there."""
    assert not any("actions/cache" in step.uses for job in all_jobs() if job.secrets for step in job.steps)
    assert not any("actions/cache" in step.uses for step in action_steps("tools") + action_steps("layer"))
    for step in all_steps():
        if "setup-node" in step.uses:
            assert step.given["package-manager-cache"] is False, step.where


def test_every_exception_from_the_linter_has_its_reason() -> None:
    lines = (ROOT / ".github" / "zizmor.yml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.strip() in {"ignore:", "disable: true"}:
            near = (lines[number - 1], lines[number + 1] if number + 1 < len(lines) else "")
            assert any(other.strip().startswith("#") for other in near), f"line {number + 1} has no reason beside it"
