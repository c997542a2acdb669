"""What files of other tools say about the applications: docker-compose.yml and AWS Copilot's manifests.

https://docs.docker.com/reference/compose-file, https://aws.github.io/copilot-cli/docs/manifest/overview
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conducky.adoption.tree import Tree, as_list, as_map, as_number
from conducky.adoption.words import TEXT

_ROLES: Final = {
    "Worker Service": "worker",
    "Scheduled Job": "worker",
    "Static Site": "static site",
    "Backend Service": "backend",
}
_ELSEWHERE: Final = (
    "sidecars",
    "storage",
    "publish",
    "subscribe",
    "entrypoint",
    "env_file",
    "volumes",
    "taskdef_overrides",
)


@dataclass
class Declared:
    """One service of such a file. A variable whose value is not there in plain text is None; `published` are ports.

    `beside` are settings of services by the end of their key, such as `Cpu`; `paths` are patterns of the load balancer.
    """

    name: str
    file: Path
    dockerfile: Path | None = None
    context: Path | None = None
    target: str = ""
    command: tuple[str, ...] = ()
    image: str = ""
    role: str = ""
    port: int | None = None
    published: tuple[int, ...] = ()
    health: str = ""
    paths: tuple[str, ...] = ()
    build_args: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    variables: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    secrets: tuple[str, ...] = ()
    beside: Mapping[str, int] = field(default_factory=dict[str, int])
    architecture: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_copilot(self) -> bool:
        """Whether it is deployed by Copilot, which keeps secrets apart, so that no plain value is one."""
        return self.file.name == "manifest.yml"


def declared(tree: Tree, environment: str) -> list[Declared]:
    """All services that such files declare, Copilot's first, with what it says for an environment of this name."""
    manifests = [file for file in tree.named("manifest.yml") if file.parent.parent.name == "copilot"]
    compose = tree.named("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
    found = [each for file in manifests for each in _of_copilot(file, tree.mapping(file), environment)]
    return found + [each for file in compose for each in _of_compose(file, tree.mapping(file))]


def _of_copilot(file: Path, manifest: dict[str, object], environment: str) -> Iterator[Declared]:
    manifest = _merged(manifest, as_map(as_map(manifest.get("environments")).get(environment)))
    kind = str(manifest.get("type", ""))
    if kind in ("", "Environment", "Pipeline"):
        return
    image, http, workspace = as_map(manifest.get("image")), as_map(manifest.get("http")), file.parent.parent.parent
    path, health, count = str(http.get("path") or ""), http.get("healthcheck"), manifest.get("count")
    rules = [http, *map(as_map, as_list(http.get("additional_rules")))]
    parts = [part for rule in rules if (part := str(rule.get("path") or "").strip("/"))]
    command = manifest.get("command")
    tasks = as_map(count).get("range") or as_map(count).get("spot") or count
    least, _, most = str(tasks).partition("-")
    least, most = as_map(tasks).get("min", least), as_number(as_map(tasks).get("max", most))
    sizes = {"Cpu": manifest.get("cpu"), "Memory": manifest.get("memory"), "Count": least}
    found = Declared(
        str(manifest.get("name") or file.parent.name),
        file,
        image=str(image.get("location") or ""),
        command=tuple(shlex.split(command) if isinstance(command, str) else map(str, as_list(command))),
        role=_ROLES.get(kind, "frontend" if path == "/" else "backend" if parts else ""),
        port=as_number(image.get("port")),
        health=str(as_map(health).get("path") or (health if isinstance(health, str) else "")),
        paths=tuple(each for part in parts for each in (f"/{part}", f"/{part}/*")),
        variables=_environment(manifest.get("variables")),
        secrets=tuple(as_map(manifest.get("secrets"))),
        beside={key: number for key, each in sizes.items() if (number := as_number(each)) is not None},
        architecture="arm64" if "arm" in str(manifest.get("platform")) else "x86_64",
        notes=(
            *_unread(file, manifest),
            *([f"{file}: its alias is a domain of your own"] if http.get("alias") else []),
            *([f"{file}: up to {most} tasks run: set `frontendMaxCount` or `backendMaxCount`"] if most else []),
        ),
    )
    build = image.get("build")
    if build:
        wanted = as_map(build) or {"dockerfile": build}
        found.dockerfile = _joined(workspace, wanted.get("dockerfile") or "Dockerfile")
        found.context = _joined(workspace, wanted["context"]) if wanted.get("context") else found.dockerfile.parent
        found.target, found.build_args = str(wanted.get("target") or ""), _environment(wanted.get("args"))
    yield found


def _of_compose(file: Path, content: dict[str, object]) -> Iterator[Declared]:
    for name, value in as_map(content.get("services")).items():
        service = as_map(value)
        ports = [_ports(each) for each in as_list(service.get("ports"))]
        test = as_map(service.get("healthcheck")).get("test")
        asked = TEXT["health_url"].search(" ".join(map(str, as_list(test) or [test])))
        found = Declared(
            name,
            file,
            image=str(service.get("image") or ""),
            port=next((inside for _, inside in ports if inside), None),
            published=tuple(outside for outside, _ in ports if outside),
            health=(asked["path"] or "/") if asked else "",
            variables=_environment(service.get("environment")),
            notes=tuple(_unread(file, service, "command")),
        )
        build = service.get("build")
        if build:
            wanted = as_map(build) or {"context": build}
            if re.match(r"\w+(://|@)", str(wanted.get("context"))):
                found.image = "built from a repository"
                yield found
                continue
            found.context = _joined(file.parent, wanted.get("context") or ".")
            found.dockerfile = _joined(found.context, wanted.get("dockerfile") or "Dockerfile")
            found.target, found.build_args = str(wanted.get("target") or ""), _environment(wanted.get("args"))
        yield found


def _unread(file: Path, service: Mapping[str, object], *more: str) -> list[str]:
    return [f"{file}: `{key}` was not read" for key in (*_ELSEWHERE, *more) if service.get(key)]


def _joined(folder: Path, path: object) -> Path:
    return Path(posixpath.normpath(posixpath.join(folder.as_posix(), str(path))))


def _environment(value: object) -> dict[str, str | None]:
    """Names and values, of a map or of a list of `NAME=value`; one that is taken from elsewhere (`${NAME}`) is None."""
    pairs = {name: text if sign else None for name, sign, text in (str(each).partition("=") for each in as_list(value))}
    pairs |= {name: each if isinstance(each, str) else None for name, each in as_map(value).items()}
    return {name: text if text is not None and "${" not in text else None for name, text in pairs.items()}


def _ports(value: object) -> tuple[int | None, int | None]:
    """The ports outside and inside: of `8080:80`, `127.0.0.1:8080:80/tcp`, `${PORT:-80}` or the long form."""
    if long := as_map(value):
        return as_number(long.get("published")), as_number(long.get("target"))
    *_, outside, inside = ["", *re.sub(r"\$\{\w+:-(\d+)\}", r"\1", str(value)).partition("/")[0].split(":")]
    return as_number(outside), as_number(inside)


def _merged(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Maps within maps are merged, all else is replaced."""
    inner = {key: _merged(as_map(base.get(key)), each) for key, value in over.items() if (each := as_map(value))}
    return {**base, **over, **inner}
