"""What a person would try first on a new deployment, tried through the load balancer."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Machine

_SECONDS = 10.0

_FORGET = (
    "DELETE FROM reports WHERE reporter_id IN (SELECT id FROM accounts WHERE email LIKE %s)",
    "DELETE FROM invitations WHERE created_by_id IN (SELECT id FROM accounts WHERE email LIKE %s)",
    "DELETE FROM sessions WHERE sess ->> 'accountId' IN (SELECT id::text FROM accounts WHERE email LIKE %s)",
    "DELETE FROM accounts WHERE email LIKE %s",
)


@dataclass(frozen=True)
class CheckResult:
    """One check: what was checked, whether it held, and what was seen."""

    name: str
    ok: bool
    detail: str

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Deployment:
    """What the checks look at: where it answers, what the layers export and hold, and the machine behind it."""

    url: str
    machine: Machine
    outputs: Mapping[str, Properties]
    states: Mapping[str, str]
    logs: Path


class _NotSoError(Exception):
    """A check does not hold; the message says what was seen."""


def run_checks(deployment: Deployment) -> Iterator[CheckResult]:
    """Every check in turn, each with its result; none stops the others."""
    checks: list[tuple[str, Callable[[Deployment], str]]] = [
        ("page served", _page),
        ("API answered from the database", _api),
        ("migrations applied", _migrations),
        ("report filed, and shown to its reporter only", _report),
        ("unknown paths answered", _unknown_paths),
        ("targets healthy", _targets),
        ("no secret in exports, state or logs", _secrets),
    ]
    for name, check in checks:
        try:
            yield CheckResult(name, ok=True, detail=check(deployment))
        except (_NotSoError, httpx.HTTPError, KeyError, ValueError) as error:
            seen = str(error) or type(error).__name__
            yield CheckResult(name, ok=False, detail=deployment.machine.redact(seen))


def _client(deployment: Deployment) -> httpx.Client:
    return httpx.Client(base_url=deployment.url, timeout=_SECONDS, trust_env=False)


def _expect(answer: httpx.Response, status: int, kind: str) -> httpx.Response:
    found = answer.headers.get("content-type", "nothing")
    if answer.status_code != status or kind not in found:
        raise _NotSoError(
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code} ({found}), "
            f"expected {status} ({kind})"
        )
    return answer


def _page(deployment: Deployment) -> str:
    with _client(deployment) as client:
        answer = _expect(client.get("/"), 200, "text/html")
    return f"{len(answer.content) / 1024:.0f} KiB of HTML"


def _api(deployment: Deployment) -> str:
    with _client(deployment) as client:
        status = _expect(client.get("/api/status"), 200, "json").json()
    version = str(status["database"]["version"])
    if not version.startswith("15."):
        raise _NotSoError(f"the database says it is Postgres {version}")
    return f"Postgres {version}"


def _migrations(deployment: Deployment) -> str:
    """The database's own word, compared with the folder of migrations."""
    folder = deployment.machine.root / "backend" / "prisma" / "migrations"
    wanted = {path.name for path in folder.iterdir() if path.is_dir()}
    server = next(iter(deployment.machine.databases.values()), None)
    if server is None:
        raise _NotSoError("there is no database")
    query = 'SELECT migration_name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL'
    applied = {str(row[0]) for row in server.execute(query)}
    if applied != wanted:
        raise _NotSoError(f"applied {sorted(applied)}, and backend/prisma/migrations holds {sorted(wanted)}")
    return f"{len(applied)} of {len(wanted)}, newest {max(applied)}"


def _report(deployment: Deployment) -> str:
    """Register two people; one files a report, the other must not see it. Neither is there afterwards.

    Whoever registers first becomes administrator, and that is to be the person at the browser.
    """
    mark = uuid.uuid4().hex[:8]
    title = f"Rehearsal {mark}"
    try:
        with _client(deployment) as reporter, _client(deployment) as stranger:
            if _register(reporter, f"reporter-{mark}") == "administrator":
                _check_invitation(reporter, deployment.url)
            _register(stranger, f"stranger-{mark}")
            text = {"title": title, "description": "Filed by the rehearsal's own check."}
            filed = _expect(reporter.post("/api/reports", json=text), 201, "json").json()
            if title not in _expect(reporter.get("/api/reports"), 200, "json").text:
                raise _NotSoError("the report is not in its reporter's list")
            if title in _expect(stranger.get("/api/reports"), 200, "json").text:
                raise _NotSoError("the report is in the list of somebody else")
            _expect(stranger.get(f"/api/reports/{filed['id']}"), 404, "problem+json")
    finally:
        _forget(deployment, f"%-{mark}@rehearsal.invalid")
    return "a 404 to anybody else"


def _register(client: httpx.Client, name: str) -> str:
    """Register somebody, who is signed in then; their role."""
    account = {"name": name, "email": f"{name}@rehearsal.invalid", "password": uuid.uuid4().hex}
    answer = _expect(client.post("/api/accounts", json=account), 201, "json")
    return str(answer.json()["account"]["role"])


def _check_invitation(administrator: httpx.Client, url: str) -> None:
    link = _expect(administrator.post("/api/invitations", json={"role": "responder"}), 201, "json").json()["url"]
    if not link.startswith(f"{url}/"):
        raise _NotSoError(f"an invitation leads to {link.partition('#')[0]}, not to {url}")


def _forget(deployment: Deployment, emails: str) -> None:
    """Remove accounts and what hangs on them, by a pattern of their email addresses."""
    for server in deployment.machine.databases.values():
        for statement in _FORGET:
            server.execute(statement, [emails])


def _unknown_paths(deployment: Deployment) -> str:
    with _client(deployment) as client:
        _expect(client.get("/no/such/page"), 404, "text/html")
        _expect(client.get("/api/no/such/route"), 404, "problem+json")
    return "404 from both applications"


def _targets(deployment: Deployment) -> str:
    machine = deployment.machine
    targets = [
        target
        for group in machine.of("aws:lb/targetGroup:TargetGroup")
        for target in machine.balancer.target_health(str(group["arn"]))
    ]
    for target in targets:
        if target.state != "healthy":
            raise _NotSoError(f"a target is {target.state}: {target.reason}")
    return f"{len(targets)} of {len(targets)}"


def _secrets(deployment: Deployment) -> str:
    """Search for each value in everything that outlives a deployment or is shown to people."""
    places = {f"the exports of {layer}": str(outputs) for layer, outputs in deployment.outputs.items()}
    places |= {f"the state file {name}": text for name, text in deployment.states.items()}
    for log in sorted(deployment.logs.glob("*.log")):
        places[f"the log {log.name}"] = log.read_text(encoding="utf-8", errors="replace")
    secrets = deployment.machine.secrets()
    for what, value in secrets.items():
        for place, text in places.items():
            if value in text:
                raise _NotSoError(f"{what} stands in {place}")
    return f"{len(secrets)} secrets in {len(places)} places"
