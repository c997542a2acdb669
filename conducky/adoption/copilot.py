"""What AWS Copilot's manifests say: https://aws.github.io/copilot-cli/docs/manifest/overview."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from conducky.adoption.declared import Declared, command_words, environment, joined, unread
from conducky.adoption.tree import Tree, as_list, as_map, as_number

_ROLES: Final = {
    "Worker Service": "worker",
    "Scheduled Job": "worker",
    "Static Site": "static site",
    "Backend Service": "backend",
}


def of_copilot(tree: Tree, stack: str) -> list[Declared]:
    """All services, with what the manifests say for an environment that is named like the stack."""
    manifests = [file for file in tree.named("manifest.yml") if file.parent.parent.name == "copilot"]
    return [each for file in manifests for each in _of_manifest(file, tree.mapping(file), stack)]


def _of_manifest(file: Path, manifest: dict[str, object], stack: str) -> Iterator[Declared]:
    manifest = _merged(manifest, as_map(as_map(manifest.get("environments")).get(stack)))
    kind = str(manifest.get("type", ""))
    if kind in ("", "Environment", "Pipeline"):
        return
    image, http, workspace = as_map(manifest.get("image")), as_map(manifest.get("http")), file.parent.parent.parent
    path, health, count = str(http.get("path") or ""), http.get("healthcheck"), manifest.get("count")
    rules = [http, *map(as_map, as_list(http.get("additional_rules")))]
    parts = [part for rule in rules if (part := str(rule.get("path") or "").strip("/"))]
    tasks = as_map(count).get("range") or as_map(count).get("spot") or count
    least, _, most = str(tasks).partition("-")
    least, most = as_map(tasks).get("min", least), as_number(as_map(tasks).get("max", most))
    sizes = {"Cpu": manifest.get("cpu"), "Memory": manifest.get("memory"), "Count": least}
    found = Declared(
        str(manifest.get("name") or file.parent.name),
        file,
        image=str(image.get("location") or ""),
        command=command_words(manifest.get("command")),
        role=_ROLES.get(kind, "frontend" if path == "/" else "backend" if parts else ""),
        port=as_number(image.get("port")),
        health=str(as_map(health).get("path") or (health if isinstance(health, str) else "")),
        paths=tuple(each for part in parts for each in (f"/{part}", f"/{part}/*")),
        variables=environment(manifest.get("variables")),
        secrets=tuple(as_map(manifest.get("secrets"))),
        beside={key: number for key, each in sizes.items() if (number := as_number(each)) is not None},
        architecture="arm64" if "arm" in str(manifest.get("platform")) else "x86_64",
        notes=(
            *unread(file, manifest),
            *([f"{file}: its alias is a domain of your own"] if http.get("alias") else []),
            *([f"{file}: up to {most} tasks run: set `frontendMaxCount` or `backendMaxCount`"] if most else []),
        ),
    )
    build = image.get("build")
    if build:
        wanted = as_map(build) or {"dockerfile": build}
        found.dockerfile = joined(workspace, wanted.get("dockerfile") or "Dockerfile")
        found.context = joined(workspace, wanted["context"]) if wanted.get("context") else found.dockerfile.parent
        found.target, found.build_args = str(wanted.get("target") or ""), environment(wanted.get("args"))
    yield found


def _merged(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Maps within maps are merged, all else is replaced."""
    inner = {key: _merged(as_map(base.get(key)), each) for key, value in over.items() if (each := as_map(value))}
    return {**base, **over, **inner}
