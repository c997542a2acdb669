"""One container as ECS would run it, and the one table of what differs from the task definition.

| variable or value                 | on Fargate           | here                                                |
|-----------------------------------|----------------------|-----------------------------------------------------|
| <database>.rds.amazonaws.com:5432 | RDS                  | the same name, with the local server's port         |
| http://<name>.elb.amazonaws.com   | the load balancer    | http://localhost and the proxy's port, for browsers |
| a public URL that is overridden   | the team's domain    | the same                                            |
| NODE_EXTRA_CA_CERTS               | the RDS certificates | the rehearsal's certificate authority, mounted      |
| SSL_CERT_FILE                     | unset                | the same and the public authorities, mounted        |

Everything else, also PORT, is exactly the task definition's.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conducky.rehearsal.containers.engine import ContainerEngine, client_environment, ulimits

CERTIFICATES: Final = "/run/conducky/ca.pem"
ALL_CERTIFICATES: Final = "/run/conducky/all.pem"
APPLICATION_LABEL: Final = "org.conducky.application"
PUBLIC_URLS: Final = frozenset({"FRONTEND_BASE_URL", "CORS_ORIGIN", "API_URL", "NEXT_PUBLIC_API_URL"})


@dataclass(frozen=True)
class ContainerRun:
    """A container to run; `variables` are already translated, `ports` maps its ports to those of 127.0.0.1.

    `hosts` are further names and addresses, `mounts` files of this computer by where the container finds them, `kernel`
    its own parameters of the kernel (sysctl). `memory` is MiB, `cpu` CPU units, `stop_timeout` seconds.
    """

    name: str
    application: str
    label: str
    image: str
    network: Sequence[str]
    variables: Mapping[str, str]
    ports: Mapping[int, int]
    hosts: Mapping[str, str]
    mounts: Mapping[str, Path]
    kernel: Mapping[str, str] = field(default_factory=dict[str, str])
    user: str = ""
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    memory: int | None = None
    cpu: int | None = None
    stop_timeout: int = 30

    def command_line(self, engine: ContainerEngine) -> list[str]:
        """The engine's command. No value of a variable is in it, where other users would see it."""
        words = [engine.name, "run", "--name", self.name, "--label", self.label]
        words += ["--label", f"{APPLICATION_LABEL}={self.application}", "--init", "--pull=never", *self.network]
        words += ["--stop-timeout", str(self.stop_timeout), *ulimits(engine.name)]
        for name, value in sorted(self.kernel.items()):
            words += ["--sysctl", f"{name}={value}"]
        if self.memory:
            words += ["--memory", f"{self.memory}m", "--memory-swap", f"{self.memory}m"]
        if self.cpu:
            words += ["--cpu-shares", str(self.cpu)]
        if self.user:
            words += ["--user", self.user]
        for container_port, local in sorted(self.ports.items()):
            words += ["--publish", f"127.0.0.1:{local}:{container_port}"]
        for host, address in sorted(self.hosts.items()):
            words += ["--add-host", f"{host}:{address}"]
        for path, file in sorted(self.mounts.items()):
            words += ["--volume", f"{file}:{path}:ro,z"]
        own = client_environment()
        for name, value in sorted(self.variables.items()):
            # The engine's own command reads these few; no secret can have their names.
            words += ["--env", f"{name}={value}" if name in own and own[name] != value else name]
        command = [*self.command]
        if self.entry_point:
            words += ["--entrypoint", self.entry_point[0] if engine.name == "docker" else json.dumps(self.entry_point)]
            command = [*self.entry_point[1:], *command] if engine.name == "docker" else command
        return [*words, self.image, *command]

    def environment(self) -> dict[str, str]:
        """The environment of that command: its own, and the values of the container's variables."""
        return {**self.variables, **client_environment()}


def with_local_urls(value: str, balancers: Mapping[str, str]) -> str:
    """A value in which each URL of a load balancer is the local one; `balancers` maps its host name to that."""
    for address, url in balancers.items():
        value = re.sub(rf"https?://{re.escape(address)}(?=[/,]|$)", url, value)
    return value


def localised(name: str, value: str, databases: Mapping[str, str], balancers: Mapping[str, str]) -> str:
    """A variable's value with local addresses; `databases` maps an RDS address to a local `host:port`."""
    for address, local in databases.items():
        value = value.replace(f"{address}:5432", local)
    value = with_local_urls(value, balancers)
    # A domain of the team's own leads to the internet; with one load balancer, that is what it must mean.
    urls = set(balancers.values())
    return urls.pop() if name in PUBLIC_URLS and value and len(urls) == 1 else value


def translate_for_container(
    variables: Mapping[str, str], databases: Mapping[str, int], balancers: Mapping[str, str]
) -> dict[str, str]:
    """A task definition's variables as its container gets them, by the table above.

    `databases` maps an RDS address to a local port, `balancers` a load balancer's host name to a local URL.
    """
    servers = {address: f"{address}:{port}" for address, port in databases.items()}
    translated = {name: localised(name, value, servers, balancers) for name, value in variables.items()}
    return {**translated, "NODE_EXTRA_CA_CERTS": CERTIFICATES, "SSL_CERT_FILE": ALL_CERTIFICATES}
