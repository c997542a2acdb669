"""RDS instances and parameter groups: each instance is a PostgreSQL 15 server."""

import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from conducky.catalog.lookups import subnets
from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.account import Account, Request, ResourceFailedError, protected
from conducky.rehearsal.postgres import snapshots
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.settings.values import time_of

INSTANCE: Final = "aws:rds/instance:Instance"


class Databases:
    """The instances of an account. `servers` are the running ones by their AWS address."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.servers: dict[str, PostgresServer] = {}
        self.created: dict[str, float] = {}  # seconds, by address
        self.snapshots: list[snapshots.Snapshot] = []

    @property
    def certificates(self) -> Path:
        """The PEM file that clients trust, as the RDS certificate bundle."""
        return self._account.authority.bundle

    def ports(self) -> dict[str, int]:
        """The local port of each instance, by its AWS address."""
        return {address: server.port for address, server in self.servers.items()}

    def in_use(self) -> PostgresServer | None:
        """The server that DATABASE_URL names; before there is one, the first."""
        urls = [str(each.get("value")) for each in self._account.of("aws:ssm/parameter:Parameter")]
        named = (server for address, server in self.servers.items() if any(address in url for url in urls))
        return next(named, next(iter(self.servers.values()), None))

    def create(self, request: Request) -> Properties:
        """Start a server that is the instance, with what it is restored from."""
        inputs = request.inputs
        if inputs.get("engine") != "postgres" or str(inputs.get("engineVersion")).split(".")[0] != "15":
            raise ResourceFailedError(
                "the rehearsal has PostgreSQL 15 only",
                "set `engine` to `postgres` and `engine_version` to `15` in platform/database.py",
            )
        snapshot = self._restored(inputs)
        disk = self._disk(inputs, snapshot)
        self._account.progress("starting PostgreSQL 15")
        server = PostgresServer(
            self._account.folder,
            name=str(inputs["identifier"]),
            username=str(inputs["username"]),
            password=str(inputs["password"]),
            database=str(inputs["dbName"]),
            parameters=self._parameters(inputs),
            certificate=self._account.authority,
            aliases=[str(request.outputs["address"])],  # By which containers know it
            begins_with=snapshot.data if snapshot else None,
            progress=self._account.progress,
        )
        self.servers[str(request.outputs["address"])] = server
        self.created[str(request.outputs["address"])] = time.time()
        group = self._account.find("aws:rds/subnetGroup:SubnetGroup", name=inputs.get("dbSubnetGroupName")) or {}
        zones = (zone for zone, subnet in self._subnets().items() if subnet in texts(group, "subnetIds"))
        zone = inputs.get("availabilityZone") or next(zones, None)
        return {"availabilityZone": zone, **({"allocatedStorage": disk} if disk else {})}

    def update(self, request: Request) -> Properties:
        """Change the password or the parameters; sizes have no effect locally."""
        server = self.servers[str(request.outputs["address"])]
        if request.inputs["password"] != request.outputs["password"]:
            server.set_password(str(request.inputs["password"]))
        parameters = self._parameters(request.inputs)
        if parameters != server.parameters:
            server.set_parameters(parameters)
        return {}

    def halt(self, identifier: str) -> None:
        """Stop an instance; its data and its address stay."""
        self._server(identifier).halt()

    def resume(self, identifier: str) -> None:
        """Start an instance that was stopped."""
        self._server(identifier).restart()

    def _server(self, identifier: str) -> PostgresServer:
        problem = f"DBInstanceNotFound: DBInstance {identifier} not found"
        instance = self._account.need(INSTANCE, problem, "check platform/", identifier=identifier)
        return self.servers[str(instance["address"])]

    def delete(self, request: Request) -> None:
        """Remove the server and its data, unless it is protected."""
        if request.outputs.get("deletionProtection"):
            raise protected(f"the database {request.outputs['identifier']}")
        if server := self.servers.pop(str(request.outputs["address"]), None):
            server.stop()

    def take_snapshot(self, name: str, instance: str) -> snapshots.Snapshot:
        """Copy an instance's data.

        Raises:
            ResourceFailedError: there is no such instance, or a snapshot of this name.
            UserError: it cannot be copied.
        """
        server = self._server(instance)
        if any(each.name == name for each in self.snapshots):
            raise ResourceFailedError(f"DBSnapshotAlreadyExists: Cannot create the snapshot {name}: it exists already.")
        made = snapshots.take(server, name, instance, self._account.folder.path / "backups")
        self.snapshots.append(made)
        return made

    def forget(self, known: Collection[tuple[str, str]]) -> None:
        """Remove the instances that no state has: those that a restored one has replaced."""
        for ident, outputs in list(self._account.resources.get(INSTANCE, {}).items()):
            if (INSTANCE, ident) not in known:
                self.remove(str(outputs["identifier"]))

    def remove(self, identifier: str) -> None:
        """Remove one that no state has."""
        for ident, outputs in list(self._account.resources.get(INSTANCE, {}).items()):
            if outputs["identifier"] == identifier:
                self.servers.pop(str(outputs["address"])).stop()
                self._account.forget(INSTANCE, ident)

    def change_parameters(self, request: Request) -> Properties:
        """Apply the changed parameters of a group to the servers that use it."""
        for instance in self._account.of(INSTANCE):
            server = self.servers.get(str(instance["address"]))
            if server and instance.get("parameterGroupName") == request.inputs["name"]:
                server.set_parameters(_pairs(request.inputs))
        return {}

    def change_subnets(self, request: Request) -> Properties:
        """Give up subnets of a group, unless an instance is in one."""
        given_up = {*texts(request.outputs, "subnetIds")} - {*texts(request.inputs, "subnetIds")}
        for instance in self._account.of(INSTANCE):
            used = self._subnets().get(str(instance.get("availabilityZone")))
            if used in given_up and instance.get("dbSubnetGroupName") == request.inputs["name"]:
                raise ResourceFailedError(
                    f"SubnetAlreadyInUse: Some of the subnets to be deleted are currently in use: {used}",
                    "keep it in `subnet_ids` in platform/database.py: an instance stays in its zone",
                )
        return {}

    def _restored(self, inputs: Properties) -> snapshots.Snapshot | None:
        """What a new instance begins with. What a stack's first is restored from is in AWS: here it begins empty."""
        if (name := inputs.get("snapshotIdentifier")) and self.servers:
            return snapshots.named(self.snapshots, str(name))
        back = bag(inputs, "restoreToPointInTime")
        if not (then := time_of(str(back.get("restoreTime")))):
            return None
        return snapshots.at_time(self.snapshots, str(back["sourceDbInstanceIdentifier"]), then)

    def _disk(self, inputs: Properties, snapshot: snapshots.Snapshot | None) -> int | None:
        """The size of a new instance's disk in GiB: that of the backup, unless a larger one is wanted."""
        asked = inputs.get("allocatedStorage")
        source = self._account.find(INSTANCE, identifier=snapshot.instance) if snapshot else None
        least = (source or {}).get("allocatedStorage")
        if asked and least and int(asked) < int(least):
            raise ResourceFailedError(
                f"InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp3: "
                f"{asked}",
                f"restore it with {least} GiB or more",
            )
        return asked or least

    def _subnets(self) -> dict[str, str]:
        return subnets(self._account.place)

    def _parameters(self, inputs: Properties) -> dict[str, str]:
        group = self._account.find("aws:rds/parameterGroup:ParameterGroup", name=inputs.get("parameterGroupName"))
        return _pairs(group or {})


def _pairs(group: Properties) -> dict[str, str]:
    """A group's parameters by name; RDS 15's own default forces TLS."""
    return {"rds.force_ssl": "1"} | {str(entry["name"]): str(entry["value"]) for entry in bags(group, "parameters")}
