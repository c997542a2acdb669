"""The commands for every day on a running rehearsal: what its socket answers to the real boto3."""

import errno
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conducky.catalog.property_bag import secret
from conducky.naming import Names
from conducky.operations.rehearsed import find_rehearsal
from conducky.operations.target import Target
from conducky.rehearsal import log_book
from conducky.rehearsal.api import RehearsalApi
from tests.conducky.operations.conftest import Run, run
from tests.conducky.rehearsal.ecs.deployed_service import JWT_SECRET, DeployedService
from tests.conducky.rehearsal.ecs.echo_app import wait_until

__all__ = ["run"]
pytestmark = pytest.mark.engine
DATABASE_SECRET = "fakePasswordOfTheDatabase"
PROGRAM = "console.log(process.env.MIGRATE_ON_START, process.env.VERSION, 'hello'); process.exit(7)"


class Played:
    """A rehearsal without the engine: one backend, and what commands changed."""

    def __init__(self, deployed: DeployedService, folder: Path) -> None:
        self.deployed, self.changes = deployed, list[tuple[str, Mapping[str, str | None], Sequence[str]]]()
        services = SimpleNamespace(exports=lambda: exports, known=set, changed={})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        exports = {"name_prefix": "conducky-dev-", "cluster_name": "conducky-dev-cluster"}
        image = f"{deployed.repository['repositoryUrl']}@sha256:{1:064x}"
        other = image.replace("-backend@", "-frontend@")
        exports |= {"backend_image": image, "frontend_image": other, "backend_log_group": "conducky-dev-backend"}
        rehearsal: Any = SimpleNamespace(
            stack="dev",
            folder=deployed.account.folder,
            account=deployed.account,
            stand_ins=deployed.stand_ins,
            layer=lambda _name: services,  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
            url=lambda name: f"http://localhost/{name}",  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        )

        def deploy(layer: str, settings: Mapping[str, str | None], replace: Sequence[str]) -> None:
            self.changes.append((layer, settings, replace))
            services.changed.update(settings)

        self.api = RehearsalApi(rehearsal, deploy)


