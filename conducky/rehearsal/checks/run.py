"""The checks of every deployment, whatever its applications do; the list of all checks, and what runs it."""

from collections.abc import Callable, Iterator

import httpx

from conducky.rehearsal.checks import sample_app
from conducky.rehearsal.checks.check import CheckedDeployment, CheckFailedError, CheckResult, expect

_APPLIED = 'SELECT migration_name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL'


def page(checked: CheckedDeployment) -> str:
    """The load balancer serves the frontend's page."""
    with checked.client() as client:
        answer = expect(client.get("/"), 200, "text/html")
    return f"{len(answer.content) / 1024:.0f} KiB of HTML"


def migrations(checked: CheckedDeployment) -> str:
    """The database has applied every migration in the repository."""
    folder = checked.account.root / "backend" / "prisma" / "migrations"
    wanted = {path.name for path in folder.iterdir() if path.is_dir()}
    server = next(iter(checked.databases.servers.values()), None)
    if server is None:
        raise CheckFailedError("there is no database")
    applied = {str(row[0]) for row in server.execute(_APPLIED)}
    if applied != wanted:
        raise CheckFailedError(f"applied {sorted(applied)}, and backend/prisma/migrations holds {sorted(wanted)}")
    return f"{len(applied)} of {len(wanted)}, newest {max(applied)}"


def targets(checked: CheckedDeployment) -> str:
    """The load balancer finds every task healthy."""
    found = checked.load_balancers.targets()
    for target in found:
        if target.state != "healthy":
            raise CheckFailedError(f"a target is {target.state}: {target.reason}")
    return f"{len(found)} of {len(found)}"


def secrets(checked: CheckedDeployment) -> str:
    """No secret value is in anything that outlives a deployment or is shown to people."""
    places = {f"the exports of {layer}": str(outputs) for layer, outputs in checked.outputs.items()}
    places |= {f"the state file {name}": text for name, text in checked.states.items()}
    for log in sorted(checked.logs.glob("*.log")):
        places[f"the log {log.name}"] = log.read_text(encoding="utf-8", errors="replace")
    values = checked.account.secrets()
    for what, value in values.items():
        for place, text in places.items():
            if value in text:
                raise CheckFailedError(f"{what} was found in {place}")
    return f"{len(values)} secrets in {len(places)} places"


_CHECKS: tuple[tuple[str, Callable[[CheckedDeployment], str]], ...] = (
    ("page served", page),
    ("API answered from the database", sample_app.status),
    ("migrations applied", migrations),
    ("report filed, and shown to its reporter only", sample_app.report),
    ("administrator invited", sample_app.administrator),
    ("unknown paths answered", sample_app.unknown_paths),
    ("targets healthy", targets),
    # Last: it also searches what the applications logged about the requests above.
    ("no secret in exports, state or logs", secrets),
)


def run_checks(checked: CheckedDeployment) -> Iterator[CheckResult]:
    """Every check in turn, each with its result; one that fails does not stop the others."""
    for name, check in _CHECKS:
        try:
            yield CheckResult(name, ok=True, detail=check(checked))
        except (CheckFailedError, httpx.HTTPError, KeyError, ValueError) as error:
            seen = str(error) or type(error).__name__
            yield CheckResult(name, ok=False, detail=checked.account.redact(seen))
