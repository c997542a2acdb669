"""What a backend's database holds while it is measured: many accounts, each signed in, and many reports."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import quote

from conducky.rehearsal.postgres.server import PostgresServer

COOKIE = "conducky.sid"
REPORTS = 10_000
# The backend takes 30 reports a minute of an account: enough accounts that none of them comes near.
REPORTERS = 1_000

_ACCOUNTS = """
INSERT INTO accounts (id, name, email, password_hash, role)
SELECT gen_random_uuid(), 'Bench ' || n, 'bench' || n || '@example.test', '-',
       CASE n WHEN 0 THEN 'responder' ELSE 'reporter' END::role
FROM generate_series(0, %s) AS n
"""
_REPORT_ROWS = """
WITH reporters AS (SELECT id, row_number() OVER (ORDER BY email) - 1 AS n FROM accounts WHERE role = 'reporter')
INSERT INTO reports (id, title, description, reporter_id)
SELECT gen_random_uuid(), 'Report ' || m, repeat('What happened, and where. ', 20), reporters.id
FROM generate_series(1, %s) AS m JOIN reporters ON reporters.n = m %% %s
"""
_SESSIONS = """
INSERT INTO sessions (sid, sess, expire)
SELECT id::text, json_build_object('cookie', %s::json, 'accountId', id), now() + interval '1 day' FROM accounts
"""
_SESSION_COOKIE = {"originalMaxAge": 86_400_000, "httpOnly": True, "path": "/", "sameSite": "lax"}


def seed(database: PostgresServer, secret: str) -> tuple[str, list[str]]:
    """Fill the migrated database. Gives the `Cookie` headers of one responder and of all reporters."""
    database.execute(_ACCOUNTS, [REPORTERS])
    database.execute(_REPORT_ROWS, [REPORTS, REPORTERS])
    database.execute(_SESSIONS, [json.dumps(_SESSION_COOKIE)])
    for table in ("accounts", "reports", "sessions"):
        database.execute(f"ANALYZE {table}")
    ids: Callable[[str], list[str]] = lambda role: [  # noqa: E731
        str(row[0]) for row in database.execute("SELECT id FROM accounts WHERE role = %s::role ORDER BY email", [role])
    ]
    responder, *_ = ids("responder")
    return cookie(responder, secret), [cookie(reporter, secret) for reporter in ids("reporter")]


def cookie(session: str, secret: str) -> str:
    """The `Cookie` header of a session's id, signed as express-session does (the package cookie-signature)."""
    signature = base64.b64encode(hmac.digest(secret.encode(), session.encode(), hashlib.sha256)).decode().rstrip("=")
    return f"{COOKIE}={quote(f's:{session}.{signature}', safe='')}"
