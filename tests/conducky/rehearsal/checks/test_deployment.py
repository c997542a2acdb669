import json
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conducky.rehearsal.account import Account
from conducky.rehearsal.checks.deployment import CheckResult, Deployment, run_checks

MIGRATION = "20260201090000_init"
REPORT = "report filed, and shown to its reporter only"
SECRET = "fake-secret-value-0123456789"


@dataclass
class Application:
    """A deployment that does everything right, until a test changes something."""

    url: str = ""
    page: tuple[int, str] = (200, "text/html")
    version: str = "15.18"
    api_unknown: tuple[int, str] = (404, "application/problem+json")
    invitation: str = ""
    accounts: list[str] = field(default_factory=list[str])
    reports: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    lists_to_all: bool = False
    shows_to_all: bool = False
    statements: list[str] = field(default_factory=list[str])
    applied: list[str] = field(default_factory=lambda: [MIGRATION])
    target: tuple[str, str] = ("healthy", "")
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    states: dict[str, str] = field(default_factory=dict[str, str])


class Handler(BaseHTTPRequestHandler):
    application: Application

    def do_GET(self) -> None:
        told = self.application
        if self.path == "/":
            self.answer(*told.page, "<html></html>")
        elif self.path == "/api/status":
            self.json(200, {"database": {"version": told.version}, "revision": "r1"})
        elif self.path == "/api/reports":
            self.json(200, [title for owner, title in told.reports if told.lists_to_all or owner == self.caller])
        elif self.path == "/api/reports/1":
            mine = any(owner == self.caller for owner, _ in told.reports)
            if mine or told.shows_to_all:
                self.json(200, {})
            else:
                self.answer(404, "application/problem+json", "{}")
        elif self.path.startswith("/api/"):
            self.answer(*told.api_unknown, "{}")
        else:
            self.answer(404, "text/html", "")

    def do_POST(self) -> None:
        told = self.application
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/api/accounts":
            role = "reporter" if told.accounts else "administrator"
            told.accounts.append(body["email"])
            self.json(201, {"account": {"role": role}}, {"set-cookie": f"sid={body['name']}"})
        elif self.path == "/api/invitations":
            self.json(201, {"url": f"{told.invitation or told.url}/join#token"})
        else:
            told.reports.append((self.caller, body["title"]))
            self.json(201, {"id": "1"})

    @property
    def caller(self) -> str:
        return self.headers.get("cookie", "")

    def json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self.answer(status, "application/json", json.dumps(body), headers)

    def answer(self, status: int, kind: str, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def application() -> Generator[Application]:
    told = Application()
    handler = type("ThisHandler", (Handler,), {"application": told})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@dataclass
class StandIn:
    """What the checks ask of a account, its database and its load balancer."""

    told: Application
    root: Path

    @property
    def databases(self) -> dict[str, "StandIn"]:
        return {"db": self}

    @property
    def balancer(self) -> "StandIn":
        return self

    def execute(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[str]]:
        self.told.statements.append(f"{query} {[*parameters]}")
        return [(name,) for name in self.told.applied]

    def target_health(self, _arn: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(state=self.told.target[0], reason=self.told.target[1])]

    def of(self, _token: str) -> list[dict[str, str]]:
        return [{"arn": "arn:target-group"}]

    def secrets(self) -> dict[str, str]:
        return {"JWT_SECRET": SECRET}

    def redact(self, text: str) -> str:
        return text.replace(SECRET, "[secret]")


def deployment(told: Application, folder: Path) -> Deployment:
    (folder / "backend" / "prisma" / "migrations" / MIGRATION).mkdir(parents=True, exist_ok=True)
    (folder / "logs").mkdir(exist_ok=True)
    account = cast("Account", cast("object", StandIn(told, folder)))
    return Deployment(told.url, account, {"services": told.exports}, told.states, folder / "logs")


def failed(told: Application, folder: Path) -> list[CheckResult]:
    return [check for check in run_checks(deployment(told, folder)) if not check.ok]


def test_a_good_deployment_passes_all_seven(application: Application, tmp_path: Path) -> None:
    results = list(run_checks(deployment(application, tmp_path)))
    assert [(check.name, check.ok) for check in results if not check.ok] == []
    assert len(results) == 7


@pytest.mark.parametrize(
    ("change", "name", "seen"),
    [
        ({"page": (500, "text/html")}, "page served", "GET / answered 500 (text/html), expected 200 (text/html)"),
        ({"page": (200, "text/plain")}, "page served", "GET / answered 200 (text/plain)"),
        ({"version": "16.2"}, "API answered from the database", "the database says it is Postgres 16.2"),
        ({"applied": []}, "migrations applied", f"applied [], and backend/prisma/migrations holds ['{MIGRATION}']"),
        ({"lists_to_all": True}, REPORT, "the report is in the list of somebody else"),
        ({"shows_to_all": True}, REPORT, "GET /api/reports/1 answered 200 (application/json), expected 404"),
        ({"invitation": "http://lb.example"}, REPORT, "an invitation leads to http://lb.example/join, not to http://"),
        ({"api_unknown": (200, "text/html")}, "unknown paths answered", "GET /api/no/such/route answered 200"),
        ({"target": ("unhealthy", "connection refused")}, "targets healthy", "unhealthy: connection refused"),
        ({"exports": {"x": SECRET}}, "no secret in exports, state or logs", "JWT_SECRET stands in the exports"),
        ({"states": {"dev.json": SECRET}}, "no secret in exports, state or logs", "in the state file dev.json"),
    ],
)
def test_each_check_can_fail(
    application: Application, tmp_path: Path, change: dict[str, Any], name: str, seen: str
) -> None:
    for attribute, value in change.items():
        setattr(application, attribute, value)
    found = failed(application, tmp_path)
    assert [check.name for check in found] == [name], found
    assert seen in found[0].detail


def test_a_secret_in_a_log_is_found_and_not_repeated(application: Application, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "backend-1.log").write_text(f"connecting with {SECRET}\n")
    (found,) = failed(application, tmp_path)
    assert found.detail == "JWT_SECRET stands in the log backend-1.log"


def test_an_application_that_is_away_fails_its_checks_only(tmp_path: Path) -> None:
    nobody = Application(url="http://127.0.0.1:9")
    names = [check.name for check in failed(nobody, tmp_path)]
    assert "page served" in names
    assert "migrations applied" not in names


@pytest.mark.parametrize("change", [{}, {"lists_to_all": True}])
def test_whoever_the_checks_registered_is_gone_afterwards(
    application: Application, tmp_path: Path, change: dict[str, Any]
) -> None:
    """The first account is administrator, and it has to be the person at the browser."""
    for attribute, value in change.items():
        setattr(application, attribute, value)
    failed(application, tmp_path)
    mark = application.accounts[0].removeprefix("reporter-").partition("@")[0]
    assert application.accounts == [f"reporter-{mark}@rehearsal.invalid", f"stranger-{mark}@rehearsal.invalid"]
    removed = [line for line in application.statements if line.startswith("DELETE FROM")]
    assert [line.split()[2] for line in removed] == ["reports", "invitations", "sessions", "accounts"]
    assert all(f"['%-{mark}@rehearsal.invalid']" in line for line in removed)
