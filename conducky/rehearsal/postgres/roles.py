"""The roles of an RDS instance: a master user with many rights that is not a superuser."""

from typing import TypeAlias

import psycopg
from psycopg import sql

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]

ADMIN = "rdsadmin"  # RDS's own superuser


def create_master_user(admin: Connection, username: str, password: str, database: str) -> None:
    """Create the master user, with RDS's group role, and the database it owns."""
    user, name = sql.Identifier(username), sql.Identifier(database)
    verifier = _verifier(admin, username, password)
    admin.execute("CREATE ROLE rds_superuser NOLOGIN IN ROLE pg_monitor, pg_signal_backend, pg_checkpoint")
    admin.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {} IN ROLE rds_superuser").format(user, verifier)
    )
    create = "ALTER DATABASE {} OWNER TO {}" if database == "postgres" else "CREATE DATABASE {} OWNER {}"
    admin.execute(sql.SQL(create).format(name, user))


def change_password(admin: Connection, username: str, password: str) -> None:
    """Give the master user another password."""
    verifier = _verifier(admin, username, password)
    admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(username), verifier))


def _verifier(admin: Connection, username: str, password: str) -> str:
    # What the server stores instead of the password; computed here, so that no statement contains the password.
    return admin.pgconn.encrypt_password(password.encode(), username.encode(), b"scram-sha-256").decode()
