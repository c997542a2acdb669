"""A copy of a server's data is what another server begins with: everything that was committed, roles included."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from conducky.errors import UserError
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.postgres.data_copy import DataCopy
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder

pytestmark = pytest.mark.engine

PASSWORD = "fake-password"
Start = Callable[..., PostgresServer]


@pytest.fixture(scope="module")
def folder() -> Iterator[RunFolder]:
    with RunFolder.create() as folder:
        yield folder


@pytest.fixture(scope="module")
def start(folder: RunFolder) -> Start:
    authority = CertificateAuthority.create(folder.path / "certificates")

    def start(name: str, begins_with: DataCopy | None = None, password: str = PASSWORD) -> PostgresServer:
        return PostgresServer(
            folder,
            name=name,
            username="conducky",
            password=password,
            database="conducky",
            parameters={},
            certificate=authority,
            begins_with=begins_with,
            progress=print,
        )

    return start


@pytest.fixture(scope="module")
def server(start: Start) -> PostgresServer:
    return start("source")


def test_another_server_begins_with_the_data_and_has_its_own_password(
    folder: RunFolder, server: PostgresServer, start: Start
) -> None:
    server.execute("CREATE TABLE reports AS SELECT * FROM generate_series(1, 1000) AS number")
    server.execute("CREATE ROLE reader LOGIN PASSWORD 'fake-reader'")
    server.execute("GRANT SELECT ON reports TO reader")
    server.execute("CREATE DATABASE another")
    copy = server.copy_data(folder.path / "copy")
    server.execute("DELETE FROM reports")

    restored = start("restored", copy, "another-fake-password")

    assert restored.execute("SELECT count(*), max(number) FROM reports") == [(1000, 1000)]
    assert restored.execute("SELECT has_table_privilege('reader', 'reports', 'SELECT')") == [(True,)]
    assert restored.execute("SELECT count(*) FROM pg_database WHERE datname = 'another'") == [(1,)]
    assert server.execute("SELECT count(*) FROM reports") == [(0,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(restored.url().replace("another-fake-password", PASSWORD), sslmode="require")
    again = start("again", copy)
    assert again.execute("SELECT count(*) FROM reports") == [(1000,)], "starting from it leaves it as it was"
    for each in (restored, again):
        each.stop()


def test_what_is_committed_before_is_whole_and_what_is_written_meanwhile_does_no_harm(
    folder: RunFolder, server: PostgresServer, start: Start
) -> None:
    server.execute("CREATE TABLE written (number integer PRIMARY KEY, text text)")
    committed, ended = [0], threading.Event()

    def write() -> None:
        while not ended.is_set():
            number = committed[0] + 1
            server.execute("INSERT INTO written VALUES (%s, repeat('x', 5000))", [number])
            server.execute(f"CREATE TABLE passing_{number} (number integer)")
            server.execute(f"DROP TABLE passing_{number}")
            committed[0] = number

    writing = threading.Thread(target=write)
    writing.start()
    try:
        while committed[0] < 20:
            ended.wait(0.01)
        before = committed[0]
        copy = server.copy_data(folder.path / "while written")
    finally:
        ended.set()
        writing.join()
    restored = start("while-written", copy)
    ((count, last),) = restored.execute("SELECT count(*), max(number) FROM written WHERE length(text) = 5000")
    assert count == last
    assert before <= int(str(count)) <= committed[0]
    restored.stop()


def test_a_server_that_does_not_run_leaves_no_copy(folder: RunFolder, start: Start) -> None:
    halted = start("halted")
    halted.halt()
    with pytest.raises(psycopg.OperationalError):
        halted.copy_data(folder.path / "none")
    assert not (folder.path / "none").exists()
    halted.stop()


def test_a_copy_that_is_gone_is_named_and_leaves_no_data(folder: RunFolder, start: Start, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its data cannot be copied"):
        start("gone", DataCopy(tmp_path / "gone", "fake"))
    assert not (folder.path / "postgres-gone").exists()


def test_the_superusers_password_is_not_shown(tmp_path: Path) -> None:
    assert "fake-secret" not in repr(DataCopy(tmp_path, "fake-secret"))
