"""`conducky exec` and `administrator-link`: a command in a running container, by ECS Exec."""

import shlex
from collections.abc import Callable, Sequence
from typing import Final

from conducky.access import asking_aws
from conducky.errors import UserError
from conducky.operations.session import (
    Session,
    plugin_command,
    plugin_environment,
    require_plugin,
    require_terminal,
    run_on_terminal,
)
from conducky.operations.target import Target
from conducky.operations.tasks import choose_task, find_tasks
from conducky.verification.task import Task

SHELL: Final = ("/bin/sh",)
POLICY: Final = "exec"  # `conducky-dev-exec`, which bootstrap creates and attaches to nobody
_AGENT_STARTING: Final = {"", "PENDING", "ACTIVATING"}


def check_computer() -> None:
    """Raise UserError when the plugin is missing or there is no terminal, before AWS is asked."""
    require_terminal("run this at a terminal, outside CI; scripts can use `conducky logs` and `conducky status --json`")
    require_plugin()


def open_session(target: Target, application: str, wanted: str | None, command: Sequence[str]) -> int:
    """Run a command in the newest task of an application, or in the one whose id begins with `wanted`.

    Returns the exit code of the session, not of the command, which ECS Exec does not tell. Raises UserError when no
    task runs, ECS Exec cannot reach it, or the caller may not.
    """
    target.require_application(application)
    service = target.service(application)
    task = choose_task(target, find_tasks(target, service, policy=POLICY), wanted, application)
    _check_task(target, task, application)
    if target.rehearsal:
        where = target.rehearsal.call("conducky.Session", {"task": task.arn, "command": [*(command or SHELL)]})
        return run_on_terminal(where["words"], where["environment"], where["folder"], where["user"])
    session = _start(target, task, application, command or SHELL)
    request = {"Target": task.session_target(target.cluster, application)}
    return run_on_terminal(plugin_command(target, request), plugin_environment(session))


def _check_task(target: Target, task: Task, application: str) -> None:
    """Raise UserError with the cause, where ECS itself would only report one vague refusal."""
    if task.status != "RUNNING":
        raise UserError(
            f"task {task.short} is {task.status.lower()}", f"wait until it runs: {target.command('status')}"
        )
    if not task.exec_enabled:
        raise UserError(
            f"task {task.short} was started without ECS Exec",
            f"{target.deploy_again('services')}, which starts new tasks",
        )
    container = task.container(application)
    if container is None:
        names = ", ".join(each.name for each in task.containers)
        raise UserError(
            f"task {task.short} has no container `{application}`, only {names}", "check services/container.py"
        )
    if container.exec_agent in _AGENT_STARTING:
        raise UserError(
            f"the agent of ECS Exec in task {task.short} is still starting", "run this again in half a minute"
        )
    if container.exec_agent != "RUNNING":
        raise UserError(
            f"the agent of ECS Exec in task {task.short} is {container.exec_agent.lower()}",
            "choose another task with `--task`, or stop this one: its service starts a new one",
        )


def _start(target: Target, task: Task, application: str, command: Sequence[str]) -> Session:
    with asking_aws("run commands in its containers", target.policy(POLICY)):
        try:
            opened = target.ecs.execute_command(
                cluster=target.cluster,
                task=task.arn,
                container=application,
                interactive=True,
                command=shlex.join(command),
            )["session"]
        except target.ecs.exceptions.TargetNotConnectedException:
            raise UserError(
                f"ECS Exec does not reach task {task.short}",
                "wait half a minute; if it stays, check that the task role allows ssmmessages "
                "(bootstrap/role_policies.py) and that TCP 443 is open outwards (services/connections.py)",
            ) from None
    return Session(opened.get("sessionId", ""), opened.get("streamUrl", ""), opened.get("tokenValue", ""))


# In the backend's image. ECS Exec does not promise a working directory.
SCRIPT: Final = ("node", "/app/dist/administrator-link.js")


def administrator_link(find: Callable[[], Target], *, rehearsal: bool) -> int:
    """Let the backend of the stack that `find` finds print a link on this terminal; returns the session's exit code.

    Raises UserError when a file, a pipe or CI would get the link, no task runs, or the caller may not use ECS Exec.
    """
    require_terminal(
        "run this at a terminal, outside CI",
        "the link creates an administrator, so that only a terminal may show it",
    )
    if not rehearsal:
        require_plugin()
    return open_session(find(), "backend", None, SCRIPT)
