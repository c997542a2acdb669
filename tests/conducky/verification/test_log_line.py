"""The one line of a log that matters: the first error, not the noise around it."""

import pytest

from conducky.verification.stopped import line_that_matters, readable_line

EMITTED = """
node:events:497
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use :::4000
    at Server.setupListenHandle [as _listen2] (node:net:1908:16)
"""
THROWN = """
file:///app/server.mjs:2
if (!process.env.PAYMENT_URL) throw new Error("Missing environment variable PAYMENT_URL");
                                    ^

Error: Missing environment variable PAYMENT_URL
    at file:///app/server.mjs:2:37
"""
PYTHON = """
Traceback (most recent call last):
  File "/code/main.py", line 4, in <module>
    raise_error = os.environ["API_TOKEN"]
                  ~~~~~~~~~~^^^^^^^^^^^^^
  File "<frozen os>", line 685, in __getitem__
KeyError: 'API_TOKEN'
"""
PRISMA = """
Prisma schema loaded from prisma/schema.prisma
Datasource "db": PostgreSQL database "conducky", schema "public" at "x.rds.amazonaws.com:5432"

3 migrations found in prisma/migrations

Error: P3009

migrate found failed migrations in the target database, new migrations will not be applied.
The `20260201090000_x` migration started at 2026-11-26 10:00:00 UTC failed
npm notice
npm notice New major version of npm available!
"""
MIGRATION = """
2 migrations found in prisma/migrations

Error: external connector error
Error querying the database: ERROR: syntax error at end of input
   0: sql_schema_connector::apply_migration::apply_script
           with migration_name="20260201090000_x"
"""
NODE = """
node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module '/app/dist/server.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)
    at Module._load (node:internal/modules/cjs/loader:1051:27) {
  code: 'MODULE_NOT_FOUND',
}

Node.js v24.1.0
"""


@pytest.mark.parametrize(
    ("log", "line", "advice"),
    [
        (MIGRATION, "Error querying the database: ERROR: syntax error at end of input", ""),
        (PRISMA, "Error: P3009", "migrate resolve"),
        (NODE, "Error: Cannot find module '/app/dist/server.js'", "COPY"),
        (EMITTED, "Error: listen EADDRINUSE: address already in use :::4000", "one server only"),
        (THROWN, "Error: Missing environment variable PAYMENT_URL", "`secrets` of the application"),
        (PYTHON, "KeyError: 'API_TOKEN'", "`secrets` of the application"),
        ("KeyError: 'name'", "KeyError: 'name'", ""),
        ("Error: Environment variable not found: SMTP_HOST.", None, "lacks a variable"),
        ("Error: the SMTP_HOST env var must be set", None, "lacks a variable"),
        ("Error: the environment is production", None, ""),
        ("Error: P1001: Can't reach it: unable to verify the first certificate", None, "certificates of RDS"),
        ("exec /app/entrypoint.sh: exec format error", "exec /app/entrypoint.sh: exec format error", "architecture"),
        (
            "Error: P1001: Can't reach database server at `x:5432`",
            "Error: P1001: Can't reach database server at `x:5432`",
            "conducky status",
        ),
        ("Error: P3005\n\nThe database schema is not empty.", "Error: P3005", "resolve --applied NAME"),
        (
            "Error: Prisma Migrate has detected that the environment is non-interactive, which is not supported.",
            *(None, "use `prisma migrate deploy`"),
        ),
        ("Error: getaddrinfo ENOTFOUND redis", None, "name of Docker Compose"),
        ("Error: getaddrinfo EAI_AGAIN db\n  at x", None, "name of Docker Compose"),
        ("Error: getaddrinfo ENOTFOUND x.eu-west-1.rds.amazonaws.com", None, ""),
        ("nc: bad address 'db'", None, "name of Docker Compose"),
        ('psql: error: could not translate host name "postgres" to address', None, "name of Docker Compose"),
        ("Error: P1001: Can't reach database server at `db:5432`", None, "name of Docker Compose"),
        ("Error: P1001: Can't reach database server at `db.example.com:5432`", None, "conducky status"),
        ("Error: listen EACCES: permission denied 0.0.0.0:80", None, "below 1024"),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)", None, "below 1024"),
        ("Error: EACCES: permission denied, mkdir '/app/uploads'", None, "ownership"),
        ("starting\nError: listen EADDRINUSE: address already in use :::4000", None, "port"),
        (
            '{"level":30,"msg":"listening"}\n{"level":60,"msg":"boom","code":"X"}\n{"level":30,"msg":"bye"}',
            "boom code=X",
            "",
        ),
        ('{"severity":"ERROR","message":"no database"}', "no database", ""),
        ("(node:7) DeprecationWarning: x\nTypeError: a is not a function", "TypeError: a is not a function", ""),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", None, "backendMemory"),
        ("\x1b[31mError: red\x1b[0m", "Error: red", ""),
        ("> start\nlistening on 4000\nfound 0 errors\nnpm notice New", "found 0 errors", ""),
    ],
)
def test_the_line_that_says_why(log: str, line: str | None, advice: str) -> None:
    found = line_that_matters(log.splitlines())
    assert found
    assert line is None or found.text == line
    assert advice in found.advice
    assert bool(advice) == bool(found.advice)


@pytest.mark.parametrize(("log", "advised"), [(PRISMA, False), (NODE, True)])
def test_advice_about_what_is_deployed_is_none_for_a_rehearsal(log: str, *, advised: bool) -> None:
    found = line_that_matters(log.splitlines(), rehearsed=True)
    assert found
    assert bool(found.advice) is advised


@pytest.mark.parametrize("log", ["", "\n \n", "npm notice\nnpm notice x"])
def test_nothing_or_noise_is_no_line(log: str) -> None:
    assert line_that_matters(log.splitlines()) is None


@pytest.mark.parametrize(
    ("line", "text", "failed"),
    [
        ('{"level":30,"time":1,"pid":1,"hostname":"h","msg":"a","b":{"c":[1,2]}}', 'a b={"c":[1,2]}', False),
        ('{"level":"warn","msg":"a","path":"/x y"}', 'a path="/x y"', False),
        ('{"message":"a","empty":"","none":null,"zero":0,"no":false}', "a zero=0 no=false", False),
        ('{"broken', '{"broken', False),
        ("[1,2]", "[1,2]", False),
        ("{}", "", False),
    ],
)
def test_json_lines_become_readable(line: str, text: str, failed: bool) -> None:  # noqa: FBT001
    assert readable_line(line) == (text, failed)


def test_a_hostile_line_is_only_text() -> None:
    assert readable_line("{" * 100_000)[0].startswith("{{{")
