"""What every check gets, and how it reports what it saw."""

import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.settings.services import ServicesSettings
from conducky.verification.stopped import line_that_matters

_SECONDS = 10.0
_LOG_LINES = 200  # of which the first error is shown
_SERVICE = "aws:ecs/service:Service"


class Note(str):
    """What a check says where there is nothing to prove, and a person should know."""

    __slots__ = ()


@dataclass(frozen=True)
class CheckResult:
    """One check: what was checked, whether it passed, and what was seen; `noted` where that proves nothing."""

    name: str
    ok: bool
    detail: str
    noted: bool = False


@dataclass(frozen=True)
class CheckedDeployment:
    """What is checked: local addresses, the account and its stand-ins, and what the layers export and store.

    `http_urls` are where each application answers without HTTPS besides, if it has it.
    `execute` gives what a command prints in a container (its name, then the command), as ECS Exec would run it.
    `tried` are the ports in the internet to which tasks were seen connecting, by application. `stops` says of each
    application of which a task was stopped whether all of them ended in time.
    """

    url: str
    api_url: str
    http_urls: Mapping[str, str | None]
    account: Account
    databases: Databases
    load_balancers: LoadBalancers
    outputs: Mapping[str, Properties]
    states: Mapping[str, str]
    logs: Path
    execute: Callable[..., str]
    settings: ServicesSettings
    tried: Mapping[str, Collection[int]]
    stops: Mapping[str, bool]

    def is_sample(self) -> bool:
        """Whether the backend is this repository's own, with its tables and its commands."""
        return (self.backend_folder / "src" / "administrator-link.ts").is_file()

    @property
    def backend_folder(self) -> Path:
        """Where the backend's source is."""
        return self.account.root / self.settings.backend.context

    def runs(self, application: str) -> bool:
        """Whether any task of an application is wanted at the moment."""
        return not self.idle(application)

    def idle(self, application: str) -> str:
        """Why no task of an application is wanted; blank where one is."""
        if not (self.settings.frontend_count if application == "frontend" else self.settings.backend_count):
            return f"{application}Count is 0"
        services = [each for each in self.account.of(_SERVICE) if str(each["name"]).endswith(f"-{application}")]
        stopped = any(each.get("desiredCount") == 0 for each in services)
        return "it is stopped; `conducky start --rehearsal` starts it" if stopped else ""

    def error_of(self, application: str) -> str:
        """What the log of its newest task says that went wrong, to end a sentence with; blank where it says nothing."""
        logs = sorted(self.logs.glob(f"{application}-*.log"), key=lambda file: file.stat().st_mtime)
        lines = logs[-1].read_text(errors="replace").splitlines()[-_LOG_LINES:] if logs else []
        found = line_that_matters(lines, rehearsed=True)
        if not found or not found.is_error:
            return ""
        return f"; its log: {self.account.redact(found.text)}{f'. What to do: {found.advice}' if found.advice else ''}"

    def client(self) -> httpx.Client:
        """A browser's side of the frontend."""
        return self._client(self.url)

    def api(self) -> httpx.Client:
        """A browser's side of the backend, with cookies of its own."""
        return self._client(self.api_url)

    def clients(self) -> Iterator[tuple[str, httpx.Client]]:
        """Each application, and a browser's side of it, open for one turn of a loop."""
        for application, url in (("frontend", self.url), ("backend", self.api_url)):
            with self._client(url) as client:
                yield application, client

    def _client(self, url: str) -> httpx.Client:
        tls = url.startswith("https:")
        trusted = ssl.create_default_context(cafile=self.account.authority.bundle) if tls else False
        return httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False, verify=trusted)


class CheckFailedError(Exception):
    """A check failed; the message says what was seen."""


def expect(response: httpx.Response, status: int, kind: str) -> httpx.Response:
    """The response, if it has this status and its content type contains `kind`; else raises CheckFailedError."""
    found = response.headers.get("content-type", "nothing")
    if response.status_code != status or kind not in found:
        raise CheckFailedError(
            f"{response.request.method} {response.request.url.path} answered {response.status_code} ({found}), "
            f"expected {status} ({kind})"
        )
    return response
