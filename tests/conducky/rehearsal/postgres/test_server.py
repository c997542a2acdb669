import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import pytest

from conducky.errors import UserError
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.postgres import server as server_module
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.watchdog import clean_up

pytestmark = pytest.mark.engine

AS_ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).resolve().parents[4]
ADMIN_PASSWORD = "the superuser's, known to the tests"
PASSWORD = "odd: /@%'\"ä"

OWNER = """
import sys, time
from pathlib import Path
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
folder = RunFolder.create(Path(sys.argv[1]))
server = PostgresServer(folder, name="db", username="app", password="secret", database="app", parameters={},
    certificate=CertificateAuthority.create(folder.path / "certificates"), progress=print)
print(server.execute("SELECT 'answered'")[0][0], server.port, folder.path, flush=True)
time.sleep(999)
"""


@pytest.fixture(scope="module")
def parent() -> Iterator[Path]:
    """A folder with a space in its name that every user can enter (pytest's own cannot be)."""
    path = Path(tempfile.mkdtemp(prefix="conducky tests ")).resolve()
    path.chmod(0o777)
    yield path
    for left in path.glob("conducky-rehearsal-*/processes"):  # by a test that failed
        clean_up(left.parent, grace=0)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def folder(parent: Path) -> Iterator[RunFolder]:
    with RunFolder.create(parent) as folder:
        yield folder


@pytest.fixture(scope="module")
def authority(folder: RunFolder) -> CertificateAuthority:
    return CertificateAuthority.create(folder.path / "certificates")


def start(
    folder: RunFolder, authority: CertificateAuthority, name: str, parameters: dict[str, str] | None = None
) -> PostgresServer:
    return PostgresServer(
        folder,
        name=name,
        username="conducky",
        password=PASSWORD,
        database="conducky",
        parameters=parameters or {},
        certificate=authority,
        progress=print,
    )


@pytest.fixture(scope="module")
def server(folder: RunFolder, authority: CertificateAuthority) -> PostgresServer:
    """One server for the tests that leave it as it was."""

    def token_urlsafe(nbytes: int) -> str:
        return ADMIN_PASSWORD

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_urlsafe", token_urlsafe)
        return start(folder, authority, "shared", {"rds.force_ssl": "1", "log_min_duration_statement": "0"})


def trusting(server: PostgresServer, authority: CertificateAuthority) -> str:
    """The server's URL for a client that trusts an authority."""
    return f"{server.url()}&sslrootcert={quote(str(authority.bundle))}"


def refusal(url: str) -> str:
    with pytest.raises(psycopg.OperationalError) as raised:
        psycopg.connect(url, connect_timeout=10).close()
    return str(raised.value)


def test_the_url_leads_to_a_postgresql_15_with_the_database(
    server: PostgresServer, authority: CertificateAuthority
) -> None:
    with psycopg.connect(trusting(server, authority)) as connection:
        row = connection.execute(
            "SELECT current_database(), current_user, current_setting('server_version'), ssl, "
            "pg_encoding_to_char(encoding) FROM pg_stat_ssl, pg_database "
            "WHERE pid = pg_backend_pid() AND datname = current_database()"
        ).fetchone()
    assert row is not None
    assert row[:2] == ("conducky", "conducky")
    assert str(row[2]).startswith("15.")
    assert row[3:] == (True, "UTF8")


def test_a_connection_without_tls_is_refused(server: PostgresServer) -> None:
    assert "no encryption" in refusal(server.url().replace("verify-full", "disable"))


def test_a_client_that_trusts_another_authority_refuses(server: PostgresServer, tmp_path: Path) -> None:
    other = CertificateAuthority.create(tmp_path)
    assert "certificate verify failed" in refusal(trusting(server, other))


def test_a_client_that_asked_for_another_host_refuses(server: PostgresServer, authority: CertificateAuthority) -> None:
    url = trusting(server, authority).replace(server.hostname, "db.example.com") + "&hostaddr=127.0.0.1"
    assert 'does not match host name "db.example.com"' in refusal(url)


def test_a_wrong_password_is_refused(server: PostgresServer, authority: CertificateAuthority) -> None:
    url = trusting(server, authority).replace("odd", "even")
    assert "password authentication failed" in refusal(url)


def test_the_master_user_can_do_what_rds_allows(server: PostgresServer) -> None:
    assert server.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [(False, True)]
    assert server.execute("CREATE TABLE things (name text)") == []
    assert server.execute("INSERT INTO things VALUES (%s) RETURNING name", ["x"]) == [("x",)]
    server.execute("CREATE DATABASE shadow")
    server.execute("CREATE EXTENSION pgcrypto")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute("COPY things FROM '/etc/passwd'")


def test_it_listens_on_this_machine_only(server: PostgresServer) -> None:
    assert server.execute("SHOW listen_addresses")[0][0] in {"127.0.0.1", "127.0.0.1,::1"}
    assert server.execute("SHOW unix_socket_directories") == [("",)]


def test_no_password_is_in_any_file_or_command_line(folder: RunFolder, server: PostgresServer) -> None:
    server.set_password(PASSWORD)  # while every statement is logged
    server.execute("SELECT 'this statement'")
    passwords = (PASSWORD.encode(), ADMIN_PASSWORD.encode())
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert any(b"this statement" in path.read_bytes() for path in files)
    assert [path for path in files if any(password in path.read_bytes() for password in passwords)] == []
    assert PASSWORD not in repr(server)
    assert ADMIN_PASSWORD not in repr(server)


