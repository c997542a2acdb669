"""What a person would try first in the two applications of this repository. For your own, replace these checks."""

import uuid

import httpx

from conducky.rehearsal.checks.check import CheckedDeployment, CheckFailedError, expect

_FORGET = (
    "DELETE FROM reports WHERE reporter_id IN (SELECT id FROM accounts WHERE email LIKE %s)",
    "DELETE FROM invitations WHERE created_by_id IN (SELECT id FROM accounts WHERE email LIKE %s)",
    "DELETE FROM sessions WHERE sess ->> 'accountId' IN (SELECT id::text FROM accounts WHERE email LIKE %s)",
    "DELETE FROM accounts WHERE email LIKE %s",
)


def status(checked: CheckedDeployment) -> str:
    """The backend reaches its database."""
    with checked.api() as api:
        found = expect(api.get("/api/status"), 200, "json").json()
    version = str(found["database"]["version"])
    if not version.startswith("15."):
        raise CheckFailedError(f"the database reports Postgres {version}")
    return f"Postgres {version}"


def report(checked: CheckedDeployment) -> str:
    """Register two people; one files a report, the other must not see it. Both are removed afterwards.

    The first account becomes the administrator, and that must be the person at the browser.
    """
    mark = uuid.uuid4().hex[:8]
    title = f"Rehearsal {mark}"
    try:
        with checked.api() as reporter, checked.api() as stranger:
            if _register(reporter, f"reporter-{mark}") == "administrator":
                _check_invitation(reporter, checked.url)
            _register(stranger, f"stranger-{mark}")
            text = {"title": title, "description": "Filed by the rehearsal's own check."}
            filed = expect(reporter.post("/api/reports", json=text), 201, "json").json()
            if title not in expect(reporter.get("/api/reports"), 200, "json").text:
                raise CheckFailedError("the report is not in its reporter's list")
            if title in expect(stranger.get("/api/reports"), 200, "json").text:
                raise CheckFailedError("the report is in another person's list")
            expect(stranger.get(f"/api/reports/{filed['id']}"), 404, "problem+json")
    finally:
        for server in checked.databases.servers.values():
            for statement in _FORGET:
                server.execute(statement, [f"%-{mark}@rehearsal.invalid"])
    return "others get a 404"


def unknown_paths(checked: CheckedDeployment) -> str:
    """Both applications answer a path that does not exist with 404."""
    with checked.client() as client, checked.api() as api:
        expect(client.get("/no/such/page"), 404, "text/html")
        expect(api.get("/api/no/such/route"), 404, "problem+json")
    return "404 from both applications"


def _register(api: httpx.Client, name: str) -> str:
    """Register a person, who is then signed in; their role."""
    account = {"name": name, "email": f"{name}@rehearsal.invalid", "password": uuid.uuid4().hex}
    answer = expect(api.post("/api/accounts", json=account), 201, "json")
    return str(answer.json()["account"]["role"])


def _check_invitation(administrator: httpx.Client, url: str) -> None:
    answer = expect(administrator.post("/api/invitations", json={"role": "responder"}), 201, "json")
    link = str(answer.json()["url"])
    if not link.startswith(f"{url}/"):
        raise CheckFailedError(f"an invitation leads to {link.partition('#')[0]}, not to {url}")
