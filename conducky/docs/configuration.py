"""docs/configuration.md: every variable, secret and setting, written from the code that reads them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conducky.catalog.property_bag import Properties
from conducky.docs.effects import effects_table
from conducky.evaluation.evaluate import Resource, evaluate
from conducky.repository import ROOT, read_stack_file
from conducky.settings.schema import ALL_SETTINGS, FARGATE_SIZES, Settings

PAGE = Path("docs") / "configuration.md"





# What the containers are told, by the name of the variable; the names themselves come from the program.
CONTAINER_VARIABLES: dict[str, str] = {
    "API_URL": "Where browsers find the API, read for each request: the same value as NEXT_PUBLIC_API_URL, which a "
    "built image can no longer change.",
    "APP_REVISION": "The build that is running, shown by the health check.",
    "CORS_ORIGIN": "Who may call the API from a browser: FRONTEND_BASE_URL unless set.",
    "DATABASE_URL": "Postgres's address, user and password with verified TLS; made by `platform`, never typed.",
    "FRONTEND_BASE_URL": "Where people open the app: the load balancer's address unless set.",
    "HOSTNAME": "Where Next.js listens: every interface. Fargate would otherwise put the task's own name here.",
    "JWT_SECRET": "Signs the backend's tokens.",
    "NEXT_PUBLIC_API_URL": "Where browsers find the API: the load balancer's address unless set; built into the pages.",
    "PORT": "Where the application listens; `platform` decides, and the firewall and health checks follow.",
    "SESSION_SECRET": "Signs the backend's session cookies.",
}

_INTRODUCTION = """# Configuration

Every variable, secret and setting of a deployment. This page is written from the code: change the code, then run
`make docs`; a test fails while the page is behind.

- A **secret** is never written into a file of this repository: it comes from the environment of the deployment, or
  stands encrypted in a stack's settings (`pulumi config set --secret`).
- A **setting** belongs to one layer and one stack and stands in `<layer>/Pulumi.<stack>.yaml`. Change one with
  `pulumi -C platform config set databaseBackupDays 7 --stack prod`. An unknown name, a wrong type or a value out of
  range stops the program before it creates anything.
- Environment variable over setting over default: the first that is there wins. A blank variable counts as unset.
"""


_SEEN = ROOT / "conducky" / "docs" / "effects.json"
_EFFECTS = """## What a change does

Seen on the real engine, one change at a time; the tests fail when a change does anything else, and for `dev` and `prod`
where they differ. Nothing that holds data is replaced by a setting, except by another `projectName`, which is another
deployment. What is exported changes the layer above: run `up` there as well.
"""


def configuration_page() -> str:
    """The page as Markdown.

    Raises:
        LookupError: a container is told something that `CONTAINER_VARIABLES` does not explain.
    """
    parts = [_INTRODUCTION, _deploy_variables(), *map(_settings, ALL_SETTINGS), _fargate_sizes(), *_containers()]
    parts += [_EFFECTS, effects_table(_SEEN)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def write_configuration_page(root: Path = ROOT) -> Path:
    """Write the page into a repository, and return the file."""
    file = root / PAGE
    file.parent.mkdir(exist_ok=True)
    file.write_text(configuration_page(), encoding="utf-8")
    return file


def _deploy_variables() -> str:
    rows = [
        (f"`{name}`", variable.needed, variable.github, variable.meaning) for name, variable in DEPLOY_VARIABLES.items()
    ]
    return (
        "## What a deployment reads from its environment\n\n"
        "On a laptop `export` them; in GitHub Actions they are secrets and variables of the repository, or of "
        "the environment that is named like the stack: [pipeline.md](pipeline.md) says how to set them.\n\n"
        + _table(("Variable", "Needed", "In GitHub", "What it is"), rows)
    )


def _settings(settings: type[Settings]) -> str:
    schema = settings.model_json_schema()["properties"]
    rows = [
        (f"`{key}`", _values(spec), _default(spec), _committed(settings.layer, key), str(spec["description"]))
        for key, spec in schema.items()
    ]
    header = ("Setting", "Values", "Default", "Set for", "What it does")
    return f"## Settings of `{settings.layer}`\n\n{_table(header, rows)}"


def _values(spec: dict[str, Any]) -> str:
    """What a setting may be, from its JSON schema."""
    kind: dict[str, Any] = spec["anyOf"][0] if "anyOf" in spec else spec
    if kind.get("format") == "password":
        return f"a secret of {kind['minLength']} characters or more"
    if choices := kind.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    match kind["type"]:
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"{kind['minimum']} to {kind['maximum']}"
        case _:
            return f"such as `{spec['examples'][0]}`"


def _default(spec: dict[str, Any]) -> str:
    default: object = spec["default"]
    return "none" if default is None else f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _committed(layer: str, key: str) -> str:
    """The stacks whose file sets this key, with the value it gives."""
    found: list[str] = []
    for file in sorted((ROOT / layer).glob("Pulumi.*.yaml")):
        value = read_stack_file(file).get(f"conducky-{layer}:{key}")
        if value is not None:
            found.append(f"{file.name.split('.')[1]}: `{value}`")
    return ", ".join(found) or "no stack"


def _fargate_sizes() -> str:
    rows = [(str(cpu), _memory_sizes(sizes)) for cpu, sizes in FARGATE_SIZES.items()]
    return "CPU units and the memory that Fargate offers with them:\n\n" + _table(("CPU", "Memory, MiB"), rows)


def _memory_sizes(sizes: Sequence[int]) -> str:
    few = 4
    if len(sizes) <= few:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def _containers() -> list[str]:
    """One section for each container, with every variable that the program gives it."""
    services = evaluate("services")
    images = {image.name: image for image in services.of("docker-build:index:Image")}
    definitions = sorted(services.of("aws:ecs/taskDefinition:TaskDefinition"), key=lambda resource: resource.name)
    return [_container(definition, images) for definition in definitions]


def _container(definition: Resource, images: dict[str, Resource]) -> str:
    container: dict[str, Any] = json.loads(definition.inputs["containerDefinitions"])[0]
    name: str = container["name"]
    build_args: Properties = images[name].inputs.get("buildArgs") or {}
    told = [(str(entry["name"]), _given(entry["name"], entry["value"])) for entry in container["environment"]]
    told += [(str(entry["name"]), "secret, from SSM") for entry in container["secrets"]]
    told += [(argument, "build argument") for argument in build_args]
    rows = [(f"`{variable}`", kind, _meaning(variable)) for variable, kind in sorted(told)]
    return f"## What the {name} container is told\n\n{_table(('Variable', 'Given as', 'What it is'), rows)}"


def _given(variable: str, value: str) -> str:
    """The value is shown where it is the same for every stack."""
    return f"environment, `{value}`" if variable in {"HOSTNAME", "PORT"} else "environment"


def _meaning(variable: str) -> str:
    try:
        return CONTAINER_VARIABLES[variable]
    except KeyError:
        raise LookupError(
            f"a container is told {variable}: explain it in CONTAINER_VARIABLES of conducky/docs/configuration.py"
        ) from None


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
