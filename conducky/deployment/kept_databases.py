"""Databases that a restored one has replaced: while one is left, AWS refuses to delete the network it is in."""

from collections.abc import Mapping
from typing import Any, Final, cast

from conducky import aws
from conducky.access import asking_aws
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import StackState
from conducky.errors import UserError

_INSTANCE: Final = "aws:rds/instance:Instance"


def refuse_replaced_databases(selection: Selection, states: Mapping[str, StackState | None]) -> None:
    """Refuse to remove platform half-way. AWS is asked only where a database was ever restored.

    Raises:
        UserError: when one is left, or AWS cannot be asked.
    """
    platform = states.get("platform") if "platform" in selection.layers else None
    known = [each.outputs for each in platform.resources if each.type == _INSTANCE] if platform else []
    if not any({"RestoredFrom", "ReplacedBy"} & {*_tags(each)} for each in known):
        return
    region, prefix = str(known[0]["arn"]).split(":")[3], f"{_tags(known[0])['Project']}-{selection.stack}-database"
    client = cast("Any", aws.session(region)).client("rds", config=aws.PATIENT)
    with asking_aws("see whether replaced databases are left"):
        pages = [*client.get_paginator("describe_db_instances").paginate()]
    names = {str(each["DBInstanceIdentifier"]) for page in pages for each in page["DBInstances"]}
    in_use = {str(each.get("identifier")) for each in known if "ReplacedBy" not in _tags(each)}
    left = sorted(name for name in names - in_use if name.startswith(prefix))
    if left:
        first = f"{selection.make('deploy', 'platform')} and then " if len(known) > 1 else ""
        raise UserError(
            f"nothing was removed: {' and '.join(left)}, which a restored database has replaced, would keep platform's "
            "network in use",
            f"run {first}`conducky database forget --stack {selection.stack}` first",
        )


def _tags(outputs: Mapping[str, object]) -> Mapping[str, str]:
    return cast("Mapping[str, str]", outputs.get("tags") or {})
