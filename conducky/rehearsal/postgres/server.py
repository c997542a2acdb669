"""A PostgreSQL 15 server that behaves as an RDS instance does."""

import os
import pwd
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from conducky.errors import UserError
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.postgres.binaries import find_postgres, server_user, within_reach
from conducky.rehearsal.postgres.config import startup_failure, write_configuration
from conducky.rehearsal.postgres.data_copy import DataCopy, copy_data
from conducky.rehearsal.postgres.roles import ADMIN, Connection, change_password, create_master_user
from conducky.rehearsal.processes.ports import free_port, release_port
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import give

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_ENV = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
# Older versions of macOS have no C.UTF-8.
_LOCALE = "C.UTF-8" if os.uname().sysname == "Linux" else "C"


class _NotStartedError(Exception):
    """The server ended or did not start; the message is its log."""


class PostgresServer:
    """A running server with one database, owned by its master user. Refuses connections without TLS as RDS 15 does.

    `parameters` are those of the RDS parameter group. The server's certificate, by `certificate`, names localhost and
    `aliases`. It begins with the data of `begins_with`, whose master user gets this password; without, it is empty.
    Raises UserError when it does not start; the message has PostgreSQL's own reason.
    """

    hostname = "localhost"

    def __init__(  # noqa: PLR0913  # what defines a database
        self,
        folder: RunFolder,
        *,
        name: str,
        username: str,
        password: str,
        database: str,
        parameters: Mapping[str, str],
        certificate: CertificateAuthority,
        aliases: Sequence[str] = (),
        begins_with: DataCopy | None = None,
        progress: Callable[[str], None],
    ) -> None:
        self.name, self.username, self.database, self.parameters = name, username, database, dict(parameters)
        self._password = password
        self._admin_password = begins_with.admin_password if begins_with else secrets.token_urlsafe(24)
        self._folder, self._authority = folder, certificate
        self._binaries = within_reach(find_postgres(progress), folder.path, server_user())
        self._certificate = certificate.issue(self.hostname, *aliases, owner=server_user())
        self._make_data(begins_with)
        self._start_on_free_port()
        try:
            with self._as_admin() as admin:
                if begins_with:
                    change_password(admin, username, password)
                else:
                    create_master_user(admin, username, password, database)
        except BaseException:
            self.stop()
            raise

    def url(self) -> str:
        """The master user's connection URL, as in platform/database.py."""
        user, password, database = (quote(part, safe="") for part in (self.username, self._password, self.database))
        return f"postgresql://{user}:{password}@{self.hostname}:{self.port}/{database}?sslmode=verify-full"

    def execute(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one statement as the master user; its rows, if it returns any."""
        with self._connect(self.username, self._password, self.database) as connection:
            cursor = connection.execute(query.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def copy_data(self, to: Path) -> DataCopy:
        """Copy its data to the new folder `to` while it runs. Raises what that raises, and leaves nothing then."""
        try:
            with self._as_admin() as admin:
                copy_data(admin, self._home / "data", to)
        except BaseException:
            shutil.rmtree(to, ignore_errors=True)
            raise
        return DataCopy(to, self._admin_password)

    def set_password(self, new: str) -> None:
        """Change the master user's password; open connections stay."""
        with self._as_admin() as admin:
            change_password(admin, self.username, new)
        self._password = new

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Replace the parameters, by a restart where needed. Raises UserError, and keeps the old ones, if refused."""
        old, self.parameters = self.parameters, dict(parameters)
        try:
            self._configure()
            with self._as_admin() as admin:
                refused = admin.execute("SELECT 1 FROM pg_file_settings WHERE error IS NOT NULL").fetchone()
            if refused or not self._reload():  # A valid value that only a start can apply counts as "refused" too
                self.restart()
        except UserError:
            self.parameters = old
            self._configure()
            self.restart()
            raise

    def restart(self) -> None:
        """Stop at once, closing every connection, and start again with the same port and data."""
        self._process.stop(_STOP_SECONDS)
        try:
            self._launch()
        except _NotStartedError as error:
            raise startup_failure(self.name, str(error)) from None

    @property
    def runs(self) -> bool:
        """Whether it was not stopped."""
        return self._process.poll() is None

    def halt(self) -> None:
        """Stop, closing every connection, until `restart`."""
        self._process.stop(_STOP_SECONDS)

    def stop(self) -> None:
        """Delete the instance: the server ends, its data is removed and its port is free again."""
        self._process.stop(_STOP_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)
        release_port(self.port)

    @property
    def _home(self) -> Path:
        return self._folder.path / f"postgres-{self.name}"

    def _make_data(self, begins_with: DataCopy | None) -> None:
        shutil.rmtree(self._home, ignore_errors=True)  # Of a deleted or failed instance with this name
        self._home.mkdir(mode=0o700)
        if begins_with:
            try:
                shutil.copytree(begins_with.path, self._home / "data")
            except OSError as error:
                shutil.rmtree(self._home, ignore_errors=True)
                raise UserError(
                    f"the database {self.name} cannot begin with the snapshot: its data cannot be copied ({error})",
                    "make room on this computer's disk, and run it again",
                ) from None
            if user := server_user():
                give(self._home, pwd.getpwnam(user).pw_uid)
            return
        password_file = self._home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._admin_password, encoding="utf-8")
        if user := server_user():
            for path in (self._home, password_file):
                shutil.chown(path, user)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={_LOCALE}", "--no-sync", "--no-instructions"]
        command = [str(self._binaries / "initdb"), "-D", "data", "-U", ADMIN, "--pwfile=password", *options]
        initdb = self._folder.start(f"initdb-{self.name}", command, env=_ENV, cwd=self._home, run_as=server_user())
        try:
            code = initdb.wait(_START_SECONDS)
        except TimeoutError:
            code = initdb.stop(0)
        password_file.unlink()
        if code != 0:
            raise startup_failure(self.name, initdb.tail(3))

    def _start_on_free_port(self) -> None:
        reason = ""
        for _ in range(5):  # Another process may take the port in between
            self.port = free_port()
            self._configure()
            try:
                return self._launch()
            except _NotStartedError as error:
                reason = str(error)
                release_port(self.port)
                if "could not bind" not in reason:
                    break
        raise startup_failure(self.name, reason)

    def _configure(self) -> None:
        write_configuration(self._home / "data", self.parameters, self.port, self._certificate)

    def _launch(self) -> None:
        log = self._folder.path / "logs" / f"postgres-{self.name}.log"
        before = log.stat().st_size if log.exists() else 0
        self._process = self._folder.start(
            f"postgres-{self.name}",
            [str(self._binaries / "postgres"), "-D", "data"],
            env=_ENV,
            cwd=self._home,
            run_as=server_user(),
            log=log,
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown; SIGTERM would wait for the clients
        )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and not self._is_ready() and time.monotonic() < deadline:
            time.sleep(0.02)
        written = log.read_bytes()[before:].decode(errors="replace")
        if "could not bind" in written or not self._is_ready():
            self._process.stop(_STOP_SECONDS)
            raise _NotStartedError(written)

    def _is_ready(self) -> bool:
        # As pg_ctl does: the eighth line of the file that the running server keeps.
        try:
            lines = (self._home / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"  # noqa: PLR2004  # the line that pg_ctl reads

    def _reload(self) -> bool:
        """Apply what a running server can, and wait until new connections have it; whether that is everything."""
        with self._as_admin() as admin:
            loaded = admin.execute("SELECT pg_conf_load_time(), pg_reload_conf()").fetchone()
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            with self._as_admin() as admin:
                if admin.execute("SELECT pg_conf_load_time()").fetchone() != (loaded or ())[:1]:
                    return not admin.execute("SELECT 1 FROM pg_settings WHERE pending_restart").fetchone()
            time.sleep(0.02)
        return False

    def _as_admin(self) -> Connection:
        # Whatever the parameter group logs, our own statements with passwords are never in it.
        quiet = "-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic"
        return self._connect(ADMIN, self._admin_password, "postgres", options=quiet)

    def _connect(self, user: str, password: str, database: str, options: str = "") -> Connection:
        return psycopg.connect(
            host=self.hostname,  # What the certificate is checked against
            hostaddr="127.0.0.1",
            port=self.port,
            user=user,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(self._authority.bundle),
            options=options,
            connect_timeout=10,
            autocommit=True,
        )
