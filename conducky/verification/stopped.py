"""Why a task stopped, in words, and what to do about it: from what ECS says about the task.

The texts are those of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and of
the pages that it links to.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from conducky.errors import printable

_KILLED = 137
_STOPPED_ON_REQUEST = 143


@dataclass(frozen=True)
class Reason:
    """Why a task stopped: the cause in words, what to do (empty: nothing), and ECS's own text."""

    cause: str
    advice: str = ""
    said: str = ""
    expected: bool = False  # A deployment, a scale-in or a person asked for it


# What ECS says, matched in this order; the first that fits wins.
_SAID: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"CannotPullContainer.*(denied|not authorized|forbidden|403)",
        "its execution role may not pull the image",
        "an AWS admin deploys bootstrap again: `make deploy LAYER=bootstrap`",
    ),
    (
        r"CannotPullContainer.*(not found|manifest unknown|does not exist)",
        "its image is no longer in ECR",
        "deploy again, which builds and pushes it",
    ),
    (
        r"CannotPullContainer.*(no matching manifest|platform|architecture)",
        "its image is not built for this processor",
        "check the setting `architecture` of services, then deploy again",
    ),
    (
        r"CannotPullContainer.*no space left",
        "its image does not fit on the task's 20 GB disk",
        "make the image smaller",
    ),
    (
        r"CannotPullContainer.*(toomanyrequests|rate exceeded)",
        "the registry refused, because it was asked too often",
        "",
    ),
    (
        r"(CannotPullContainer|ResourceInitialization).*(time(d )?out|dial tcp|deadline|connection issue|canceled)",
        "it could not reach AWS (ECR, SSM or CloudWatch Logs) over the network",
        "check what changed in the VPC's routes, its network ACLs and platform/firewall.py (TCP 443 outwards)",
    ),
    (
        r"ResourceInitialization.*(invalid (ssm )?parameters?|ParameterNotFound)",
        "a secret that it needs is not in SSM",
        "deploy platform (DATABASE_URL) or services (all others) again",
    ),
    (
        r"ResourceInitialization.*(AccessDenied|not authorized)",
        "its execution role may not read a secret or write its log",
        "an AWS admin deploys bootstrap again: `make deploy LAYER=bootstrap`",
    ),
    (
        r"ResourceInitialization.*(logger|log group|logs)",
        "its log group does not exist",
        "deploy services again, which creates it",
    ),
    (r"OutOfMemory", "it ran out of memory", "raise `backendMemory` or `frontendMemory` of services"),
    (
        r"failed (ELB|container) health checks",
        "it did not pass its health check",
        "see its log; if it starts slowly, raise its grace period",
    ),
    (
        r"Spot.*interrupt|SpotInterruption|TerminationNotice",
        "AWS took its Spot capacity back",
        "nothing, a new task replaces it; set `capacity` to `on-demand` if it happens too often",
    ),
    (
        r"Capacity is unavailable|unable to place a task",
        "AWS has no capacity for it at present",
        "wait, or set `capacity` of services to `on-demand`",
    ),
    (
        r"limit on the number of (vCPUs|tasks)|vCPU.*(quota|limit)",
        "the account's quota of Fargate vCPUs is used up",
        "run `conducky doctor` to see the quotas, and ask for more in the console of Service Quotas",
    ),
    (
        r"(CannotStartContainer|CannotCreateContainer).*(no such file|executable file not found)",
        "the command that the image starts does not exist in it",
        "check ENTRYPOINT and CMD in the Dockerfile",
    ),
    (
        r"(CannotStartContainer|CannotCreateContainer).*permission denied",
        "the command that the image starts may not be executed",
        "run `chmod +x` on the entry point and commit that, or fix it in the Dockerfile",
    ),
    (
        r"(CannotStartContainer|CannotCreateContainer).*(unable to find user|no matching entries)",
        "the user that the task runs as does not exist in the image",
        "create it in the Dockerfile",
    ),
    (
        r"network interface|\bENI\b",
        "AWS could not give it a network interface",
        "try again; if it stays, check that the subnets have free addresses",
    ),
    (r"maintenance|retirement|retiring", "AWS replaced the host that it ran on", ""),
)
_EXPECTED = re.compile(r"Scaling activity initiated by|deployment (ecs-svc/\S+)", re.IGNORECASE)

_EXIT_CODES: Final = {
    0: ("its command ended by itself", "a service's command must keep running: check CMD in the Dockerfile"),
    126: ("the command that the image starts may not be executed", "check ENTRYPOINT and CMD in the Dockerfile"),
    127: ("a command that it starts does not exist in the image", "check ENTRYPOINT and CMD in the Dockerfile"),
    134: ("it aborted itself", "see its log"),
    _KILLED: ("it was killed: out of memory, or still running 30 s after it was asked to stop", "see its log"),
    _STOPPED_ON_REQUEST: ("it was asked to stop", ""),
    139: ("it crashed with a segmentation fault", "see its log"),
}


def why_stopped(task: dict[str, Any]) -> Reason:
    """Why, from a task as DescribeTasks gives it."""
    said = said_by_ecs(task)
    codes = [each["exitCode"] for each in task.get("containers", []) if each.get("exitCode") is not None]
    for pattern, cause, advice in _SAID:
        if re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            return Reason(_with_details(cause, said), advice, said)
    if task.get("stopCode") == "UserInitiated":
        return Reason("a person stopped it", "", said, expected=True)
    if task.get("stopCode") == "ServiceSchedulerInitiated" or _EXPECTED.search(said):
        return Reason("a deployment replaced it, or the service was scaled in", "", said, expected=True)
    failed = next((code for code in codes if code), codes[0] if codes else None)
    return Reason(said or "ECS gives no reason", "", said) if failed is None else _of_exit_code(failed, said)


def _of_exit_code(code: int, said: str) -> Reason:
    cause, advice = _EXIT_CODES.get(code, ("its command failed", "see its log"))
    return Reason(f"{cause} (exit code {code})", advice, said, expected=code == _STOPPED_ON_REQUEST)


def said_by_ecs(task: dict[str, Any]) -> str:
    """ECS's own words about the end of a task and of its containers."""
    parts = [str(task.get("stoppedReason") or "")]
    if task.get("stopCode") in {"SpotInterruption", "TerminationNotice"}:
        parts.append(str(task["stopCode"]))
    for container in task.get("containers", []):
        if container.get("exitCode") is not None:
            parts.append(f"{container.get('name')} ended with exit code {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container.get('name')}: {container['reason']}")
    return printable("; ".join(part for part in parts if part))


def _with_details(cause: str, said: str) -> str:
    """What the cause is about, where ECS names it: the parameter, or what the health check got."""
    parameter = re.search(r"(/[\w.-]+/[\w.-]+/[\w./-]+)", said) if "secret" in cause else None
    codes = re.search(r"codes?: ?\[?(\d{3})|(Request timed out)|(Connection refused)", said, re.IGNORECASE)
    if parameter:
        return f"{cause}: {parameter[1].rstrip('.')}"
    if codes and "health check" in cause:
        return f"{cause} ({f'it answered {codes[1]}' if codes[1] else (codes[2] or codes[3]).lower()})"
    return cause
