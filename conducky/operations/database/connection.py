"""A connection to the private database: through a backend task by Session Manager, or to a rehearsal's server."""

import os
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from conducky.access import asking_aws
from conducky.cache import cache_folder, filled_once
from conducky.errors import UserError
from conducky.operations.session import PLUGIN, Session, end_process, plugin_command, plugin_environment
from conducky.operations.target import Target
from conducky.operations.tasks import choose_task, find_tasks
from conducky.subprocesses import last_line

POLICY: Final = "database"  # `conducky-dev-database`, which bootstrap creates and attaches to nobody
DOCUMENT: Final = "AWS-StartPortForwardingSessionToRemoteHost"
_OPEN_SECONDS: Final = 30.0
_CERTIFICATES: Final = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"


@dataclass(frozen=True)
class Connection:
    """Where the database answers on this computer, for as long as it is open. `host` is what its certificate names."""

    host: str
    port: int
    user: str
    name: str
    certificates: Path
    password: str = field(repr=False)

    @property
    def shown_url(self) -> str:
        """For a person's own tool: without the password."""
        return f"postgresql://{quote(self.user)}@localhost:{self.port}/{quote(self.name)}?sslmode=require"

    def environment(self) -> dict[str, str]:
        """Our environment, with what libpq's programs and those that take a URL read."""
        secret = quote(self.password, safe="")
        return {
            **os.environ,
            "PGHOST": self.host,
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.name,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.certificates),
            "DATABASE_URL": self.shown_url.replace("@localhost", f":{secret}@localhost"),
        }


@contextmanager
def connected(target: Target) -> Generator[Connection]:
    """Open a connection until the end of the block; nothing of it is left then.

    Raises:
        UserError: when nothing is deployed, no task runs, or AWS refuses.
    """
    if target.rehearsal:
        found = target.rehearsal.call("conducky.Database")
        yield _connection(found["url"], int(found["port"]), Path(found["ca"]))
        return
    url = database_url(target)
    certificates = rds_certificates(target.region)
    port = _free_port()
    host = urlsplit(url).hostname or ""
    with _tunnel(target, host, urlsplit(url).port or 5432, port):
        yield _connection(url, port, certificates)


def _connection(url: str, port: int, certificates: Path) -> Connection:
    parts = urlsplit(url)
    return Connection(
        parts.hostname or "",
        port,
        unquote(parts.username or ""),
        unquote(parts.path.lstrip("/")),
        certificates,
        unquote(parts.password or ""),
    )


def database_url(target: Target) -> str:
    """The connection string that the backend gets. UserError when there is none, or AWS refuses."""
    if target.rehearsal:
        return str(target.rehearsal.call("conducky.Database")["url"])
    name = target.names.parameter("backend", "DATABASE_URL")
    ssm = target.client("ssm")
    with asking_aws("read the database's address", target.policy(POLICY)):
        try:
            return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            raise target.not_deployed(f"the parameter {name}") from None


@contextmanager
def _tunnel(target: Target, host: str, remote: int, local: int) -> Generator[None]:
    """A port of this computer that leads to the database through the newest task of the backend."""
    task = choose_task(target, find_tasks(target, target.service("backend"), policy=POLICY), None, "backend")
    request: dict[str, Any] = {
        "Target": task.session_target(target.cluster, "backend"),
        "DocumentName": DOCUMENT,
        "Parameters": {"host": [host], "portNumber": [str(remote)], "localPortNumber": [str(local)]},
    }
    ssm = target.client("ssm")
    with asking_aws("open a tunnel to the database", target.policy(POLICY)):
        try:
            opened = ssm.start_session(**request)
        except ssm.exceptions.TargetNotConnected:
            raise UserError(
                f"Session Manager does not reach task {task.short}",
                f"wait half a minute; {target.command('exec backend')} names the causes",
            ) from None
    session = Session(opened["SessionId"], opened["StreamUrl"], opened["TokenValue"])

    def end() -> None:
        with suppress(UserError), asking_aws("end the tunnel", target.policy(POLICY)):
            ssm.terminate_session(SessionId=session.id)

    with ExitStack() as left:
        left.callback(end)
        try:
            # Of its own session, so that Ctrl-C ends what runs through the tunnel and not the tunnel.
            plugin = subprocess.Popen(
                plugin_command(target, request),
                env=plugin_environment(session),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(f"`{PLUGIN}` cannot be started ({error.strerror})", "install it again") from None
        left.callback(end_process, plugin)
        _wait_until_open(plugin, local, target.command("status"))
        yield


def _wait_until_open(plugin: "subprocess.Popen[str]", port: int, status: str) -> None:
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        if plugin.poll() is not None:
            said = last_line(plugin.stdout.read() if plugin.stdout else "")
            raise UserError(f"the tunnel ended at once ({said})", f"run this again; see {status}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise UserError(f"the tunnel did not open within {_OPEN_SECONDS:.0f} s", "run this again")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rds_certificates(region: str) -> Path:
    """AWS's own list of the authorities that sign databases' certificates there, fetched once."""
    file = cache_folder() / "rds" / region / "bundle.pem"

    def fetch(folder: Path) -> None:
        import httpx  # noqa: PLC0415  # 0.2 s, once for a region

        address = _CERTIFICATES.format(region=region)
        try:
            text = httpx.get(address, timeout=15).raise_for_status().text
        except httpx.HTTPError as error:
            raise UserError(
                f"the certificates of RDS in {region} cannot be fetched ({type(error).__name__})",
                f"check the network, or run `curl --fail --create-dirs --output '{file}' {address}`",
            ) from None
        (folder / file.name).write_text(text, encoding="utf-8")

    return filled_once(file.parent, fetch, is_filled=file.is_file) / file.name
