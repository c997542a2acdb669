"""The second login with which the backend signs in while the database's password changes.

It is a member of the database's owner and becomes it when it signs in, so that what it creates belongs to the owner.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from conducky.errors import UserError
from conducky.naming import ROTATION_LOGIN
from conducky.operations.database.connection import Connection
from conducky.subprocesses import last_line

Row = tuple[object, ...]
_LOGIN = sql.Identifier(ROTATION_LOGIN)
_OWNER = sql.SQL("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")


@dataclass(frozen=True)
class RotationLogin:
    """The login, seen from the backend's own connection, whose password it shares at first."""

    connection: Connection

    def exists(self) -> bool:
        """Whether the database has it."""
        return bool(self._run(sql.SQL("SELECT 1 FROM pg_roles WHERE rolname = {}").format(ROTATION_LOGIN)))

    def has_the_present_password(self) -> bool:
        """Whether it can sign in with the password of the backend's connection string."""
        try:
            with _connected(self.connection, ROTATION_LOGIN):
                return True
        except psycopg.OperationalError:
            return False

    def create(self) -> None:
        """Create it, or give it the present password; only the password's verifier leaves this computer."""
        with self._session() as session:
            secret = self.connection.password.encode()
            verifier = session.pgconn.encrypt_password(secret, ROTATION_LOGIN.encode(), b"scram-sha-256").decode()
            (found,) = session.execute(_OWNER).fetchone() or ("",)
            owner = sql.Identifier(str(found))
            if not self.exists():
                session.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE {}").format(_LOGIN, owner))
            session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(_LOGIN, verifier))
            session.execute(sql.SQL("ALTER ROLE {} SET role TO {}").format(_LOGIN, owner))

    def drop(self) -> None:
        """Remove it, if it is there."""
        self._run(sql.SQL("DROP ROLE IF EXISTS {}").format(_LOGIN))

    def _run(self, statement: sql.Composed) -> list[Row]:
        with self._session() as session:
            cursor = session.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _session(self) -> Generator["psycopg.Connection[Row]"]:
        try:
            with _connected(self.connection, self.connection.user) as session:
                yield session
        except psycopg.Error as error:
            reason = last_line(str(error), type(error).__name__)
            raise UserError(
                f"the database refuses ({reason})",
                "run this again when `conducky status` of this stack says that it is available",
            ) from None


def _connected(connection: Connection, user: str) -> "psycopg.Connection[Row]":
    return psycopg.connect(
        host=connection.host,  # What the certificate is checked against
        hostaddr="127.0.0.1",
        port=connection.port,
        user=user,
        password=connection.password,
        dbname=connection.name,
        sslmode="verify-full",
        sslrootcert=str(connection.certificates),
        connect_timeout=10,
        autocommit=True,
    )
