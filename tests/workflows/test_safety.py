"""Who may do what: permissions, pins, secrets, and the pull requests of strangers."""

import re

import pytest
import yaml

from conducky.repository import APPLICATIONS, ROOT
from conducky.secret_values import all_secrets
from tests.workflows.workflow_files import WORKFLOWS, Job, Step, action_steps, all_jobs, all_steps, jobs, read, texts

KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
AWS = KEYS | {"AWS_DEPLOY_ROLE_ARN"}
PULUMI = {"PULUMI_ACCESS_TOKEN"}
APPLICATION = set(all_secrets())
# What each job may read; a job that is not here may read none.
SECRETS = {
    "stack.yml check": AWS | PULUMI | APPLICATION,  # to see whether they are there
    "stack.yml platform": AWS | PULUMI,
    "stack.yml services": AWS | PULUMI | APPLICATION,
    "drift.yml drift": AWS | PULUMI | APPLICATION,
    "destroy.yml destroy": KEYS | {"AWS_DESTROY_ROLE_ARN"} | PULUMI,
    "preview.yml preview": PULUMI | APPLICATION | {"AWS_REGION"},
}
READ = {"contents": "read"}
ROLE = READ | {"id-token": "write"}
PERMISSIONS = {
    "stack.yml platform": ROLE,
    "stack.yml services": ROLE,
    "stack.yml approve": {},
    "destroy.yml approve": {},
    "stack.yml check": READ | {"actions": "read"},  # for the rules of the environment
    "deploy.yml stack": ROLE | {"actions": "read"},  # a called workflow gets no more than its caller has
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
            inherits = job.content.get("secrets") == "inherit"
            assert inherits == (job.where != "deploy.yml ci"), "an environment's secrets come no other way"


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
    assert len(checkouts) == len([job for job in all_jobs() if not job.calls and job.name != "approve"])
    for step in checkouts:
        assert step.given["persist-credentials"] is False, step.where
        assert set(step.given) <= {"persist-credentials", "fetch-depth"}, step.where


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


@pytest.mark.parametrize("job", ["ci.yml test", "ci.yml python", "preview.yml evaluate"])
def test_what_nobody_has_reviewed_has_no_secret_and_no_token(job: str) -> None:
    (found,) = [each for each in all_jobs() if each.where == job]
    text = yaml.safe_dump(found.content)
    assert "secrets." not in text
    assert "github.token" not in text
    assert "if" not in found.content, "forks and Dependabot get it as well"


def test_a_job_for_pull_requests_with_a_secret_waits_for_a_reviewer() -> None:
    """Code that nobody has reviewed must not hold what reaches a stack; the repository's own secrets would."""
    for file in WORKFLOWS:
        for job in jobs(file.name).values() if "pull_request" in read(file.name)["on"] else ():
            if job.secrets or "id-token" in job.content["permissions"]:
                assert job.content["environment"] == "preview", job.where
                assert "vars.ENVIRONMENTS != 'none'" in job.content["if"], job.where


@pytest.mark.parametrize("job", [job for job in all_jobs() if job.secrets], ids=lambda job: job.where)
def test_every_secret_is_one_of_an_environment(job: Job) -> None:
    assert job.calls or job.content.get("environment"), "every branch reads the repository's own"


def test_what_runs_beside_credentials_is_pinned_by_a_hash() -> None:
    """Node and uv come through uv.lock; the container that builds, by its digest."""
    for step in action_steps("tools") + action_steps("layer"):
        assert "setup-node" not in step.uses
        if "setup-buildx" in step.uses:
            assert re.fullmatch(r"image=moby/buildkit:v[\d.]+@sha256:[0-9a-f]{64}", step.given["driver-opts"])


def test_a_pull_request_never_gets_the_role_that_deploys() -> None:
    (tools,) = [step for step in jobs("preview.yml")["preview"].steps if step.uses.endswith("/tools")]
    assert tools.given["aws-role-arn"] == "${{ vars.AWS_PREVIEW_ROLE_ARN }}"
    assert "AWS_ACCESS_KEY_ID" not in texts()[".github/workflows/preview.yml"]
    assert "AWS_DEPLOY_ROLE_ARN" not in texts()[".github/workflows/preview.yml"]


def test_github_token_goes_only_where_something_is_written() -> None:
    having = {step.where for step in all_steps() if "github.token" in yaml.safe_dump(step.content)}
    assert having == {
        "preview.yml preview: Preview",
        "drift.yml drift: Drift",
        "stack.yml check: Secrets and variables",
    }


@pytest.mark.parametrize("application", APPLICATIONS)
def test_a_base_image_is_pinned_by_digest_where_dependabot_reads_it(application: str) -> None:
    """It reads no `ARG`; and a `# syntax=` would download one more image beside the credentials."""
    text = (ROOT / application / "Dockerfile").read_text(encoding="utf-8")
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    own = set(re.findall(r"^FROM \S+ AS (\w+)", text, re.MULTILINE))
    outside = [image for image in images if image not in own]
    assert outside
    assert [image for image in outside if not re.fullmatch(r"node:[\d.]+-[\w-]+@sha256:[0-9a-f]{64}", image)] == []
    assert "# syntax=" not in text


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
    """Anyone who can write to it would run code there."""
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
