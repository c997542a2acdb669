"""Why a task stopped: ECS's texts, as they are seen in the field, in words and with what to do."""

# ruff: noqa: E501  # AWS writes long lines

import re
from typing import Any

import pytest

from conducky.verification.diagnosis import Diagnosis
from conducky.verification.stopped import CAUSES, Cause, why_stopped

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/conducky-dev-backend"


def stopped(reason: str = "", code: int | None = None, container: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = {"name": "backend", **({"exitCode": code} if code is not None else {})}
    return {"stoppedReason": reason, "containers": [found | ({"reason": container} if container else {})], **more}


@pytest.mark.parametrize(
    ("said", "cause", "advice"),
    [
        (
            (
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {ECR}: "
                "not found"
            ),
            "its image is no longer in ECR",
            "deploy again",
        ),
        (
            (
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not "
                f"contain descriptor matching platform 'linux/arm64' {ECR}"
            ),
            "not built for this processor",
            "architecture",
        ),
        (
            (
                f"CannotPullContainerError: Error response from daemon: pull access denied for {ECR}, repository does not "
                "exist or may require authorization: denied"
            ),
            "may not pull the image",
            "LAYER=bootstrap",
        ),
        (
            (
                f'CannotPullContainerError: failed to resolve ref "{ECR}": failed to do request: Head "https://x": dial tcp '
                "52.1.2.3:443: i/o timeout"
            ),
            "could not reach AWS",
            "services/connections.py",
        ),
        ("CannotPullContainerError: write /var/lib/x: no space left on device", "does not fit", "smaller"),
        (
            (
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
                "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: "
                "/conducky/dev/SMTP_PASSWORD"
            ),
            "a secret that it needs is not in SSM: /conducky/dev/SMTP_PASSWORD",
            "deploy",
        ),
        (
            (
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
                "unable to retrieve secrets from ssm: AccessDeniedException: User: arn:aws:sts::1:assumed-role/x is not "
                "authorized to perform: ssm:GetParameters"
            ),
            "may not read a secret",
            "LAYER=bootstrap",
        ),
        (
            (
                "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth "
                "from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network "
                'configuration. RequestError: send request failed caused by: Post "https://api.ecr.us-east-1.amazonaws.com/"'
                ": dial tcp 1.2.3.4:443: i/o timeout"
            ),
            "could not reach AWS",
            "443",
        ),
        (
            (
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
                "to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
            ),
            "its log group does not exist",
            "deploy services",
        ),
        (
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/1)",
            "did not pass its health check",
            "log",
        ),
        (
            "Task failed ELB health checks (reason: Health checks failed with these codes: [500])",
            "did not pass its health check (it answered 500)",
            "log",
        ),
        ("Task failed container health checks", "did not pass its health check", "grace"),
        ("Your Spot Task was interrupted.", "took its Spot capacity back", "on-demand"),
        (
            "Capacity is unavailable at this time. Please try again later or in a different availability zone",
            "",
            "wait",
        ),
        (
            "You've reached the limit on the number of vCPUs you can run concurrently",
            "quota of Fargate vCPUs",
            "conducky doctor",
        ),
        ("Timeout waiting for network interface provisioning to complete.", "network interface", "free addresses"),
        ("ECS is performing maintenance on the underlying infrastructure hosting the task.", "replaced the host", ""),
    ],
)
def test_what_ecs_says_is_put_into_words(said: str, cause: str, advice: str) -> None:
    reason = why_stopped(stopped(said))
    assert cause in reason.cause
    assert advice in reason.advice
    assert reason.said == said


@pytest.mark.parametrize(
    ("container", "cause"),
    [
        ("OutOfMemoryError: Container killed due to memory usage", "it ran out of memory"),
        (
            (
                'CannotStartContainerError: failed to create shim task: OCI runtime create failed: exec: "/app/entrypoint.sh":'
                " stat /app/entrypoint.sh: no such file or directory"
            ),
            "does not exist in it",
        ),
        ('CannotStartContainerError: exec: "./entrypoint.sh": permission denied: unknown', "may not be executed"),
        ("CannotStartContainerError: unable to find user app: no matching entries in passwd file", "the user"),
    ],
)
def test_what_ecs_says_about_the_container_counts(container: str, cause: str) -> None:
    reason = why_stopped(stopped("Essential container in task exited", 137, container))
    assert cause in reason.cause
    assert reason.advice


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0, "ended by itself (exit code 0)"),
        (1, "its command failed (exit code 1)"),
        (127, "does not exist in the image (exit code 127)"),
        (137, "out of memory, or still running 30 s after it was asked to stop (exit code 137)"),
        (139, "segmentation fault (exit code 139)"),
        (42, "(exit code 42)"),
    ],
)
def test_an_exit_code_alone(code: int, cause: str) -> None:
    reason = why_stopped(stopped("Essential container in task exited", code))
    assert cause in reason.cause
    assert not reason.expected


@pytest.mark.parametrize(
    "task",
    [
        stopped("Scaling activity initiated by (deployment ecs-svc/123)", 0, stopCode="ServiceSchedulerInitiated"),
        stopped("rotated by hand", 143, stopCode="UserInitiated"),
        stopped("", 143),
    ],
)
def test_what_somebody_asked_for_is_no_failure(task: dict[str, Any]) -> None:
    assert why_stopped(task).expected


def test_a_failed_health_check_is_a_failure_though_the_scheduler_stopped_it() -> None:
    task = stopped("Task failed ELB health checks in (target-group x)", 143, stopCode="ServiceSchedulerInitiated")
    assert not why_stopped(task).expected


def test_spot_by_its_code_alone() -> None:
    assert "Spot" in why_stopped(stopped("", 137, stopCode="SpotInterruption")).cause


def test_nothing_said_is_not_hidden() -> None:
    assert why_stopped({"containers": []}).cause == "ECS gives no reason"
    assert why_stopped(stopped("Something new")).cause == "Something new"


def test_ecs_words_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in why_stopped(stopped("\x1b[31mred")).said


@pytest.mark.parametrize(
    "cause", [*CAUSES.stopped, *CAUSES.exit_codes.values(), *CAUSES.log], ids=lambda each: each.says
)
def test_each_command_of_an_advice_names_the_stack(cause: Cause) -> None:
    for command in re.findall(r"`((?:make|conducky|pulumi) [^`]*)`", cause.advice):
        assert "{stack}" in command


@pytest.mark.parametrize("cause", CAUSES.log, ids=lambda each: each.says)
def test_an_advice_that_a_rehearsal_shows_is_for_any_stack(cause: Cause) -> None:
    assert not cause.rehearsed or "{stack}" not in cause.advice


def test_a_diagnosis_of_production_does_not_send_to_another_stack() -> None:
    reason = why_stopped(stopped("CannotPullContainerError: pull access denied"))
    assert "`make deploy STACK=prod LAYER=bootstrap`" in Diagnosis(reason=reason, stack="prod").advice
    diagnosis = Diagnosis(reason=reason, log=["Error: P3009"], stack="prod")
    assert "`conducky run backend --stack prod -- npx --no-install prisma migrate resolve" in diagnosis.advice
