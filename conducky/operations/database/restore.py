"""`conducky database restore`: a new database from a backup or a time, and the way to it."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

from conducky.access import asking_aws
from conducky.errors import UserError, quoted
from conducky.operations.database.backups import stack_snapshots, tags_of, used_instance
from conducky.operations.database.connection import POLICY, database_url
from conducky.operations.deployments import Change
from conducky.operations.words import moment

_TIME: Final = re.compile(r"\d+\s*[smhdw]|\d{4}-\d\d-\d\d.*")
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


class Restore(Change):
    """One restoration."""

    def run(self, wanted: str) -> int:
        """Restore a backup, or the database of a time; returns 0, or the exit code of the deployment that failed.

        Raises:
            UserError: when it cannot be restored, the person does not agree, or AWS refuses; nothing is changed then.
        """
        target = self.target
        rds = target.client("rds")
        instance = used_instance(target, rds)
        value, when = self._time(rds, instance, wanted) if _TIME.fullmatch(wanted) else self._backup(rds, wanted)
        if tags_of(instance).get("RestoredFrom") == value and self._is_used(instance):
            raise UserError(
                f"the database was restored from {value} already",
                f"{target.deploy_again()} to finish what was interrupted, or choose another backup",
            )
        self.note(f"what was written since {when:%Y-%m-%d %H:%M} UTC will be in the earlier database only, which stays")
        self.ask(f"Restore {value}?")
        return self._move(value)

    def _move(self, value: str) -> int:
        """Create it beside the present one, move the backend to it, and let the earlier one leave the state."""
        target = self.target
        self.deployments.set("platform", {"databaseRestoreFrom": value})
        if not target.rehearsal:
            self.note(f"databaseRestoreFrom set in platform/Pulumi.{target.stack}.yaml: commit that file")
        for layer in ("platform", "services", "platform"):
            if code := self.deployments.up(layer):
                give_up = (
                    f"run `pulumi -C platform config rm databaseRestoreFrom --stack {target.stack}` and deploy platform"
                )
                self.note(
                    "nothing is lost: the earlier database is as it was. Fix the cause and run this again"
                    + ("" if target.rehearsal else f"; to give up, {give_up}")
                )
                return code
        self.note(
            f"done. The earlier database stays, and costs, until an AWS admin runs {target.command('database forget')}"
        )
        return 0

    def _is_used(self, instance: Mapping[str, Any]) -> bool:
        """Whether the backend's connection string names it."""
        return urlsplit(database_url(self.target)).hostname == instance.get("Endpoint", {}).get("Address")

    def _backup(self, rds: Any, name: str) -> tuple[str, datetime]:  # noqa: ANN401  # as all clients of boto3
        """The backup of this name, with or without the stack's prefix, and when it was taken."""
        target, prefix = self.target, self.target.names.of("database")
        known = {str(each["DBSnapshotIdentifier"]): each for each in stack_snapshots(target, rds)}
        # Others are not the deployer's to restore, whatever they are of.
        own = {each: found for each, found in known.items() if each.removeprefix("rds:").startswith(prefix)}
        chosen = next((each for each in (name, f"{prefix}-{name}") if each in own), None)
        if chosen is None:
            near = difflib.get_close_matches(name, [*own, *(each.removeprefix(f"{prefix}-") for each in own)], n=1)
            see = f"see {target.command('database backups')}"
            raise UserError(
                f"there is no backup {quoted(name)} of this stack in {target.region} of account {target.account}",
                f"use `{near[0]}`, or {see}" if near else see,
            )
        found = own[chosen]
        if found["Status"] != "available":
            raise UserError(f"the backup {chosen} is {found['Status']}", "run this again when it is available")
        if not found.get("Encrypted"):
            raise UserError(f"the backup {chosen} is not encrypted, as this stack's database is", "choose another")
        return chosen, cast("datetime", found["SnapshotCreateTime"])

    def _time(self, rds: Any, instance: Mapping[str, Any], text: str) -> tuple[str, datetime]:  # noqa: ANN401
        """The time, if the automatic backups reach back to it."""
        when = moment(text)
        with asking_aws("see how far the backups reach back", self.target.policy(POLICY)):
            try:
                answer: dict[str, Any] = rds.describe_db_instance_automated_backups(
                    DBInstanceIdentifier=instance["DBInstanceIdentifier"]
                )
            except rds.exceptions.DBInstanceAutomatedBackupNotFoundFault:
                answer = {}
        every: list[dict[str, Any]] = answer.get("DBInstanceAutomatedBackups", [])
        window = next((each["RestoreWindow"] for each in every if "LatestTime" in each.get("RestoreWindow", {})), None)
        if window is None:
            raise UserError(
                f"there is nothing to restore {when:{_FORM}} from: this database has no automatic backup",
                f"see {self.target.command('database backups')}, and set `databaseBackupDays` of platform for the next "
                "time",
            )
        first, last = window["EarliestTime"], window["LatestTime"]
        if not first <= when <= last:
            raise UserError(
                f"{when:{_FORM}} is outside of what can be restored, {first:{_FORM}} to {last:{_FORM}}",
                f"choose a time between these, or a backup of {self.target.command('database backups')}",
            )
        return when.strftime(_FORM), when
