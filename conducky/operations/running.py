"""`conducky start` and `conducky stop`: the tasks and the database of a stack, by hand."""

import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError
from rich.console import Console

from conducky.access import asking_aws
from conducky.aws import error_code
from conducky.errors import UserError
from conducky.operations.database.backups import stack_instances, used_instance
from conducky.operations.status import WELL
from conducky.operations.target import Target
from conducky.repository import WORKER
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings
from conducky.terminal import say

_POLICY: Final = "deployer-schedule"
_PAUSE, _ATTEMPTS = 15.0, 80  # seconds between questions about a database, and how many: 20 minutes
_GONE: Final = {"deleting", "deleted"}
_CAN_BE_STOPPED: Final = {"available", "stopping", "stopped", *_GONE}  # or is already


def start(target: Target, console: Console) -> None:
    """Start the database, then as many tasks as the settings say. Raises UserError when AWS refuses, or it fails."""
    rds = target.client("rds")
    instance = used_instance(target, rds, _POLICY)
    name, status = str(instance["DBInstanceIdentifier"]), str(instance["DBInstanceStatus"])
    if status == "stopping":
        say(console, f"the database {name} is still stopping: it is started as soon as AWS allows it")
        _wait(target, name, {"stopped"})
    if status in {"stopped", "stopping"}:
        say(console, f"starting the database {name}, which takes minutes")
        with asking_aws("start the database", target.policy(_POLICY)):
            rds.start_db_instance(DBInstanceIdentifier=name)
    _wait(target, name, WELL)
    _scale(target, _counts(target), console)


def stop(target: Target, console: Console) -> None:
    """Stop all tasks and the database. Raises UserError when the stack is not deployed, AWS refuses, or it fails."""
    _scale(target, dict.fromkeys(target.applications, 0), console)
    # Those that can be stopped at once before those that are waited for
    for instance in sorted(_databases(target), key=lambda each: each["DBInstanceStatus"] != "available"):
        name, status = str(instance["DBInstanceIdentifier"]), str(instance["DBInstanceStatus"])
        if status not in _CAN_BE_STOPPED:
            say(console, f"the database {name} is {status}: it is stopped as soon as AWS allows it")
            status = _wait(target, name, _CAN_BE_STOPPED)
        if status == "available":
            with asking_aws("stop the database", target.policy(_POLICY)):
                target.client("rds").stop_db_instance(DBInstanceIdentifier=name)
            status = "stopping"
        say(console, f"the database {name} is {status}")
    say(
        console,
        f"Its storage and the entrance are still paid for, and AWS starts a database again after seven days. "
        f"{target.command('start')} starts everything.",
    )


def _counts(target: Target) -> Mapping[str, int]:
    settings = settings_of(ServicesSettings, target.stack)
    worker = settings.worker.count if settings.worker else 0
    counts = {"backend": settings.backend_count, "frontend": settings.frontend_count, WORKER: worker}
    return {name: count for name, count in counts.items() if name in target.applications}


def _scale(target: Target, counts: Mapping[str, int], console: Console) -> None:
    for application, count in counts.items():
        service = target.service(application)
        with asking_aws(f"set the number of tasks of {application}", target.policy("deployer-containers")):
            try:
                target.ecs.update_service(cluster=target.cluster, service=service, desiredCount=count)
            except ClientError as error:
                if error_code(error) in {"ClusterNotFoundException", "ServiceNotFoundException"}:
                    raise target.not_deployed(f"the service {service}") from None
                raise
        say(console, f"{application}: {count} {'task' if count == 1 else 'tasks'}")


def _databases(target: Target) -> list[dict[str, Any]]:
    """The stack's instances; one that was restored may be beside another."""
    return stack_instances(target, target.client("rds"), _POLICY)


def _wait(target: Target, name: str, wanted: Collection[str]) -> str:
    """Wait until a database is in one of these states, and return it. Raises UserError when it does not get there."""
    status = ""
    for _ in range(_ATTEMPTS):
        found = {str(each["DBInstanceIdentifier"]): str(each["DBInstanceStatus"]) for each in _databases(target)}
        if (status := found.get(name, "deleted")) in wanted:
            return status
        if status in _GONE:
            break
        time.sleep(_PAUSE)
    raise UserError(f"the database {name} is {status}", f"see {target.command('status')}, and run this again")