@pytest.fixture
def played(deployed: DeployedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    deployed.deploy(deployed.version("1"))
    made = Played(deployed, tmp_path)
    with made.api.served():
        monkeypatch.setattr(tempfile, "tempdir", str(deployed.account.folder.path.parent))
        yield made
    for service in deployed.stand_ins.services.running.values():
        service.stop()
    for left in (deployed.account.folder.path / "api").iterdir():
        left.unlink()
    (deployed.account.folder.path / "api").rmdir()


def task_of(played: Played) -> Any:  # noqa: ANN401
    (service,) = played.deployed.stand_ins.services.running.values()
    return service.tasks[0]


def test_it_is_found_by_its_run_folder_and_only_with_its_stacks_name(played: Played, run: Run) -> None:
    ran = run("status", "--rehearsal", "--json")
    assert f"the rehearsal of dev in {played.deployed.account.folder.path}" in ran.err
    assert ran.code in {0, 3}
    ran = run("status", "--rehearsal", "--stack", "prod")
    assert ran.code == 1
    assert "no rehearsal runs on this computer of prod, only of dev: start one" in ran.err


def test_without_one_the_command_says_how_to_start_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for words in (
        ("status",),
        ("logs",),
        ("exec", "backend"),
        ("run", "backend", "x"),
        ("releases",),
        ("rollback",),
        ("start",),
    ):
        ran = run(words[0], "--rehearsal", *words[1:])
        assert (ran.code, "`make rehearse`" in ran.err) == (1, True)


def test_status_shows_services_tasks_and_targets(played: Played, run: Run) -> None:
    seen = json.loads(run("status", "--rehearsal", "--json").out)
    (backend,) = seen["services"]
    assert (backend["desired"], backend["running"]) == (1, 1)
    (task,) = backend["tasks"]
    assert task["id"] if "id" in task else task_of(played).name.rpartition("-")[2] in json.dumps(task)
    assert "healthy" in json.dumps(task)
    assert "http://localhost/frontend" in seen["addresses"]


def test_exec_runs_in_the_tasks_own_copy_and_environment(played: Played, run: Run) -> None:
    seen = "[process.env.PORT, process.cwd(), process.env.JWT_SECRET.length].join(' ')"
    script = f"require('fs').writeFileSync(process.env.TMPDIR + '/seen', {seen})"
    ran = run("exec", "--rehearsal", "backend", "--", "node", "-e", script)
    assert ran.code == 0, ran.err
    task = task_of(played)
    root = task.folder / "root"
    assert (root / "tmp" / "seen").read_text() == f"{task.ports[4000]} {root / 'app'} {len(JWT_SECRET)}"
    assert "cannot be started" in run("exec", "--rehearsal", "backend", "--", "no-such-program").err
    assert "no task" in run("exec", "--rehearsal", "backend", "--task", "ffffffffffff").err


def test_run_has_the_output_and_the_exit_code_of_the_command_and_leaves_nothing(played: Played, run: Run) -> None:
    ran = run("run", "--rehearsal", "backend", "--", "-e", PROGRAM)
    assert (ran.code, ran.out) == (7, "no 1 hello\n"), ran.err
    assert [each.name for each in (played.deployed.account.folder.path / "tasks").iterdir()] == [task_of(played).name]


def test_ctrl_c_stops_what_run_started(played: Played, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from conducky.operations.one_off import OneOff  # noqa: PLC0415
    from conducky.signals import Interrupted  # noqa: PLC0415

    def interrupted(*_arguments: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr(OneOff, "_follow", interrupted)
    assert run("run", "--rehearsal", "backend", "--", "-e", "setInterval(() => 1, 100)").code == 130
    folder = played.deployed.account.folder.path / "tasks"
    wait_until("the task is gone", lambda: [each.name for each in folder.iterdir()] == [task_of(played).name])


def test_logs_have_what_every_task_wrote_also_ended_ones_and_no_secret(played: Played, run: Run) -> None:
    run("run", "--rehearsal", "backend", "--", "-e", "console.log('a needle', process.env.JWT_SECRET)")
    lines = [json.loads(each) for each in run("logs", "--rehearsal", "backend", "--json").out.splitlines()]
    by_task = {each["task"]: each["message"] for each in lines}
    assert by_task[task_of(played).name.rpartition("-")[2]] == "version 1 starts"
    assert "a needle [secret]" in by_task.values()
    assert {each["service"] for each in lines} == {"backend"}
    only = run("logs", "--rehearsal", "backend", "--grep", "NEEDLE", "--json").out.splitlines()
    assert len(only) == 1
    assert "no service" in run("logs", "--rehearsal", "bakend").err


@pytest.mark.usefixtures("played")
def test_a_command_shows_all_that_its_task_wrote_also_without_an_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_book, "_MOST_LINES", 2)
    monkeypatch.setattr(log_book, "_PAGE_BYTES", 1000)
    script = "for (let i = 0; i < 5000; i++) console.log('line', i); process.stdout.write('the end')"
    out = run("run", "--rehearsal", "backend", "--", "-e", script).out.splitlines()
    lines = [line for line in out if line.startswith(("line ", "the end"))]
    assert lines == [*(f"line {number}" for number in range(5000)), "the end"]


def test_releases_are_what_was_live_and_rollback_sets_the_image_before(
    played: Played, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = played.deployed
    monkeypatch.setattr(RehearsalApi, "_note", lambda _self: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    played.api._live["backend"][0] = (1_700_000_000.0, played.api._live["backend"][0][1])  # pyright: ignore[reportPrivateUsage]
    newer = f"{deployed.repository['repositoryUrl']}@sha256:{2:064x}"
    deployed.stand_ins.images.registry.push(deployed.repository["repositoryUrl"], f"sha256:{2:064x}", ["build-2"])
    played.api._live["backend"].append((1_700_001_000.0, newer))  # pyright: ignore[reportPrivateUsage]
    target: Target = find_rehearsal("dev")[1]
    assert target.names == Names("conducky", "dev")
    listed = json.loads(run("releases", "--rehearsal", "--json").out)
    assert [each["images"].get("backend") for each in listed] == [f"sha256:{2:064x}", f"sha256:{1:064x}"]
    assert listed[0]["builds"]["backend"] == "build-2"
    ran = run("rollback", "--rehearsal", "--to", "build-2", "--yes")
    assert ran.code == 0, ran.err
    assert played.changes == [("services", {"backendImage": f"sha256:{2:064x}"}, [])]
    assert "rollback --forward --stack dev --rehearsal" in ran.err
    assert run("rollback", "--rehearsal", "--forward").code == 0
    assert played.changes[-1][:2] == ("services", {"backendImage": None})
    played.api.rehearsal.layer("services").changed.clear()
    ran = run("rollback", "--rehearsal", "--forward")
    assert (ran.code, "press `u`" in ran.err, "done" in ran.err) == (1, True, False)
    assert "no release" in run("rollback", "--rehearsal", "--to", "nothing").err
    assert len(played.changes) == 2


def test_a_rollback_without_an_answer_changes_nothing(
    played: Played, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RehearsalApi, "_note", lambda _self: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    played.deployed.stand_ins.images.registry.push(
        played.deployed.repository["repositoryUrl"], f"sha256:{2:064x}", ["build-2"]
    )
    newer = f"{played.deployed.repository['repositoryUrl']}@sha256:{2:064x}"
    played.api._live["backend"].append((1_700_001_000.0, newer))  # pyright: ignore[reportPrivateUsage]
    ran = run("rollback", "--rehearsal", "--to", "build-2")
    assert ran.code == 1
    assert "nothing was changed" in ran.err
    assert played.changes == []


def test_what_a_rehearsal_does_not_play_is_said(played: Played) -> None:
    target = find_rehearsal("dev")[1]
    with pytest.raises(Exception, match=r"a rehearsal does not play ecs\.ListClusters"):
        target.ecs.list_clusters()


def test_a_wrong_request_is_refused_as_by_aws(played: Played) -> None:
    target = find_rehearsal("dev")[1]
    with pytest.raises(Exception, match="Missing required parameter"):
        target.ecs.describe_tasks()


@pytest.fixture
def with_database(played: Played) -> Iterator[Played]:
    """Its server is there as well."""
    inputs = {
        "identifier": "conducky-dev-database-2",
        "engine": "postgres",
        "engineVersion": "15",
        "instanceClass": "db.t4g.micro",
        "username": "conducky",
        "password": secret(DATABASE_SECRET),
        "dbName": "conducky",
    }
    created = played.deployed.client.create("aws:rds/instance:Instance", "other", inputs)
    yield played
    played.deployed.stand_ins.databases.servers.pop(str(created["address"])).stop()


def test_a_database_that_a_schedule_stopped_is_no_longer_available(with_database: Played) -> None:
    def state() -> str:
        found = with_database.api.answer("rds.DescribeDBInstances", {})["answer"]["DBInstances"]
        return next(
            each["DBInstanceStatus"] for each in found if each["DBInstanceIdentifier"] == "conducky-dev-database-2"
        )

    databases = with_database.deployed.stand_ins.databases
    assert state() == "available"
    databases.halt("conducky-dev-database-2")
    assert state() == "stopped"
    databases.resume("conducky-dev-database-2")
    assert state() == "available"


def test_what_start_and_stop_ask_reaches_tasks_and_database(with_database: Played) -> None:
    target = find_rehearsal("dev")[1]
    (service,) = with_database.deployed.stand_ins.services.running.values()
    (server,) = with_database.deployed.stand_ins.databases.servers.values()
    database, rds = {"DBInstanceIdentifier": "conducky-dev-database-2"}, target.client("rds")
    target.ecs.update_service(service=service.inputs["name"], desiredCount=0)
    rds.stop_db_instance(**database)
    assert (service.tasks, server.runs) == ([], False)
    rds.start_db_instance(**database)
    target.ecs.update_service(service=service.inputs["name"], desiredCount=1)
    assert (len(service.tasks), server.runs) == (1, True)
    with pytest.raises(target.ecs.exceptions.ServiceNotFoundException):
        target.ecs.update_service(service="conducky-dev-none", desiredCount=1)


def test_a_tunnel_leads_to_the_rehearsals_own_postgres_and_verifies_it(
    with_database: Played, run: Run, tmp_path: Path
) -> None:
    script = (
        "import os, pathlib, psycopg, sys\n"
        "row = psycopg.connect('').execute('select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()')\n"
        "pathlib.Path(sys.argv[1]).write_text(str(row.fetchone()) + os.environ['PGSSLMODE'])"
    )
    ran = run("database", "tunnel", "--rehearsal", "--", sys.executable, "-c", script, str(tmp_path / "row"))
    assert ran.code == 0, ran.err
    assert (tmp_path / "row").read_text() == "('conducky', True)verify-full"
    assert DATABASE_SECRET not in ran.out + ran.err


def test_a_backup_of_it_goes_with_the_rehearsal(with_database: Played, run: Run) -> None:
    name = "conducky-dev-database-before"
    ran = run("database", "backup", "--rehearsal", "before")
    assert (ran.code, ran.out) == (0, f"{name}\n"), ran.err
    listed = json.loads(run("database", "backups", "--rehearsal", "--json").out)
    assert [(each["name"], each["kind"], each["status"]) for each in listed] == [(name, "manual", "available")]
    assert "choose another name" in run("database", "backup", "--rehearsal", "before").err
    folder = with_database.deployed.account.folder.path / "backups"
    assert folder.stat().st_mode & 0o077 == 0
    shutil.rmtree(folder)


def test_a_backup_that_fails_leaves_nothing_and_is_named(
    with_database: Played, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_admin: object, _data: Path, to: Path) -> None:
        to.mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("conducky.rehearsal.postgres.server.copy_data", fails)
    assert "No space left on device" in run("database", "backup", "--rehearsal", "before").err
    assert json.loads(run("database", "backups", "--rehearsal", "--json").out) == []
    (with_database.deployed.account.folder.path / "backups").rmdir()


def test_without_a_database_that_is_said(played: Played, run: Run) -> None:
    assert "there is no database" in run("database", "tunnel", "--rehearsal", "--", "true").err
