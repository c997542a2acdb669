"""What compose files say: https://docs.docker.com/reference/compose-file."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from conducky.adoption.declared import Declared, command_words, environment, joined, unread
from conducky.adoption.tree import Tree, as_list, as_map, as_number
from conducky.adoption.words import FILES, TEXT

# What changes a container, and has no setting here
_OF_DOCKER: Final = (
    "privileged",
    "cap_add",
    "devices",
    "network_mode",
    "extra_hosts",
    "secrets",
    "configs",
    "user",
    "working_dir",
)


def of_compose(tree: Tree) -> list[Declared]:
    """All services, those of a file for production first: what it says of one wins over the file beside it."""
    usual = {file: _services(tree, file) for file in tree.named(*FILES["compose"])}
    production = {file: _services(tree, file) for file in tree.named(*FILES["compose_production"])}
    for file, services in production.items():
        for base in (each for path, each in usual.items() if path.parent == file.parent):
            for name in services.keys() & base.keys():
                if build := {**_build(base[name]), **_build(services[name])}:
                    base[name] = {**base[name], "build": build}
                    services[name] = {**services[name], "build": build}
    return [
        each
        for files in (production, usual)
        for file, services in files.items()
        for name, service in services.items()
        for each in _of_service(name, file, service, deployed=files is production)
    ]


def _services(tree: Tree, file: Path) -> dict[str, dict[str, object]]:
    return {name: as_map(value) for name, value in as_map(tree.mapping(file).get("services")).items()}


def _build(service: Mapping[str, object]) -> dict[str, object]:
    given = service.get("build")
    return as_map(given) or ({"context": given} if given else {})


def _of_service(name: str, file: Path, service: Mapping[str, object], *, deployed: bool) -> Iterator[Declared]:
    ports = [_ports(each) for each in as_list(service.get("ports"))]
    test = as_map(service.get("healthcheck")).get("test")
    asked = TEXT["health_url"].search(" ".join(map(str, as_list(test) or [test])))
    words = command_words(service.get("command")) if deployed else ()
    # `${NAME}` is known only where compose runs
    command = () if "${" in " ".join(words).replace("$$", "") else tuple(word.replace("$$", "$") for word in words)
    found = Declared(
        name,
        file,
        image=str(service.get("image") or ""),
        port=next((inside for _, inside in ports if inside), None),
        published=tuple(outside for outside, _ in ports if outside),
        health=(asked["path"] or "/") if asked else "",
        variables=environment(service.get("environment")),
        command=command,
        volumes=tuple(each for each in map(_kept, as_list(service.get("volumes"))) if each),
        notes=tuple(unread(file, service, *_OF_DOCKER, *([] if command else ["command"]))),
    )
    if wanted := _build(service):
        if re.match(r"\w+(://|@)", str(wanted.get("context"))):
            found.image = "built from a repository"
            yield found
            return
        found.context = joined(file.parent, wanted.get("context") or ".")
        found.dockerfile = joined(found.context, wanted.get("dockerfile") or "Dockerfile")
        found.target, found.build_args = str(wanted.get("target") or ""), environment(wanted.get("args"))
    yield found


def _ports(value: object) -> tuple[int | None, int | None]:
    """The ports outside and inside: of `8080:80`, `127.0.0.1:8080:80/tcp`, `${PORT:-80}` or the long form."""
    if long := as_map(value):
        return as_number(long.get("published")), as_number(long.get("target"))
    *_, outside, inside = ["", *re.sub(r"\$\{\w+:-(\d+)\}", r"\1", str(value)).partition("/")[0].split(":")]
    return as_number(outside), as_number(inside)


def _kept(volume: object) -> str:
    """The folder of the container whose files a volume keeps; empty where it only brings the source, or caches."""
    long = as_map(volume)
    source, _, target = str(volume).partition(":")
    source, target = (str(long.get("source") or ""), str(long.get("target") or "")) if long else (source, target)
    target = target.partition(":")[0].rstrip("/")
    is_named = bool(re.fullmatch(r"[A-Za-z0-9][\w.-]*", source))
    is_kept = is_named or TEXT["kept_folder"].search(target) is not None
    return target if source and target and is_kept and not TEXT["cache_folder"].search(target) else ""
