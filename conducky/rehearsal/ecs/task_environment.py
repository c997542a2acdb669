"""What differs for a task that runs locally instead of on Fargate; it gets everything else unchanged.

| variable or value                      | on Fargate                   | here                                   |
|----------------------------------------|------------------------------|----------------------------------------|
| PORT; the container's port in `listen` | the container's port         | a free port (all tasks share one host) |
| <database>.rds.amazonaws.com:5432      | RDS                          | localhost and the server's port        |
| http://<name>.elb.amazonaws.com        | the load balancer            | http://localhost and the proxy's port  |
| https://<the same, or a domain>        | the load balancer            | https://localhost and the proxy's port |
| a public URL that is overridden        | the team's domain            | http://localhost and the proxy's port  |
| NODE_EXTRA_CA_CERTS                    | the RDS certificates         | the rehearsal's certificate authority, |
|                                        |                              | with HTTPS also where it is not set    |
| PRISMA_SCHEMA_ENGINE_BINARY            | unset: the native engine     | the same engine as WebAssembly         |
| /app/…, other paths in the image       | the container's filesystem   | the task's own copy of it              |
| paths in NODE_OPTIONS and the like     | the same                     | the same                               |
| NODE_OPTIONS, added                    |                              | listen.cjs, against other computers    |
| PATH                                   | the container's              | those of the copy, then Node's          |
| HOME, TMPDIR                           | the container's              | those of the image's user, in the copy |
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conducky.catalog.property_bag import Properties, bags
from conducky.rehearsal.account import Account
from conducky.rehearsal.containers.run import localised
from conducky.rehearsal.ecs.task_paths import in_copy
from conducky.rehearsal.images.run_step import image_path
from conducky.rehearsal.images.store import BuiltImage

_OPTIONS = ("_OPTIONS", "_OPTS", "_FLAGS", "_ARGS")
_LISTEN = Path(__file__).with_name("listen.cjs")


@dataclass(frozen=True)
class LocalAddresses:
    """Where things are locally that a task knows by their AWS names.

    `ports` maps a container's port to a local one, `databases` an RDS address to a local port, `balancers` a load
    balancer's host name to a local URL. `image` is the task's copy, `home` its user's home folder there, and `path` is
    where programs are that the image has and we have not copied. `preloaded` goes into every Node.js.
    """

    image: BuiltImage
    ports: Mapping[int, int]
    databases: Mapping[str, int]
    balancers: Mapping[str, str]
    certificates: Path
    prisma_engine: Path | None
    home: Path
    path: str
    preloaded: Path


def listen_module(folder: Path, ports: Mapping[int, int]) -> Path:
    """What a task's Node.js loads first, in the task's own folder, where it writes its notes.

    `ports` maps the container's ports to local ones.
    """
    (folder / "ports.json").write_text(json.dumps(ports), encoding="utf-8")
    shutil.copyfile(_LISTEN, folder / _LISTEN.name)
    for file in (folder / "ports.json", folder / _LISTEN.name):
        file.chmod(0o644)  # Whatever the umask: another user's task reads them
    return folder / _LISTEN.name


def container_variables(account: Account, container: Properties) -> dict[str, str]:
    """The variables that a task definition gives a container: plain ones, and secrets by their parameters' values.

    Raises:
        ResourceFailedError: a parameter does not exist.
    """
    variables = {str(entry["name"]): str(entry["value"]) for entry in bags(container, "environment")}
    for entry in bags(container, "secrets"):
        parameter = account.need(
            "aws:ssm/parameter:Parameter",
            f"{entry['name']} comes from the parameter {entry['valueFrom']}, which does not exist",
            "create it in services/application_secrets.py or platform/database.py",
            arn=entry["valueFrom"],
        )
        variables[str(entry["name"])] = str(parameter["value"])
    return variables


def translate(variables: Mapping[str, str], local: LocalAddresses) -> dict[str, str]:
    """The environment of a task's process: the given variables, translated, and nothing of your own environment."""
    root = local.image.root
    own = {"HOME": str(local.home), "TMPDIR": str(root / "tmp")}
    if any(url.startswith("https:") for url in local.balancers.values()):
        own["NODE_EXTRA_CA_CERTS"] = str(local.certificates)
    translated = own | {name: _value(name, value, local) for name, value in variables.items()}
    # In quotes, because Node splits it at blanks
    translated["NODE_OPTIONS"] = f'{translated.get("NODE_OPTIONS", "")} "--require={local.preloaded}"'.strip()
    if local.prisma_engine:
        translated["PRISMA_SCHEMA_ENGINE_BINARY"] = str(local.prisma_engine)
    return {**translated, "PATH": image_path(root, variables.get("PATH", ""), local.path)}


def databases_named(variables: Mapping[str, str], databases: Mapping[str, int]) -> list[str]:
    """The RDS addresses in a task's variables, which it will connect to."""
    return sorted(address for address in databases if any(address in value for value in variables.values()))


def _value(name: str, value: str, local: LocalAddresses) -> str:
    if name == "PORT" and value.isdecimal():
        return str(local.ports.get(int(value), value))
    if name == "NODE_EXTRA_CA_CERTS":
        return str(local.certificates)
    if name in ("HOME", "TMPDIR") and value.startswith("/"):
        return str(local.image.path(value))
    if value.startswith(("/", "file:")) or name.endswith(_OPTIONS):
        return _paths(name, value, local)
    servers = {address: f"localhost:{port}" for address, port in local.databases.items()}
    return localised(name, value, servers, local.balancers)


def _paths(name: str, value: str, local: LocalAddresses) -> str:
    root = local.image.root
    if name == "NODE_OPTIONS" and " " in str(root):  # Node splits it at blanks, outside of quotes
        return " ".join(f'"{in_copy(word, root)}"' for word in value.split())
    return in_copy(value, root)
