"""RDS's answers to commands in another terminal: instances, and their backups."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from conducky.catalog.property_bag import Properties, bag
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs_api import EcsApi, RefusedError, as_time
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.postgres.resource import INSTANCE
from conducky.rehearsal.postgres.snapshots import Snapshot, named


@dataclass
class RdsApi(EcsApi):
    """RDS's calls about one rehearsal, each a method named for it."""

    @property
    def databases(self) -> Databases:
        """The instances' servers."""
        return self.rehearsal.stand_ins.databases

    def _instance(self, identifier: str) -> Properties:
        found = self.rehearsal.account.find(INSTANCE, identifier=identifier)
        if found is None:
            raise RefusedError("DBInstanceNotFound", f"DBInstance {identifier} not found.")
        return found

    def _conducky_database(self, _request: Properties) -> Properties:
        """Where the database answers, and the connection string that tasks get."""
        server = self.databases.in_use()
        if server is None:
            raise RefusedError("DBInstanceNotFound", "there is no database")
        urls = [str(each.get("value")) for each in self.rehearsal.account.of("aws:ssm/parameter:Parameter")]
        address = next(each for each, found in self.databases.servers.items() if found is server)
        url = next((url for url in urls if address in url), server.url())
        return {"url": url, "port": server.port, "ca": str(self.databases.certificates)}

    def _rds_describedbinstances(self, _request: Properties) -> Properties:
        created = self.databases.created
        available = {address for address, server in self.databases.servers.items() if server.runs}
        return {
            "DBInstances": [
                {
                    "DBInstanceIdentifier": each["identifier"],
                    "DBInstanceStatus": "available" if each["address"] in available else "stopped",
                    "DBInstanceClass": each.get("instanceClass", ""),
                    "Engine": "postgres",
                    "EngineVersion": str(each.get("engineVersion", "15")),
                    "AllocatedStorage": each.get("allocatedStorage", 0),
                    "BackupRetentionPeriod": each.get("backupRetentionPeriod", 0),
                    "DeletionProtection": bool(each.get("deletionProtection")),
                    "InstanceCreateTime": as_time(created[each["address"]]) if each["address"] in created else None,
                    "Endpoint": {"Address": each["address"], "Port": 5432},
                    "TagList": [{"Key": key, "Value": value} for key, value in bag(each, "tags").items()],
                }
                for each in self.rehearsal.account.of(INSTANCE)
            ]
        }

    def _rds_describedbsnapshots(self, request: Properties) -> Properties:
        name = request.get("DBSnapshotIdentifier")
        with _in_its_words():
            found = [named(self.databases.snapshots, str(name))] if name else self.databases.snapshots
        return {"DBSnapshots": [self._snapshot(each) for each in found]}

    def _rds_createdbsnapshot(self, request: Properties) -> Properties:
        with _in_its_words():
            made = self.databases.take_snapshot(
                str(request["DBSnapshotIdentifier"]), str(request["DBInstanceIdentifier"])
            )
        return {"DBSnapshot": self._snapshot(made)}

    def _rds_describedbinstanceautomatedbackups(self, request: Properties) -> Properties:
        """From the first snapshot on: a rehearsal keeps no log of what is written between them."""
        name = str(request["DBInstanceIdentifier"])
        times = [each.at for each in self.databases.snapshots if each.instance == name]
        latest = as_time(datetime.now(UTC).timestamp())
        window = {"EarliestTime": as_time(min(times).timestamp()), "LatestTime": latest} if times else {}
        return {"DBInstanceAutomatedBackups": [{"DBInstanceIdentifier": name, "RestoreWindow": window}] * bool(times)}

    def _rds_modifydbinstance(self, request: Properties) -> Properties:
        """Of what a change could be, only the protection: the others are the programs'."""
        self._instance(str(request["DBInstanceIdentifier"]))["deletionProtection"] = bool(request["DeletionProtection"])
        return {}

    def _rds_startdbinstance(self, request: Properties) -> Properties:
        self.databases.resume(str(request["DBInstanceIdentifier"]))
        return {}

    def _rds_stopdbinstance(self, request: Properties) -> Properties:
        self.databases.halt(str(request["DBInstanceIdentifier"]))
        return {}

    def _rds_deletedbinstance(self, request: Properties) -> Properties:
        instance = self._instance(str(request["DBInstanceIdentifier"]))
        if instance.get("deletionProtection"):
            raise RefusedError("InvalidParameterCombination", "Cannot delete protected DB Instance")
        with _in_its_words():
            if last := request.get("FinalDBSnapshotIdentifier"):
                self.databases.take_snapshot(str(last), str(instance["identifier"]))
            self.databases.remove(str(instance["identifier"]))
        return {}

    def _snapshot(self, snapshot: Snapshot) -> Properties:
        instance = self.rehearsal.account.find(INSTANCE, identifier=snapshot.instance) or {}
        return {
            "DBSnapshotIdentifier": snapshot.name,
            "DBInstanceIdentifier": snapshot.instance,
            "SnapshotCreateTime": as_time(snapshot.at.timestamp()),
            "SnapshotType": "manual",
            "Status": "available",
            "AllocatedStorage": instance.get("allocatedStorage", 0),
            "Encrypted": True,
        }


@contextmanager
def _in_its_words() -> Generator[None]:
    """What is refused with AWS's code in front of the message is answered with that code."""
    try:
        yield
    except ResourceFailedError as error:
        code, found, message = error.problem.partition(": ")
        raise RefusedError(code if found else "Failed", message or code) from None
