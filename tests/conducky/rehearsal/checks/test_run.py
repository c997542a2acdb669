import json
import os
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from psycopg.errors import OperationalError, UndefinedTable

from conducky.errors import UserError
from conducky.rehearsal.account import Account
from conducky.rehearsal.checks import CheckedDeployment, CheckResult, first_administrator, run_checks
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.settings.services import ServicesSettings

pytestmark = pytest.mark.engine

MIGRATION = "20260201090000_init"
REPORT = "report filed, and shown to its reporter only"
ADMINISTRATOR = "administrator invited"
SECRET = "fake-secret-value-0123456789"


@dataclass
class Application:
    """A deployment that does everything right, until a test changes something."""

    url: str = ""
    page: tuple[int, str] = (200, "text/html")
    version: str = "15.18"
    api_unknown: tuple[int, str] = (404, "application/problem+json")
    status: dict[str, Any] = field(default_factory=lambda: {"status": "ok"})
    link: str = ""
    role: str = "administrator"
    link_works_again: bool = False
    is_sample: bool = True
    tried: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    stops: dict[str, bool] = field(default_factory=dict[str, bool])
    user: int | None = 1000
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    running: dict[str, int] = field(default_factory=lambda: {"frontend": 1, "backend": 1})
    breaks: Exception | None = None
    administrated: bool = False
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
        app = self.application
        if self.path == "/":
            self.answer(*app.page, "<html></html>")
        elif self.path == "/api/status":
            self.json(200, app.status)
        elif self.path == "/api/invitation":
            self.answer(200 if app.link_works_again else 410, "application/problem+json", "{}")
        elif self.path == "/api/reports":
            self.json(200, [title for owner, title in app.reports if app.lists_to_all or owner == self.caller])
        elif self.path == "/api/reports/1":
            mine = any(owner == self.caller for owner, _ in app.reports)
            if mine or app.shows_to_all:
                self.json(200, {})
            else:
                self.answer(404, "application/problem+json", "{}")
        elif self.path.startswith("/api/"):
            self.answer(*app.api_unknown, "{}")
        else:
            self.answer(404, "text/html", "")

    def do_POST(self) -> None:
        app = self.application
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/api/accounts":
            role = app.role if self.headers["authorization"] == "Bearer administrators-token" else "reporter"
            app.accounts.append(body["email"])
            self.json(201, {"account": {"role": role}}, {"set-cookie": f"sid={body['name']}"})
        elif self.path == "/api/invitations":
            self.json(201, {"url": f"{app.invitation or app.url}/join#token"})
        else:
            app.reports.append((self.caller, body["title"]))
            self.json(201, {"id": "1"})

    @property
    def caller(self) -> str:
        return self.headers.get("cookie", "")

    def json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self.answer(status, "application/json", json.dumps(body), headers)

    def answer(self, status: int, kind: str, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {**self.application.headers, **(headers or {})}
        for name, value in {"content-type": kind, "content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def application() -> Generator[Application]:
    app = Application()
    handler = type("ThisHandler", (Handler,), {"application": app})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    app.url = f"http://127.0.0.1:{server.server_port}"
    app.link = f"{app.url}/join#administrators-token"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield app
    server.shutdown()
    server.server_close()


@dataclass
class StandIn:
    """What the checks ask of a account, its database and its load balancer."""

    app: Application
    root: Path

    @property
    def servers(self) -> dict[str, "StandIn"]:
        return {"db": self}

    def in_use(self) -> "StandIn":
        return self

    def execute(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[str]]:
        self.app.statements.append(f"{query} {[*parameters]}")
        if self.app.breaks:
            raise self.app.breaks
        if "role = 'administrator'" in query:
            return [("1",)] if self.app.administrated else []
        return [(self.app.version,)] if query.startswith("SHOW") else [(name,) for name in self.app.applied]

    def run(self, container: str, *command: str) -> str:
        if command == ("id", "-u"):
            if self.app.user is None:
                raise UserError("there is no `id`")
            return f"{self.app.user}\n"
        assert (container, *command) == ("backend", "node", "dist/administrator-link.js")
        if not self.app.link:
            raise UserError("`node dist/administrator-link.js` failed in the container backend: no database")
        return f"{self.app.link}\n"

    @property
    def server(self) -> "StandIn":
        return self

    def all_targets(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(state=self.app.target[0], reason=self.app.target[1])]

    def find(self, _token: str, **properties: object) -> dict[str, object]:
        return {"containerDefinitions": json.dumps([{"environment": [{"name": "APP_REVISION", "value": "build-1"}]}])}

    def of(self, _token: str) -> list[dict[str, object]]:
        return [{"name": f"conducky-dev-{name}", "desiredCount": count} for name, count in self.app.running.items()]

    def secrets(self) -> dict[str, str]:
        return {"JWT_SECRET": SECRET}

    def redact(self, text: str) -> str:
        return text.replace(SECRET, "[secret]")


def deployment(app: Application, folder: Path, api_url: str = "") -> CheckedDeployment:
    (folder / "backend" / "prisma" / "migrations" / MIGRATION).mkdir(parents=True, exist_ok=True)
    if app.is_sample:
        (folder / "backend" / "src").mkdir(exist_ok=True)
        (folder / "backend" / "src" / "administrator-link.ts").touch()
    (folder / "logs").mkdir(exist_ok=True)
    stand_in = StandIn(app, folder)
    return CheckedDeployment(
        url=app.url,
        api_url=api_url or app.url,
        http_urls={"frontend": None, "backend": None},
        account=cast("Account", cast("object", stand_in)),
        databases=cast("Databases", cast("object", stand_in)),
        load_balancers=cast("LoadBalancers", cast("object", stand_in)),
        outputs={"services": app.exports},
        states=app.states,
        logs=folder / "logs",
        execute=stand_in.run,
        settings=ServicesSettings.model_validate(app.settings),
        tried=app.tried,
        stops=app.stops,
    )


def failed(app: Application, folder: Path) -> list[CheckResult]:
    return [check for check in run_checks(deployment(app, folder)) if not check.ok]


def test_a_task_that_had_to_be_killed_is_a_failed_check(application: Application, tmp_path: Path) -> None:
    application.stops = {"frontend": True, "backend": False}
    (check,) = failed(application, tmp_path)
    assert check.name == "ends on SIGTERM"
    assert "the backend did not end within 30 s" in check.detail
    application.stops["backend"] = True
    assert failed(application, tmp_path) == []
    assert "ends on SIGTERM" in [check.name for check in run_checks(deployment(application, tmp_path))]


@pytest.mark.parametrize("user", [1000, None])
def test_a_user_that_is_not_root_or_not_seen_passes(application: Application, tmp_path: Path, user: int | None) -> None:
    application.user = user
    assert failed(application, tmp_path) == []


def test_a_task_that_runs_as_root_is_a_failed_check(application: Application, tmp_path: Path) -> None:
    application.user = 0
    (check,) = failed(application, tmp_path)
    assert "the frontend runs as root" in check.detail
    assert "`frontend.user`" in check.detail


def test_a_good_deployment_passes_all(application: Application, tmp_path: Path) -> None:
    results = list(run_checks(deployment(application, tmp_path)))
    assert [(check.name, check.ok) for check in results if not check.ok] == []
    assert len(results) == len({check.name for check in results}) == 15
    assert {check.name: check.detail for check in results}["page served"] == "13 bytes, text/html"


@pytest.mark.parametrize(
    ("change", "name", "seen"),
    [
        ({"page": (500, "text/html")}, "page served", "GET / answered 500 (text/html)"),
        ({"status": {"status": "ok", "empty": True}}, "API answered from the database", "told a stranger ['empty', "),
        ({"version": "16.2"}, "API answered from the database", "the database reports Postgres 16.2"),
        ({"applied": []}, "migrations applied", f"applied [], and backend/prisma/migrations holds ['{MIGRATION}']"),
        ({"lists_to_all": True}, REPORT, "the report is in another person's list"),
        ({"shows_to_all": True}, REPORT, "GET /api/reports/1 answered 200 (application/json), expected 404"),
        ({"link": ""}, ADMINISTRATOR, "failed in the container backend: no database"),
        ({"link": "http://lb.example/join#t"}, ADMINISTRATOR, "link leads to http://lb.example/join, not to http://"),
        ({"role": "reporter"}, ADMINISTRATOR, "the administrator's link did not make an administrator"),
        ({"link_works_again": True}, ADMINISTRATOR, "GET /api/invitation answered 200"),
        ({"invitation": "http://lb.example"}, ADMINISTRATOR, "an invitation leads to http://lb.example/join, not to "),
        ({"api_unknown": (200, "text/html")}, "what is not there is not found", "GET /api/no/such/route answered 200"),
        ({"target": ("unhealthy", "connection refused")}, "targets healthy", "unhealthy: connection refused"),
        ({"exports": {"x": SECRET}}, "no secret in exports, state or logs", "JWT_SECRET was found in the exports"),
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


def test_an_error_is_explained_by_the_log_of_the_newest_task(application: Application, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for number, line in enumerate((f"Error: no table for {SECRET}", "Error: an old one")):
        log = tmp_path / "logs" / f"backend-{number}.log"
        log.write_text(f"listening\n{line}\n")
        os.utime(log, (2 - number, 2 - number))
    (tmp_path / "logs" / "frontend-1.log").write_text("listening\n")
    application.page, application.api_unknown = (500, "text/html"), (500, "text/html")
    details = {check.name: check.detail for check in failed(application, tmp_path)}
    assert details["page served"] == "GET / answered 500 (text/html)"
    assert details["backend answers"] == (
        "GET /api/- answered 500 (text/html): it should answer a path that it does not have with 404; "
        "its log: Error: no table for [secret]"
    )


def test_a_secret_in_a_log_is_found_and_not_repeated(application: Application, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "backend-1.log").write_text(f"connecting with {SECRET}\n")
    (found,) = failed(application, tmp_path)
    assert found.detail == "JWT_SECRET was found in the log backend-1.log"


def test_an_application_that_is_away_fails_its_checks_only(tmp_path: Path) -> None:
    nobody = Application(url="http://127.0.0.1:9")
    names = [check.name for check in failed(nobody, tmp_path)]
    assert "page served" in names
    assert "migrations applied" not in names


def test_with_two_load_balancers_the_api_is_tried_at_its_own(application: Application, tmp_path: Path) -> None:
    frontend = Application(url="http://127.0.0.1:9", link="http://127.0.0.1:9/join#administrators-token")
    application.invitation = frontend.url
    results = run_checks(deployment(frontend, tmp_path, api_url=application.url))
    passed = [check.name for check in results if check.ok]
    assert "API answered from the database" in passed
    assert REPORT in passed
    assert ADMINISTRATOR in passed, "links lead to the frontend"
    assert "page served" not in passed


@pytest.mark.parametrize("wrong", [None, "frontend", "backend"])
def test_with_two_load_balancers_each_leads_to_its_own_https(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str | None
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(200, headers={"strict-transport-security": "max-age=1"})
        host = "elsewhere" if request.url.host == wrong else request.url.host
        return httpx.Response(301, headers={"location": f"https://{host}/"})

    def client(_checked: CheckedDeployment, url: str) -> httpx.Client:
        return httpx.Client(base_url=url, transport=httpx.MockTransport(answer))

    monkeypatch.setattr(CheckedDeployment, "_client", client)
    urls = {"frontend": "http://frontend", "backend": "http://backend"}
    checked = replace(
        deployment(application, tmp_path), url="https://frontend", api_url="https://backend", http_urls=urls
    )
    (check,) = [check for check in run_checks(checked) if check.name == "encrypted on the way"]
    assert check.ok is (wrong is None), check.detail
    assert f"does not lead to https://{wrong}" in check.detail or wrong is None


@pytest.mark.parametrize("change", [{}, {"lists_to_all": True}])
def test_the_people_that_the_checks_registered_are_removed(
    application: Application, tmp_path: Path, change: dict[str, Any]
) -> None:
    for attribute, value in change.items():
        setattr(application, attribute, value)
    failed(application, tmp_path)
    people = [email.partition("@")[0].partition("-") for email in application.accounts]
    assert [name for name, _, _ in people] == ["reporter", "stranger", "administrator"]
    assert all(email.endswith("@rehearsal.invalid") for email in application.accounts)
    for mark in {mark for _, _, mark in people}:
        removed = [line for line in application.statements if line.endswith(f"['%-{mark}@rehearsal.invalid']")]
        assert [line.split()[2] for line in removed] == ["audit", "reports", "invitations", "sessions", "accounts"]


def test_the_person_at_the_browser_becomes_administrator_unless_there_is_one(
    application: Application, tmp_path: Path
) -> None:
    assert first_administrator(deployment(application, tmp_path)) == application.link
    application.administrated = True
    assert first_administrator(deployment(application, tmp_path)) is None


@pytest.mark.parametrize(
    "error", [UndefinedTable('relation "accounts" does not exist\nLINE 1'), OperationalError("gone")]
)
def test_a_database_that_knows_no_administrator_is_reported(
    application: Application, tmp_path: Path, error: Exception
) -> None:
    application.breaks, application.settings = error, {"backend": {"migrations": "none"}}
    with pytest.raises(UserError) as refused:
        first_administrator(deployment(application, tmp_path))
    assert f"({str(error).splitlines()[0]})" in refused.value.problem
    assert "`backend.migrations`" in refused.value.fix


def test_other_applications_get_no_administrators_link(application: Application, tmp_path: Path) -> None:
    application.is_sample = False
    assert first_administrator(deployment(application, tmp_path)) is None


def passed(app: Application, folder: Path) -> dict[str, str]:
    return {check.name: check.detail for check in run_checks(deployment(app, folder)) if check.ok}


def test_another_application_is_checked_by_the_contract_only(application: Application, tmp_path: Path) -> None:
    """It has no /api/status, no accounts, and no migrations."""
    application.is_sample, application.settings = False, {"backend": {"context": "shop"}}
    application.status, application.api_unknown = {}, (404, "text/plain")
    assert failed(application, tmp_path) == []
    assert application.accounts == []
    assert not [line for line in application.statements if "DELETE" in line]
    assert passed(application, tmp_path)["migrations applied"] == "none of Prisma was found"


def test_what_proves_nothing_is_noted(application: Application, tmp_path: Path) -> None:
    noted = {check.name for check in run_checks(deployment(application, tmp_path)) if check.noted}
    assert noted == {"encrypted on the way"}, "there is no HTTPS here, which is as it should be, and is said"


@pytest.mark.parametrize("application_of", ["frontend", "backend"])
def test_an_application_without_tasks_is_not_asked(tmp_path: Path, application_of: str) -> None:
    nobody = Application(url="http://127.0.0.1:9", settings={"frontendCount": 0, "backendCount": 0})
    assert failed(nobody, tmp_path) == []
    name = {"frontend": "page served", "backend": "backend answers"}[application_of]
    assert passed(nobody, tmp_path)[name] == f"not checked: {application_of}Count is 0"


def test_what_the_schedule_stopped_is_not_asked_and_the_way_to_start_it_is_said(tmp_path: Path) -> None:
    asleep = Application(url="http://127.0.0.1:9", running={"frontend": 0, "backend": 0}, breaks=OSError())
    assert failed(asleep, tmp_path) == []
    assert "conducky start --rehearsal" in passed(asleep, tmp_path)["page served"]
    assert first_administrator(deployment(asleep, tmp_path)) is None


@pytest.mark.parametrize("error", [RuntimeError("two\nlines"), UndefinedTable("no _prisma_migrations"), OSError()])
def test_every_exception_is_a_failed_check_in_one_line(
    application: Application, tmp_path: Path, error: Exception
) -> None:
    application.breaks = error
    found = {check.name: check.detail for check in failed(application, tmp_path)}
    assert {"migrations applied", "API answered from the database"} <= set(found)
    assert all(detail.isprintable() and detail for detail in found.values())


def test_migrations_that_nobody_ran_are_named(application: Application, tmp_path: Path) -> None:
    application.breaks = UndefinedTable()
    (found,) = [check for check in failed(application, tmp_path) if check.name == "migrations applied"]
    assert "see `backend.migrations`" in found.detail


@pytest.mark.parametrize("change", [{"breaks": UndefinedTable()}, {"applied": []}])
def test_migrations_that_failed_unnoticed_are_explained_by_the_log(
    application: Application, tmp_path: Path, change: dict[str, Any]
) -> None:
    (tmp_path / "logs").mkdir()
    error = "Error: P1001: unable to verify the first certificate"
    (tmp_path / "logs" / "backend-1.log").write_text(f"{error}\nlistening\n")
    for attribute, value in change.items():
        setattr(application, attribute, value)
    (found,) = [check for check in failed(application, tmp_path) if check.name == "migrations applied"]
    assert f"; its log: {error}. What to do: the image lacks the certificates of RDS" in found.detail


def test_a_redirect_to_elsewhere_shows_where(application: Application, tmp_path: Path) -> None:
    application.page, application.headers = (301, "text/html"), {"location": "https://shop.example/"}
    (found,) = [check for check in failed(application, tmp_path) if check.name == "page served"]
    assert "301 to https://shop.example/" in found.detail


@pytest.mark.parametrize(("named", "ok"), [("build-1", True), ("build-0", False)])
def test_a_named_revision_must_be_the_one_that_runs(
    application: Application, tmp_path: Path, named: str, *, ok: bool
) -> None:
    application.headers = {"x-revision": named}
    application.exports = {"frontend_task_definition_arn": "arn:1", "backend_task_definition_arn": "arn:2"}
    assert ("revision named" in passed(application, tmp_path)) is ok


@pytest.mark.parametrize("file", ["app/api/ping/route.ts", "src/app/(group)/api/ping/route.js", "pages/api/ping.ts"])
def test_routes_that_the_backend_gets_are_told(application: Application, tmp_path: Path, file: str) -> None:
    (tmp_path / "frontend" / file).parent.mkdir(parents=True)
    (tmp_path / "frontend" / file).touch()
    assert f"/api/ping (frontend/{file})" in passed(application, tmp_path)["frontend's own routes"]
    application.settings = {"backend": {"paths": ["/v1/*"]}}
    assert passed(application, tmp_path)["frontend's own routes"] == "none goes to the backend"


def test_ports_that_aws_would_block_are_named(application: Application, tmp_path: Path) -> None:
    application.tried = {"backend": {443, 587}}
    assert "the backend tried port 587" in passed(application, tmp_path)["outgoing connections"]
    application.settings = {"backend": {"egress": [443, 587]}}
    assert passed(application, tmp_path)["outgoing connections"] == "nothing was tried that AWS blocks"
