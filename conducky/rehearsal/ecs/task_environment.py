"""What differs for a task that runs on this machine instead of on Fargate; everything else it gets unchanged.

| variable or value                      | on Fargate                   | here                                   |
|----------------------------------------|------------------------------|----------------------------------------|
| PORT                                   | the container's port         | a free port (all tasks share one host) |
| HOSTNAME=0.0.0.0                       | every address of the task    | 127.0.0.1                              |
| <database>.rds.amazonaws.com:5432      | RDS                          | localhost and the server's port        |
| http://<name>.elb.amazonaws.com        | the load balancer            | http://localhost and the proxy's port  |
| a public URL that is overridden        | the team's domain            | http://localhost and the proxy's port  |
| NODE_EXTRA_CA_CERTS                    | the RDS certificates         | the rehearsal's certificate authority  |
| PRISMA_SCHEMA_ENGINE_BINARY            | unset: the native engine     | the same engine as WebAssembly         |
| /app/…, other paths in the image       | the container's filesystem   | the image's folder                     |
| PATH, HOME, TMPDIR, /tmp/…             | the container's              | Node's folder, folders of the task     |
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conducky.rehearsal.images.build import BuiltImage

PUBLIC_URLS = frozenset({"FRONTEND_BASE_URL", "CORS_ORIGIN", "API_URL", "NEXT_PUBLIC_API_URL"})


@dataclass(frozen=True)
class Host:
    """Where on this machine the things are that a task knows by their AWS names.

    `ports` maps a container's port to a local one, `databases` an RDS address to a local port, `balancers` a load
    balancer's host name to a local URL.
    """

    image: BuiltImage
    ports: Mapping[int, int]
    databases: Mapping[str, int]
    balancers: Mapping[str, str]
    certificates: Path
    prisma_engine: Path | None
    home: Path
    path: str


def translate(variables: Mapping[str, str], host: Host) -> dict[str, str]:
    """The environment of a task's process: the given variables, translated, and nothing of this machine's own."""
    translated = {name: _value(name, value, host) for name, value in variables.items()}
    if host.prisma_engine:
        translated["PRISMA_SCHEMA_ENGINE_BINARY"] = str(host.prisma_engine)
    return {**translated, "PATH": host.path, "HOME": str(host.home), "TMPDIR": str(host.home / "tmp")}


def databases_named(variables: Mapping[str, str], databases: Mapping[str, int]) -> list[str]:
    """The RDS addresses that a task is told, and so will connect to."""
    return sorted(address for address in databases if any(address in value for value in variables.values()))


def _value(name: str, value: str, host: Host) -> str:
    if name == "PORT" and value.isdecimal():
        return str(host.ports.get(int(value), value))
    if name == "HOSTNAME" and value == "0.0.0.0":  # noqa: S104
        return "127.0.0.1"
    if name == "NODE_EXTRA_CA_CERTS":
        return str(host.certificates)
    if value.startswith("/"):
        return _path(value, host)
    for address, port in host.databases.items():
        value = value.replace(f"{address}:5432", f"localhost:{port}")
    for address, url in host.balancers.items():
        value = re.sub(rf"https?://{re.escape(address)}(?=[/,]|$)", url, value)
    return _public_url(value, host) if name in PUBLIC_URLS else value


def _path(value: str, host: Host) -> str:
    if value == "/tmp" or value.startswith("/tmp/"):  # noqa: S108
        return f"{host.home / 'tmp'}{value[4:]}"
    inside = host.image.path(value)
    # `/` alone is a base path or a route much more often than the image's root.
    return str(inside) if value != "/" and inside.exists() else value


def _public_url(value: str, host: Host) -> str:
    """A domain of the team's own leads away from this machine; one load balancer is clearly what it stands for."""
    urls = set(host.balancers.values())
    if len(urls) != 1 or not value:
        return value
    local = urls.pop()
    return ",".join(dict.fromkeys(local for _ in value.split(",")))
