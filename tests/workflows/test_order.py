"""What a run here cannot show: triggers, concurrency, environments, limits. `test_mini_runs` holds the rest."""

import math
import re
from typing import Any

import pytest

from conducky.pipeline.stacks import RUNNERS
from conducky.repository import ROOT
from conducky.settings.services import ServicesSettings
from tests.workflows.workflow_files import WORKFLOWS, Job, action_steps, all_jobs, jobs, read

ECS_WAIT_MINUTES = ServicesSettings.model_json_schema()["properties"]["steadyStateMinutes"]["maximum"]


def test_the_pipeline_never_deploys_bootstrap() -> None:
    for job in all_jobs():
        for step in job.steps:
            assert step.given.get("layer") != "bootstrap", step.where
            assert "LAYER=bootstrap" not in (step.run or ""), step.where


def test_pulumi_is_allowed_to_write_a_log() -> None:
    *_, deploy, _summary = action_steps("layer")
    assert deploy.env["PULUMI_DEBUG_COMMANDS"] == "true", "without it Pulumi refuses --event-log"


def test_deploy_runs_on_main_and_by_hand() -> None:
    triggers = read("deploy.yml")["on"]
    assert set(triggers) == {"push", "workflow_dispatch"}
    assert triggers["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("workflow", ["deploy.yml", "drift.yml", "destroy.yml"])
def test_what_has_a_stacks_secrets_runs_only_what_was_merged(workflow: str) -> None:
    """Of main: `test_on_another_branch_nothing_runs` runs that job, for which the others wait."""
    first = {"stacks", "ci"}
    assert all("stacks" in job.content["needs"] for job in jobs(workflow).values() if job.name not in first)


def test_nothing_is_deployed_before_ci_has_passed() -> None:
    deploy = jobs("deploy.yml")
    assert deploy["ci"].content["uses"] == "./.github/workflows/ci.yml"
    assert "ci" in deploy["stacks"].content["needs"]
    assert deploy["stack"].content["needs"] == "stacks"
    condition = deploy["stacks"].content["if"]
    assert not {"always()", "!failure()", "!cancelled()"} & set(condition.split())


def test_stacks_are_deployed_one_after_the_other_and_the_first_failure_stops_the_rest() -> None:
    strategy = jobs("deploy.yml")["stack"].content["strategy"]
    assert strategy == {
        "max-parallel": 1,
        "fail-fast": True,
        "matrix": "${{ fromJSON(needs.stacks.outputs.matrix) }}",
    }


def test_drift_of_one_stack_does_not_hide_anothers() -> None:
    strategy = jobs("drift.yml")["drift"].content["strategy"]
    assert strategy["fail-fast"] is False
    assert strategy["max-parallel"] == 1, "each changes its part of the one issue"


@pytest.mark.parametrize(
    ("workflow", "job", "group"),
    [
        ("deploy.yml", "stack", "stack-${{ matrix.stack }}"),
        ("destroy.yml", "destroy", "stack-${{ needs.stacks.outputs.stack }}"),
    ],
)
def test_a_stack_is_changed_by_one_run_at_a_time_and_never_cut_off(workflow: str, job: str, group: str) -> None:
    assert jobs(workflow)[job].content["concurrency"] == {"group": group, "cancel-in-progress": False}


def test_a_called_workflow_does_not_wait_for_its_caller() -> None:
    """The same group in both would be a deadlock, which GitHub ends by cancelling."""
    assert "concurrency" not in read("stack.yml")
    assert not any("concurrency" in job.content for job in jobs("stack.yml").values())


def test_only_what_changes_nothing_is_cut_off() -> None:
    limits = [(file.name, read(file.name).get("concurrency")) for file in WORKFLOWS]
    limits += [(job.where, job.content.get("concurrency")) for job in all_jobs()]
    cut = {where for where, limit in limits if limit and limit["cancel-in-progress"]}
    assert cut == {"ci.yml", "preview.yml"}


def test_a_waiting_comparison_pushes_out_no_deployment() -> None:
    assert read("drift.yml")["concurrency"] == {"group": "drift", "cancel-in-progress": False}


@pytest.mark.parametrize("job", jobs("stack.yml").values(), ids=lambda job: job.name)
def test_every_stage_has_the_stacks_environment_and_one_alone_asks_for_approval(job: Job) -> None:
    environment: Any = job.content["environment"]
    name: object = environment if isinstance(environment, str) else environment["name"]
    if job.name == "approve":
        assert name == "${{ inputs.stack }}-approval"
        assert job.secrets == set()
    else:
        assert name == "${{ inputs.stack }}", "the environment holds the stack's secrets"


@pytest.mark.parametrize(("workflow", "first"), [("stack.yml", "check"), ("destroy.yml", "destroy")])
def test_nothing_has_a_stacks_secrets_before_the_approval(workflow: str, first: str) -> None:
    assert "approve" in jobs(workflow)[first].content["needs"]
    holding = [job for job in jobs(workflow).values() if job.secrets and job.name != first]
    assert all(job.content["needs"] in {first, "platform"} for job in holding)


def test_a_release_is_proven_in_the_job_that_makes_it() -> None:
    """Were the proof a job of its own, running the failed jobs again would repeat the proof alone."""
    services = jobs("stack.yml")["services"].content
    assert services["environment"]["url"] == "${{ steps.services.outputs.url }}"
    deploy = next(step for step in action_steps("layer") if step.content.get("id") == "deploy")
    assert (deploy.run or "").startswith("make deploy "), "which ends with the proof"


def test_the_others_that_have_a_stacks_secrets_name_its_environment() -> None:
    assert jobs("drift.yml")["drift"].content["environment"] == "${{ matrix.stack }}"
    assert jobs("destroy.yml")["destroy"].content["environment"] == "${{ needs.stacks.outputs.stack }}"
    assert jobs("preview.yml")["preview"].content["environment"] == "preview", "which asks its reviewers"
    assert "environment" not in jobs("preview.yml")["evaluate"].content


@pytest.mark.parametrize("job", [job for job in all_jobs() if not job.calls], ids=lambda job: job.where)
def test_every_job_has_a_time_limit(job: Job) -> None:
    minutes = job.content["timeout-minutes"]
    assert 10 <= minutes <= 100
    assert minutes < _credentials_minutes(job), "the role's credentials would end first"


def _credentials_minutes(job: Job) -> float:
    """How long the credentials of a job's role are valid, as it, or the action that it uses, asks for them."""
    for step in job.steps:
        if step.uses.endswith("/layer"):
            (step,) = [inner for inner in action_steps("layer") if inner.uses.endswith("/tools")]  # noqa: PLW2901
        if step.uses.endswith("/tools"):
            return int(step.given.get("role-duration-seconds", 3600)) / 60
    return math.inf


@pytest.mark.parametrize(
    "job", [jobs("stack.yml")["services"], jobs("destroy.yml")["destroy"]], ids=lambda job: job.where
)
def test_the_release_may_take_as_long_as_ecs(job: Job) -> None:
    """A job that ends before ECS has rolled back would leave the stack locked."""
    assert job.content["timeout-minutes"] >= ECS_WAIT_MINUTES + 30


@pytest.mark.parametrize("job", [job for job in all_jobs() if not job.calls], ids=lambda job: job.where)
def test_every_runner_is_a_version_that_is_known(job: Job) -> None:
    runner = job.content["runs-on"]
    if runner in {"${{ inputs.runner }}", "${{ matrix.runner }}"}:
        return
    assert runner in RUNNERS.values()


def test_images_are_built_on_the_stacks_processor() -> None:
    assert jobs("stack.yml")["services"].content["runs-on"] == "${{ inputs.runner }}"
    assert jobs("deploy.yml")["stack"].content["with"]["runner"] == "${{ matrix.runner }}"


def test_the_checks_run_on_both_processors() -> None:
    ci = jobs("ci.yml")["test"].content
    assert ci["runs-on"] == "${{ matrix.runner }}"
    assert sorted(ci["strategy"]["matrix"]["runner"]) == sorted(RUNNERS.values())
    assert ci["strategy"]["fail-fast"] is False


def test_the_checks_run_on_every_python_that_setup_takes() -> None:
    python = jobs("ci.yml")["python"]
    names = re.search(r"for python in python3 (.*);", (ROOT / "tools/setup").read_text(encoding="utf-8"))
    assert names
    versions = python.content["strategy"]["matrix"]["python"]
    assert names[1].split() == [f"python{version}" for version in reversed(versions)]
    assert [step.run for step in python.steps if step.run] == ["make unit"]


def test_the_checks_are_make_test_on_pull_requests_and_before_a_deployment_with_screenshots() -> None:
    assert set(read("ci.yml")["on"]) == {"pull_request", "workflow_call"}
    steps = jobs("ci.yml")["test"].steps
    assert [step.run for step in steps if step.run] == ["make test", "make container-engine", "make test-slow"]
    screenshots = next(step for step in steps if "upload-artifact" in step.uses)
    assert screenshots.given["path"] == "artefacts/"
    assert screenshots.content["if"] == "always()"


def test_drift_is_looked_for_once_a_week() -> None:
    (schedule,) = read("drift.yml")["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])


def test_destroy_is_only_by_hand_with_both_names_required() -> None:
    triggers = read("destroy.yml")["on"]
    assert set(triggers) == {"workflow_dispatch"}
    assert {name: spec["required"] for name, spec in triggers["workflow_dispatch"]["inputs"].items()} == {
        "stack": True,
        "confirm": True,
    }
