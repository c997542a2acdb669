"""What a person would try first in the two applications of this repository. For your own, replace these checks."""

import uuid
from typing import Self

import httpx
import psycopg

from conducky.errors import UserError
from conducky.rehearsal.checks.check import CheckedDeployment, CheckFailedError, expect

_LINK_COMMAND = ("node", "dist/administrator-link.js")
_FORGET = (
    "DELETE FROM audit USING accounts a WHERE a.id IN (actor_id, account_id) AND a.email LIKE %s",
    "DELETE FROM reports USING accounts a WHERE a.id = reporter_id AND a.email LIKE %s",
    "DELETE FROM invitations USING accounts a WHERE a.id IN (created_by_id, accepted_by_id) AND a.email LIKE %s",
    "DELETE FROM sessions USING accounts a WHERE a.id::text = sess ->> 'accountId' AND a.email LIKE %s",
    "DELETE FROM accounts WHERE email LIKE %s",
)


def status(checked: CheckedDeployment) -> str:
    """The backend reaches its database, and tells a stranger nothing more."""
    with checked.api() as api:
        found = expect(api.get("/api/status"), 200, "json").json()
    if found != {"status": "ok"}:
        raise CheckFailedError(f"GET /api/status told a stranger {sorted(found)}")
    server = checked.databases.in_use()
    version = str(server.execute("SHOW server_version")[0][0]).split()[0] if server else "none"
    if not version.startswith("15."):
        raise CheckFailedError(f"the database reports Postgres {version}")
    return f"Postgres {version}"


def report(checked: CheckedDeployment) -> str:
    """Register two people; one files a report, the other must not see it. Both are removed afterwards."""
    with _People(checked) as people, checked.api() as reporter, checked.api() as stranger:
        people.register(reporter, "reporter")
        people.register(stranger, "stranger")
        text = {"title": people.mark, "description": "Filed by the rehearsal's own check."}
        filed = expect(reporter.post("/api/reports", json=text), 201, "json").json()
        if people.mark not in expect(reporter.get("/api/reports"), 200, "json").text:
            raise CheckFailedError("the report is not in its reporter's list")
        if people.mark in expect(stranger.get("/api/reports"), 200, "json").text:
            raise CheckFailedError("the report is in another person's list")
        expect(stranger.get(f"/api/reports/{filed['id']}"), 404, "problem+json")
    return "others get a 404"


def administrator(checked: CheckedDeployment) -> str:
    """The command's link makes one administrator, whose invitations lead to the page. They are removed afterwards."""
    link = checked.execute("backend", *_LINK_COMMAND).strip()
    if not link.startswith(f"{checked.url}/"):
        raise CheckFailedError(f"the administrator's link leads to {link.partition('#')[0]}, not to {checked.url}")
    token = {"Authorization": f"Bearer {link.partition('#')[2]}"}
    with _People(checked) as people, checked.api() as api, checked.api() as late:
        if people.register(api, "administrator", token) != "administrator":
            raise CheckFailedError("the administrator's link did not make an administrator")
        expect(late.get("/api/invitation", headers=token), 410, "problem+json")
        answer = expect(api.post("/api/invitations", json={"role": "responder"}), 201, "json")
        invitation = str(answer.json()["url"])
        if not invitation.startswith(f"{checked.url}/"):
            raise CheckFailedError(f"an invitation leads to {invitation.partition('#')[0]}, not to {checked.url}")
    return "by a link that works once"


def unknown_paths(checked: CheckedDeployment) -> str:
    """Both applications answer a path that does not exist with 404."""
    with checked.client() as client, checked.api() as api:
        expect(client.get("/no/such/page"), 404, "text/html")
        expect(api.get("/api/no/such/route"), 404, "problem+json")
    return "404 from both applications"


def first_administrator(checked: CheckedDeployment) -> str | None:
    """A link for the person at the browser to become administrator; None where there is one already.

    None also where the applications are others, without accounts. Raises UserError when the backend cannot create one,
    or the database has no accounts.
    """
    server = checked.databases.in_use()
    if server is None or not checked.is_sample() or not checked.runs("backend"):
        return None
    try:
        if server.execute("SELECT 1 FROM accounts WHERE role = 'administrator' AND disabled_at IS NULL LIMIT 1"):
            return None
    except psycopg.Error as error:
        raise UserError(
            f"the database cannot say whether there is an administrator ({str(error).partition(chr(10))[0]})",
            "check `backend.migrations` in the settings of services",
        ) from None
    return checked.execute("backend", *_LINK_COMMAND).strip()


class _People:
    """People that a check registers, and removes with everything they did. `mark` is in their names only."""

    def __init__(self, checked: CheckedDeployment) -> None:
        self._checked = checked
        self.mark = f"rehearsal-{uuid.uuid4().hex[:8]}"

    def register(self, api: httpx.Client, name: str, headers: dict[str, str] | None = None) -> str:
        """Register a person, who is then signed in; their role."""
        email = f"{name}-{self.mark}@rehearsal.invalid"
        account = {"name": name, "email": email, "password": uuid.uuid4().hex}
        answer = expect(api.post("/api/accounts", json=account, headers=headers), 201, "json")
        if api.base_url.scheme == "https" and not all(cookie.secure for cookie in api.cookies.jar):
            raise CheckFailedError("the session's cookie is not Secure")
        return str(answer.json()["account"]["role"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for server in self._checked.databases.servers.values():
            for statement in _FORGET:
                server.execute(statement, [f"%-{self.mark}@rehearsal.invalid"])