def test_a_restart_keeps_port_and_data(folder: RunFolder, authority: CertificateAuthority) -> None:
    server = start(folder, authority, "restarted")
    port = server.port
    server.execute("CREATE TABLE kept ()")
    with psycopg.connect(trusting(server, authority)) as idle:
        server.restart()
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
    assert server.port == port
    assert server.execute("SELECT * FROM kept") == []
    server.stop()


def test_stop_deletes_the_instance(folder: RunFolder, authority: CertificateAuthority) -> None:
    server = start(folder, authority, "deleted")
    server.execute("CREATE TABLE gone ()")
    server.stop()
    assert not (folder.path / "postgres-deleted").exists()
    assert "refused" in refusal(trusting(server, authority))
    again = start(folder, authority, "deleted")
    with pytest.raises(psycopg.errors.UndefinedTable):
        again.execute("SELECT * FROM gone")
    again.stop()


def test_a_new_password_replaces_the_old(folder: RunFolder, authority: CertificateAuthority) -> None:
    server = start(folder, authority, "password")
    old = trusting(server, authority)
    server.set_password("another")
    assert server.execute("SELECT 1") == [(1,)]
    assert "password authentication failed" in refusal(old)
    server.stop()


def test_parameters_change_without_a_restart_where_that_is_enough(
    folder: RunFolder, authority: CertificateAuthority
) -> None:
    server = start(folder, authority, "parameters")
    plain = server.url().replace("verify-full", "disable")
    with psycopg.connect(trusting(server, authority), autocommit=True) as connection:
        server.set_parameters({"rds.force_ssl": "0", "work_mem": "1234"})
        assert connection.execute("SELECT 'still connected'").fetchone()
    psycopg.connect(plain).close()
    assert server.execute("SHOW work_mem") == [("1234kB",)]
    for parameters, connections in (({"max_connections": "17"}, "17"), ({}, "100")):  # these need a restart
        server.set_parameters(parameters)
        assert server.execute("SHOW max_connections") == [(connections,)]
    assert "no encryption" in refusal(plain)
    server.stop()


@pytest.mark.parametrize("wrong", [{"work_mem": "potato"}, {"no_such_parameter": "1"}, {"shared_buffers": "1"}])
def test_refused_parameters_leave_the_old_ones(server: PostgresServer, wrong: dict[str, str]) -> None:
    before = server.parameters
    with pytest.raises(UserError, match=f"{next(iter(wrong))}.*correct the instance or its parameter group"):
        server.set_parameters(wrong)
    assert server.parameters == before
    assert server.execute("SHOW log_min_duration_statement") == [("0",)]


def test_a_server_that_cannot_start_says_why(folder: RunFolder, authority: CertificateAuthority) -> None:
    with pytest.raises(UserError, match=r"the database wrong did not start \(.*potato.*`make rehearse`") as raised:
        start(folder, authority, "wrong", {"work_mem": "potato"})
    assert "\n" not in str(raised.value)
    pid_file = folder.path / "postgres-wrong" / "data" / "postmaster.pid"
    assert not pid_file.exists()


def test_a_port_taken_at_the_last_moment_is_replaced(
    folder: RunFolder, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1]])
        original = server_module.free_port
        monkeypatch.setattr(server_module, "free_port", lambda: next(ports, None) or original())
        server = start(folder, authority, "late")
        assert server.execute("SELECT 1") == [(1,)]
        server.stop()


def test_two_start_at_once(folder: RunFolder, authority: CertificateAuthority) -> None:
    with ThreadPoolExecutor() as pool:
        starting = [pool.submit(start, folder, authority, name) for name in ("one", "two")]
    servers = [future.result() for future in starting]
    assert [server.execute("SELECT 1") for server in servers] == [[(1,)], [(1,)]]
    for server in servers:
        server.stop()


@pytest.mark.skipif(not AS_ROOT, reason="a plain user runs the server as itself")
def test_root_without_a_user_postgres_takes_nobody(
    folder: RunFolder, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "server_user", lambda: "nobody")
    server = start(folder, authority, "nobody")
    pid = (folder.path / "postgres-nobody" / "data" / "postmaster.pid").read_text().splitlines()[0]
    assert psutil.Process(int(pid)).username() == "nobody"
    server.stop()


def as_plain_user() -> list[str]:
    """What to put before `-c CODE` so that a user who is not root runs it: us, or nobody in root's stead."""
    if not AS_ROOT:
        return [sys.executable]
    prefix = ["runuser", "-u", "nobody", "--", "env", f"PYTHONPATH={os.pathsep.join(['.', *sys.path])}"]
    if shutil.which("runuser"):
        # This interpreter may be in root's home; another of the same version can use the same packages.
        for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
            tried = subprocess.run([*prefix, python, "-c", "import psutil, psycopg"], check=False, cwd=REPOSITORY)
            if tried.returncode == 0:
                return [*prefix, python]
    pytest.skip("no plain user can run this Python here")


def test_a_killed_plain_user_leaves_no_server_behind(parent: Path) -> None:
    owner = subprocess.Popen(
        [*as_plain_user(), "-c", OWNER, str(parent)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert owner.stdout is not None
    answer, port, folder = owner.stdout.readline().strip().split(" ", 2)
    assert answer == "answered"
    # As root, runuser is in between; it ends with its child.
    for process in psutil.Process(owner.pid).children() if AS_ROOT else [owner]:
        process.kill()
    owner.communicate()
    deadline = time.monotonic() + 30
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)))
