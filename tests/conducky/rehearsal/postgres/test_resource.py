"""RDS instances as the engine creates them; test_server.py has a real server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conducky.catalog.lookups import subnets
from conducky.catalog.property_bag import Properties, secret
from conducky.rehearsal.postgres import resource
from conducky.rehearsal.postgres.data_copy import DataCopy
from conducky.rehearsal.postgres.snapshots import Snapshot
from tests.conducky.rehearsal.client import Client, RefusedError

DATABASE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"


@dataclass
class Server:
    """Records the calls."""

    given: Mapping[str, Any]
    parameters: dict[str, str]
    passwords: list[str] = field(default_factory=list[str])
    running: bool = True

    def set_password(self, password: str) -> None:
        self.passwords.append(password)

    def set_parameters(self, parameters: dict[str, str]) -> None:
        self.parameters = parameters

    def stop(self) -> None:
        self.running = False


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """The servers that are started, in order."""
    started: list[Server] = []

    def start(_folder: object, **given: Any) -> Server:  # noqa: ANN401
        started.append(Server(given, given["parameters"]))
        return started[-1]

    monkeypatch.setattr(resource, "PostgresServer", start)
    return started


def instance(**inputs: object) -> Properties:
    return {
        "identifier": "data",
        "engine": "postgres",
        "engineVersion": "15",
        "instanceClass": "db.t4g.micro",
        "dbName": "app",
        "username": "owner",
        "password": secret("first"),
        **inputs,
    }


def parameters(**values: str) -> list[Properties]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_an_instance_is_a_server_with_the_programs_own_names(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    given = servers[0].given
    assert {name: given[name] for name in ("name", "username", "password", "database", "parameters")} == {
        "name": "data",
        "username": "owner",
        "password": "first",
        "database": "app",
        "parameters": {"rds.force_ssl": "1"},
    }
    assert list(client.stand_ins.databases.servers) == [made["address"]]


@pytest.mark.parametrize("inputs", [{"engine": "mysql"}, {"engineVersion": "16.3"}])
@pytest.mark.usefixtures("servers")
def test_another_engine_is_refused(client: Client, inputs: Properties) -> None:
    with pytest.raises(RefusedError, match=r"PostgreSQL 15 only: .* in platform/database\.py"):
        client.create(DATABASE, "data", instance(**inputs))


def test_a_minor_version_is_taken_as_fifteen(client: Client, servers: list[Server]) -> None:
    client.create(DATABASE, "data", instance(engineVersion="15.8"))

    assert len(servers) == 1


def test_a_new_password_reaches_the_server(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.update(made, instance(password=secret("second"), instanceClass="db.t4g.small"))

    assert servers[0].passwords == ["second"]
    assert len(servers) == 1


def test_another_size_changes_nothing_here(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.update(made, instance(instanceClass="db.t4g.small"))

    assert servers[0].passwords == []


def test_a_parameter_groups_values_reach_its_servers_now_and_later(client: Client, servers: list[Server]) -> None:
    inputs = {"name": "group", "family": "postgres15", "parameters": parameters(work_mem="4096")}
    group = client.create(PARAMETER_GROUP, "group", inputs)
    client.create(DATABASE, "data", instance(parameterGroupName="group"))
    assert servers[0].parameters == {"rds.force_ssl": "1", "work_mem": "4096"}

    changed = client.update(group, {**inputs, "parameters": parameters(work_mem="8192")})
    assert servers[0].parameters["work_mem"] == "8192"

    client.update(changed, {"name": "group", "family": "postgres15"})
    assert servers[0].parameters == {"rds.force_ssl": "1"}, "a value that is taken out is the default again"


def test_another_parameter_group_reaches_the_server(client: Client, servers: list[Server]) -> None:
    for name, memory in (("one", "4096"), ("two", "8192")):
        client.create(
            PARAMETER_GROUP, name, {"name": name, "family": "postgres15", "parameters": parameters(work_mem=memory)}
        )
    made = client.create(DATABASE, "data", instance(parameterGroupName="one"))

    client.update(made, instance(parameterGroupName="two"))

    assert servers[0].parameters["work_mem"] == "8192"


def test_a_deleted_instance_is_stopped(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance())

    client.delete(made)

    assert not servers[0].running
    assert client.stand_ins.databases.servers == {}


def test_a_protected_instance_is_not_deleted(client: Client, servers: list[Server]) -> None:
    made = client.create(DATABASE, "data", instance(deletionProtection=True))

    with pytest.raises(RefusedError, match="the database data is protected: run `pulumi -C platform config set"):
        client.delete(made)

    assert servers[0].running


def test_a_subnet_that_an_instance_is_in_cannot_leave_the_group(client: Client, servers: list[Server]) -> None:
    """The first zone's: an instance stays where it was created. The others may go."""
    first, *others = subnets(client.account.place).values()
    group = client.create(SUBNETS, "data", {"name": "data", "subnetIds": [first, *others]})
    made = client.create(DATABASE, "data", instance(dbSubnetGroupName="data"))
    assert made["availabilityZone"] == next(iter(subnets(client.account.place)))

    with pytest.raises(RefusedError, match=f"SubnetAlreadyInUse: Some of the subnets .* currently in use: {first}"):
        client.update(group, {"name": "data", "subnetIds": others})
    group = client.update(group, {"name": "data", "subnetIds": [first, others[0]]})
    client.delete(made)
    client.update(group, {"name": "data", "subnetIds": others})
    assert servers


