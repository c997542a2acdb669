"""`conducky database forget`: what a restored database has replaced is deleted for good."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from conducky import aws
from conducky.access import asking_aws
from conducky.deployment import PulumiCli, Selection
from conducky.deployment.stack_state import read_state
from conducky.errors import UserError, quoted
from conducky.operations.database import backups
from conducky.operations.database.connection import database_url
from conducky.operations.target import Target
from conducky.settings.offline import settings_of
from conducky.settings.schema import PlatformSettings

_INSTANCE: Final = "aws:rds/instance:Instance"
_ROLE: Final = "destroy"


def forget(
    target: Target,
    name: str | None,
    note: Callable[[str], None],
    confirm: Callable[[str], bool],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete a database that was replaced and has left the state, and wait until it is gone.

    Raises:
        UserError: when there is none, several and no name, the person does not agree, or AWS refuses.
    """
    target = target if target.rehearsal else _as_destroy_role(target)
    rds = target.client("rds")
    used = urlsplit(database_url(target)).hostname
    known = _known(target)
    left = {
        str(each["DBInstanceIdentifier"]): each
        for each in backups.stack_instances(target, rds)
        if each["DBInstanceIdentifier"] not in known
        and "ReplacedBy" in backups.tags_of(each)
        and each.get("Endpoint", {}).get("Address") != used
    }
    chosen = _chosen(target, left, name)
    keeps_last = not target.rehearsal and settings_of(PlatformSettings, target.stack).database_final_snapshot
    last = f"; its last state becomes the backup {chosen}-final" if keeps_last else ""
    if not confirm(f"Delete the database {chosen} for good{last}? [y/N] "):
        raise UserError("nothing was deleted", "run this again with `--yes`, or answer y")
    final: dict[str, Any] = (
        {"FinalDBSnapshotIdentifier": f"{chosen}-final"} if keeps_last else {"SkipFinalSnapshot": True}
    )
    with asking_aws(f"delete the database {chosen}", target.policy("deployer-data")):
        if left[chosen].get("DeletionProtection"):
            rds.modify_db_instance(DBInstanceIdentifier=chosen, DeletionProtection=False, ApplyImmediately=True)
        if left[chosen]["DBInstanceStatus"] != "deleting":
            rds.delete_db_instance(DBInstanceIdentifier=chosen, **final)
    note(f"{chosen} is being deleted; {target.host} continues also when this command is ended")
    while any(each["DBInstanceIdentifier"] == chosen for each in backups.stack_instances(target, rds)):
        sleep(backups.PERIOD_SECONDS)


def _chosen(target: Target, left: Collection[str], name: str | None) -> str:
    if not left:
        raise UserError("there is no database that a restored one has replaced", f"see {target.command('status')}")
    if name in left:
        return str(name)
    if name is None and len(left) == 1:
        return next(iter(left))
    what = f"{quoted(name)} is none of the replaced databases" if name else "several databases were replaced"
    raise UserError(what, f"run {target.command('database forget NAME')} with {' or '.join(sorted(left))}")


def _known(target: Target) -> Collection[str]:
    """The databases that platform's state has. UserError when it cannot be read."""
    if target.rehearsal:
        known = target.rehearsal.call("conducky.Known", {"layer": "platform"})["resources"]
        return {ident for token, ident in known if token == _INSTANCE}
    state = read_state(PulumiCli(Selection.of(target.stack, "platform")), "platform")
    if state is None:
        raise target.not_deployed(f"platform/{target.stack}")
    return {str(each.outputs.get("identifier")) for each in state.resources if each.type == _INSTANCE}


def _as_destroy_role(target: Target) -> Target:
    """The target with that role's credentials: those of the environment if they are, else by assuming it."""
    own = aws.session(target.region)
    role = target.policy(_ROLE)
    arn = f"arn:aws:iam::{target.account}:role/{role}"
    with asking_aws(f"assume the role {role}, which alone deletes databases", fix=aws.AS_ADMIN):
        sts = aws.sts(own)
        session: Any = own
        if f":assumed-role/{role}/" not in sts.get_caller_identity()["Arn"]:
            given = sts.assume_role(RoleArn=arn, RoleSessionName="conducky-forget")["Credentials"]
            session = aws.session_of(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return replace(target, session=session)
