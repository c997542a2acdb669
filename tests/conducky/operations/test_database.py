"""`conducky database`: a tunnel with secrets on no command line, and backups."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from conducky.operations.database import backups as backups_module
from conducky.operations.database import connection
from conducky.operations.database.connection import DOCUMENT
from conducky.signals import Interrupted
from tests.conducky.operations.conftest import STARTED, Run, database, task, tasks
from tests.fakes.aws_api import REGION, AwsApi
from tests.fakes.pulumi import FakePulumi
from tests.fakes.script import write_script
from tests.fakes.session_manager_plugin import FakePlugin, fake_plugin

HOST = "conducky-dev-database1a2b3c4.abc.us-east-1.rds.amazonaws.com"
PASSWORD = "fakePasswordOfTheDatabaseForTests"
URL = f"postgresql://conducky:{PASSWORD}@{HOST}:5432/conducky?sslmode=verify-full"
# What the real plugin does: it listens on the port that it is told, here without anything behind it.
LISTEN = f"""exec "{sys.executable}" - "$5" <<'PYTHON'
import json, signal, socket, sys
port = int(json.loads(sys.argv[1])["Parameters"]["localPortNumber"][0])
with socket.create_server(("127.0.0.1", port)):
    signal.pause()
PYTHON"""
NOTE = """#!/bin/sh
env >"{0}/environment"
for word in "$@"; do printf '%s\\n' "$word"; done >"{0}/words"
"""


@pytest.fixture
def plugin(api: AwsApi, pulumi: FakePulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePlugin:
    """A deployed stack, a terminal, psql, and a session that opens."""
    made = fake_plugin(tmp_path / "plugin", monkeypatch, script=LISTEN)
    write_script(made.folder / "psql", NOTE.format(made.folder))
    certificates = tmp_path / "a cache" / "rds" / REGION / "bundle.pem"
    certificates.parent.mkdir(parents=True)
    certificates.write_text("fake certificates")
    for name in ("is_interactive", "output_is_a_terminal"):
        monkeypatch.setattr(f"conducky.operations.session.{name}", lambda: True)
    tasks(api, task())
    api.answer("ssm.GetParameter", {"Parameter": {"Name": "/conducky/dev/backend/DATABASE_URL", "Value": URL}})
    opened = {"SessionId": "ada-1", "StreamUrl": "wss://x/1", "TokenValue": "fake-session-token-for-tests"}
    api.answer("ssm.StartSession", opened)
    api.answer("ssm.TerminateSession", {"SessionId": "ada-1"})
    return made


def environment(plugin: FakePlugin) -> dict[str, str]:
    lines = (plugin.folder / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_the_shell_goes_through_a_backend_task_by_that_one_document(api: AwsApi, plugin: FakePlugin, run: Run) -> None:
    ran = run("database", "shell")
    assert ran.code == 0, ran.err
    (request,) = api.made("ssm.StartSession")
    assert request["DocumentName"] == DOCUMENT
    assert request["Target"] == "ecs:conducky-dev-cluster_1a2b3c4d5e6f_1a2b3c4d5e6f-42"
    assert (request["Parameters"]["host"], request["Parameters"]["portNumber"]) == ([HOST], ["5432"])
    assert api.made("ecs.ListTasks")[0]["serviceName"] == "conducky-dev-backend"
    assert [each["SessionId"] for each in api.made("ssm.TerminateSession")] == ["ada-1"]


def test_psql_verifies_the_server_and_no_command_line_has_a_secret(api: AwsApi, plugin: FakePlugin, run: Run) -> None:
    ran = run("database", "shell", "--", "-c", "select 1")
    told = environment(plugin)
    assert (told["PGHOST"], told["PGHOSTADDR"], told["PGSSLMODE"]) == (HOST, "127.0.0.1", "verify-full")
    assert Path(told["PGSSLROOTCERT"]).read_text() == "fake certificates"
    assert (told["PGUSER"], told["PGPASSWORD"], told["PGDATABASE"]) == ("conducky", PASSWORD, "conducky")
    assert told["PGPORT"] == api.made("ssm.StartSession")[0]["Parameters"]["localPortNumber"][0]
    assert (plugin.folder / "words").read_text().splitlines()[-2:] == ["-c", "select 1"]
    assert PASSWORD not in "".join(plugin.words) + ran.out + ran.err
    assert "fake-session-token-for-tests" not in "".join(plugin.words) + ran.out + ran.err


def test_a_command_in_the_tunnel_has_a_url_and_its_exit_code_is_ours(plugin: FakePlugin, run: Run) -> None:
    write_script(plugin.folder / "mytool", NOTE.format(plugin.folder) + "exit 7\n")
    assert run("database", "tunnel", "--", "mytool", "--dry-run").code == 7
    told = environment(plugin)
    assert (
        told["DATABASE_URL"] == f"postgresql://conducky:{PASSWORD}@localhost:{told['PGPORT']}/conducky?sslmode=require"
    )


def test_without_a_command_the_tunnel_shows_a_url_without_the_password(
    api: AwsApi, plugin: FakePlugin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conducky.operations.database import command  # noqa: PLC0415

    def ctrl_c(_seconds: float) -> None:
        raise Interrupted(2)

    monkeypatch.setattr(command.tunnel, "__kwdefaults__", {"sleep": ctrl_c})
    ran = run("database", "tunnel")
    assert ran.code == 130
    assert "postgresql://conducky@localhost:" in ran.err
    assert PASSWORD not in ran.err
    assert api.made("ssm.TerminateSession"), "nothing is left open"


def test_a_tunnel_that_does_not_open_says_why(
    plugin: FakePlugin, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_plugin(tmp_path / "broken", monkeypatch, script="echo 'Connection to destination port failed'; exit 1")
    assert "Connection to destination port failed" in run("database", "shell").err


def test_a_plugin_that_cannot_be_started_leaves_no_session_open(
    api: AwsApi, plugin: FakePlugin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "plugin_command", lambda *_: ["/nowhere/plugin"])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    ran = run("database", "shell")
    assert (ran.code, "cannot be started" in ran.err) == (1, True)
    assert [each["SessionId"] for each in api.made("ssm.TerminateSession")] == ["ada-1"]


def test_certificates_that_were_half_written_are_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "another cache"))
    answer = httpx.Response(200, text="certificates", request=httpx.Request("GET", "https://x"))
    monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    write, ends = Path.write_text, [True]

    def interrupted(file: Path, text: str, encoding: str) -> None:
        write(file, text[:4] if ends else text, encoding)
        if ends and file.suffix == ".pem":
            raise Interrupted(ends.pop() + 1)

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(Interrupted):
        connection.rds_certificates(REGION)
    assert connection.rds_certificates(REGION).read_text() == "certificates"


def test_psql_that_is_not_installed_is_named(plugin: FakePlugin, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (plugin.folder / "psql").unlink()
    monkeypatch.setattr("conducky.operations.database.command.shutil.which", lambda _name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert "postgresql-client" in run("database", "shell").err


def snapshot(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "DBSnapshotIdentifier": name,
        "DBInstanceIdentifier": "conducky-dev-database1a2b3c4",
        "SnapshotCreateTime": STARTED,
        "SnapshotType": "manual",
        "Status": "available",
        "AllocatedStorage": 20,
        **more,
    }


@pytest.fixture
def rds(api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> AwsApi:
    monkeypatch.setattr(backups_module, "PERIOD_SECONDS", 0.0)
    api.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceIdentifier="other"), database()]})
    api.answer("rds.CreateDBSnapshot", {"DBSnapshot": snapshot("conducky-dev-database-before")})
    waiting = {"DBSnapshots": [snapshot("conducky-dev-database-before", Status="creating")]}
    api.answer("rds.DescribeDBSnapshots", waiting, {"DBSnapshots": [snapshot("conducky-dev-database-before")]})
    return api


def test_a_backup_has_the_stacks_name_and_tags_and_is_waited_for(rds: AwsApi, run: Run) -> None:
    ran = run("database", "backup", "before")
    assert (ran.code, ran.out) == (0, "conducky-dev-database-before\n")
    (request,) = rds.made("rds.CreateDBSnapshot")
    assert request["DBInstanceIdentifier"] == "conducky-dev-database1a2b3c4"
    assert {each["Key"]: each["Value"] for each in request["Tags"]} == {"Project": "conducky", "Stack": "dev"}
    assert len(rds.made("rds.DescribeDBSnapshots")) == 2


@pytest.mark.parametrize(
    ("code", "says"),
    [("DBSnapshotAlreadyExists", "choose another name"), ("InvalidDBInstanceState", "in some minutes")],
)
def test_a_backup_that_aws_refuses(rds: AwsApi, run: Run, code: str, says: str) -> None:
    rds.refuse("rds.CreateDBSnapshot", code)
    ran = run("database", "backup", "before")
    assert (ran.code, says in ran.err) == (1, True)


@pytest.mark.parametrize("name", ["Before", "a--b", "-a", "a b", "1"])
def test_a_wrong_name_is_refused_before_aws_is_asked_to_take_it(rds: AwsApi, run: Run, name: str) -> None:
    ran = run("database", "backup", "--", name)
    assert ran.code == 1
    assert rds.made("rds.CreateDBSnapshot") == []


def test_the_backups_of_this_stack_are_listed_the_newest_first(rds: AwsApi, run: Run) -> None:
    older = snapshot("rds:conducky-dev-database1a2b3c4-2026", SnapshotType="automated", SnapshotCreateTime=STARTED)
    newer = snapshot("conducky-dev-database-b", SnapshotCreateTime=STARTED + timedelta(hours=1))
    other = snapshot("x", DBInstanceIdentifier="conducky-prod-database")
    rds.answer("rds.DescribeDBSnapshots", {"DBSnapshots": [older, other, newer]})
    listed = json.loads(run("database", "backups", "--json").out)
    assert [each["name"] for each in listed] == [newer["DBSnapshotIdentifier"], older["DBSnapshotIdentifier"]]
    assert listed[1] | {"at": ""} == {
        "name": older["DBSnapshotIdentifier"],
        "at": "",
        "kind": "automated",
        "status": "available",
        "size": "20 GiB",
    }


def test_without_a_database_its_backups_are_listed_and_without_both_nothing_is_deployed(rds: AwsApi, run: Run) -> None:
    rds.answer("rds.DescribeDBInstances", {"DBInstances": [database(DBInstanceIdentifier="other")]})
    rds.answer("rds.DescribeDBSnapshots", {"DBSnapshots": [snapshot("conducky-dev-database-b")]})
    assert "conducky-dev-database-b" in run("database", "backups").out
    rds.answer("rds.DescribeDBSnapshots", {"DBSnapshots": []})
    assert "make deploy" in run("database", "backups").err