def later(server: Server, at: datetime, name: str = "before") -> Snapshot:
    return Snapshot(name, str(server.given["name"]), at, DataCopy(Path("/nowhere") / name, "the superuser's"))


def began_with(servers: list[Server]) -> list[str]:
    """The snapshots that servers began with."""
    copies = (server.given["begins_with"] for server in servers)
    return [copy.path.name for copy in copies if copy]


def test_an_instance_begins_with_the_snapshot_or_with_the_last_one_before_a_time(
    client: Client, servers: list[Server]
) -> None:
    client.create(DATABASE, "data", instance())
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    client.stand_ins.databases.snapshots = [
        later(servers[0], noon + timedelta(hours=hour), f"snapshot-{hour}") for hour in range(3)
    ]
    client.create(DATABASE, "second", instance(identifier="second", snapshotIdentifier="snapshot-2"))
    back = {"restoreTime": "2026-11-25T13:30:00Z", "sourceDbInstanceIdentifier": "data"}
    client.create(DATABASE, "third", instance(identifier="third", restoreToPointInTime=back))
    assert began_with(servers) == ["snapshot-2", "snapshot-1"]
    early = {**back, "restoreTime": "2026-11-25T11:59:59Z"}
    for wrong, says in (
        (instance(identifier="fourth", snapshotIdentifier="nope"), "DBSnapshotNotFound"),
        (instance(identifier="fourth", restoreToPointInTime=early), "InvalidRestoreFault"),
    ):
        with pytest.raises(RefusedError, match=says):
            client.create(DATABASE, "fourth", wrong)
    assert len(servers) == 3, "nothing is started for what cannot be restored"


def test_a_restored_disk_is_as_large_as_its_backups_and_never_smaller(client: Client, servers: list[Server]) -> None:
    client.create(DATABASE, "data", instance(allocatedStorage=50))
    client.stand_ins.databases.snapshots = [later(servers[0], datetime.now(UTC))]
    restored = instance(identifier="second", snapshotIdentifier="before")
    with pytest.raises(RefusedError, match="Invalid storage size for engine name postgres and storage type gp3: 20"):
        client.create(DATABASE, "second", {**restored, "allocatedStorage": 20})
    assert client.create(DATABASE, "second", restored)["allocatedStorage"] == 50
    assert began_with(servers) == ["before"]


def test_the_first_instance_begins_empty_where_its_snapshot_is_in_aws(client: Client, servers: list[Server]) -> None:
    """Or a stack that was ever restored could not be rehearsed any more."""
    client.create(DATABASE, "data", instance(snapshotIdentifier="rds:of-another-life"))
    assert (len(servers), began_with(servers)) == (1, [])


def test_the_instance_in_use_is_the_one_that_the_connection_string_names(client: Client, servers: list[Server]) -> None:
    databases = client.stand_ins.databases
    assert databases.in_use() is None
    client.create(DATABASE, "data", instance())
    second = client.create(DATABASE, "second", instance(identifier="second"))
    assert databases.in_use() is servers[0]
    url = f"postgresql://owner:first@{second['address']}:5432/app"
    client.account.remember("aws:ssm/parameter:Parameter", "url", {"name": "url", "value": url})
    assert databases.in_use() is servers[1]


def test_an_instance_that_no_state_has_is_forgotten(client: Client, servers: list[Server]) -> None:
    client.create(DATABASE, "data", instance())
    kept = client.create(DATABASE, "second", instance(identifier="second"))
    client.stand_ins.databases.forget({(DATABASE, kept.id)})
    assert [server.running for server in servers] == [False, True]
    assert [each["identifier"] for each in client.account.of(DATABASE)] == ["second"]
