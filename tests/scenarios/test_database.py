"""The database's data and password, changed on a rehearsal that runs: restored, rotated, and nothing lost."""

import json
import re
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.day_two import conducky, served_api
from tests.scenarios.deployment import ready, rehearsed, up
from tests.scenarios.load import disturbed_load
from tests.scenarios.marks import needs_client
from tests.scenarios.repository import copy_of, edit

pytestmark = [pytest.mark.engine, pytest.mark.slow, needs_client]
INSTANCE = "aws:rds/instance:Instance"
# Each request opens a connection of its own: one that cannot sign in fails it.
ASKS_THE_DATABASE = """\
  if (request.url !== "/api/status") return response.end(JSON.stringify(answer));
  const { DATABASE_URL, NODE_EXTRA_CA_CERTS, PATH } = process.env;
  const env = { PATH: `${PATH}:/usr/bin:/usr/local/bin:/opt/homebrew/bin`, PGSSLROOTCERT: NODE_EXTRA_CA_CERTS };
  const words = [DATABASE_URL, "-Atc", "select current_user"];
  require("node:child_process").execFile("psql", words, { env }, (error, out) => {
    response.writeHead(error ? 500 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...answer, user: out.trim() }));
  });
"""


@pytest.fixture(scope="module")
def served(stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsal]:
    root = copy_of(stand_ins, tmp_path_factory.mktemp("database") / "repository")
    server = root / "backend" / "server.js"
    edit(server, '  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });\n', "")
    edit(server, "  response.end(JSON.stringify(answer));\n", ASKS_THE_DATABASE)
    edit(root / "backend" / "Dockerfile", "USER", "ENV NODE_EXTRA_CA_CERTS=/app/rds-ca.pem\nUSER")
    with rehearsed(root, images=images) as made:
        up(made)
        with served_api(made):
            yield made


@pytest.fixture
def rehearsal(served: Rehearsal) -> Rehearsal:
    return ready(served)


def used(rehearsal: Rehearsal) -> PostgresServer:
    server = rehearsal.stand_ins.databases.in_use()
    assert server
    return server


def known(rehearsal: Rehearsal) -> set[str]:
    return {ident for token, ident in rehearsal.layer("platform").known() if token == INSTANCE}


def existing(rehearsal: Rehearsal) -> set[str]:
    return {str(each["identifier"]) for each in rehearsal.account.of(INSTANCE)}


def test_a_backup_is_restored_beside_the_database_which_stays_until_it_is_forgotten(rehearsal: Rehearsal) -> None:
    (before,) = known(rehearsal)
    used(rehearsal).execute("CREATE TABLE IF NOT EXISTS ducks (name text)")
    used(rehearsal).execute("INSERT INTO ducks VALUES ('Ada')")
    backup = conducky(rehearsal, "database", "backup", "ducks").strip()
    used(rehearsal).execute("DELETE FROM ducks")

    conducky(rehearsal, "database", "restore", "ducks", "--yes")
    assert used(rehearsal).execute("SELECT name FROM ducks") == [("Ada",)]
    (now,) = known(rehearsal)
    assert re.fullmatch(r"conducky-dev-database-\d+-[0-9a-f]{7}", now)
    assert existing(rehearsal) == {before, now}
    assert [each.operations for each in up(rehearsal).values()] == [{}, {}, {}], "a second `up` changes nothing"
    old = rehearsal.account.find(INSTANCE, identifier=before) or {}
    assert rehearsal.stand_ins.databases.servers[str(old["address"])].execute("SELECT count(*) FROM ducks") == [(0,)]
    status = json.loads(conducky(rehearsal, "status", "--json"))
    assert (status["database"]["name"], status["database"]["replaced"]) == (now, [before])

    assert "restored from" in conducky(rehearsal, "database", "restore", backup, "--yes", code=1)
    assert "none of the replaced" in conducky(rehearsal, "database", "forget", now, "--yes", code=1)
    conducky(rehearsal, "database", "forget", "--yes")
    assert existing(rehearsal) == {now}
    assert "no database that a restored one has replaced" in conducky(rehearsal, "database", "forget", code=1)


def test_a_time_is_restored_and_one_before_the_first_backup_refused(rehearsal: Rehearsal) -> None:
    (before,) = known(rehearsal)
    used(rehearsal).execute("CREATE TABLE IF NOT EXISTS geese (name text)")
    conducky(rehearsal, "database", "backup", "geese")
    assert "is outside of" in conducky(rehearsal, "database", "restore", "2020-01-01T10:00", "--yes", code=1)
    time.sleep(1.1)  # Times are whole seconds
    then = datetime.now(UTC)
    used(rehearsal).execute("DROP TABLE geese")
    conducky(rehearsal, "database", "restore", f"{then:%Y-%m-%dT%H:%M:%S}", "--yes")
    assert used(rehearsal).execute("SELECT count(*) FROM geese") == [(0,)]
    assert existing(rehearsal) - known(rehearsal) == {before}
    conducky(rehearsal, "database", "forget", "--yes")


def test_the_data_moves_through_a_tunnel_by_postgresqls_own_tools(rehearsal: Rehearsal, tmp_path: Path) -> None:
    used(rehearsal).execute("CREATE TABLE IF NOT EXISTS swans (name text)")
    used(rehearsal).execute("INSERT INTO swans VALUES ('Ada')")
    dump = str(tmp_path / "everything.dump")
    conducky(rehearsal, "database", "tunnel", "--", "pg_dump", "--format=custom", f"--file={dump}")
    used(rehearsal).execute("DELETE FROM swans")
    options = ("--clean", "--if-exists", "--no-owner", "--dbname=conducky")
    conducky(rehearsal, "database", "tunnel", "--", "pg_restore", *options, dump)
    assert used(rehearsal).execute("SELECT DISTINCT name FROM swans") == [("Ada",)]


def test_another_password_under_load_fails_no_request(rehearsal: Rehearsal) -> None:
    secret = used(rehearsal)._password  # pyright: ignore[reportPrivateUsage]  # what must not be shown
    with disturbed_load(rehearsal.url()) as load:
        load.wait_for_more(10)
        said = conducky(rehearsal, "database", "rotate-password", "--yes")
        load.wait_for_more(10)
    assert [each for each in load.failures if "POST" not in each] == []
    new = used(rehearsal)._password  # pyright: ignore[reportPrivateUsage]
    assert new != secret
    assert secret not in said
    assert new not in said
    assert used(rehearsal).execute("SELECT 1 FROM pg_roles WHERE rolname = 'conducky_rotation'") == []
    assert [each.operations for each in up(rehearsal).values()] == [{}, {}, {}], "the state says what is there"
