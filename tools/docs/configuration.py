"""The tables of docs/configuration.md: every variable, secret and setting, from the code that reads them."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_camel, to_snake

from conducky.catalog.property_bag import Properties
from conducky.environment import APPLICATION_SECRETS, DEPLOY_VARIABLES
from conducky.evaluation import Resource, evaluate
from conducky.repository import LAYERS, ROOT, read_stack_file
from conducky.secret_values import all_secrets
from conducky.settings import ALL_SETTINGS, FARGATE_SIZES, ServicesSettings, Settings, settings_of
from conducky.settings.application import Backend, Frontend
from conducky.settings.worker import Worker
from tools.docs.effects import effects_table
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "configuration.md"
EFFECTS = Path(__file__).parent / "effects.json"

CONTAINER_VARIABLES: dict[str, str] = tomllib.loads((Path(__file__).parent / "containers.toml").read_text("utf-8"))


def configuration_parts() -> dict[str, str]:
    """The generated parts of the page, by name.

    Raises:
        LookupError: when a container gets a variable that containers.toml does not explain.
    """
    parts = {
        "environment": deploy_variables(),
        "fargate-sizes": _fargate_sizes(),
        "application": _application(),
        "worker": _worker(),
        **_containers(),
    }
    parts |= {f"settings-{settings.layer}": _settings(settings) for settings in ALL_SETTINGS}
    return parts | {f"changes-{layer}": effects_table(EFFECTS, layer) for layer in LAYERS}


def write_configuration_page(root: Path = ROOT) -> Path:
    """Replace the generated parts of the page in a repository, and return the file.

    Raises:
        UserError: when the page or one of its markers is missing.
    """
    return write_generated_parts(root, PAGE, configuration_parts())


def deploy_variables() -> str:
    """The table of what a deployment reads in its environment, with the applications' secrets."""
    wanted = all_secrets()
    rows = [
        (f"`{name}`", variable.needed, variable.github, variable.meaning)
        for name, variable in DEPLOY_VARIABLES.items()
        if name in wanted or name not in APPLICATION_SECRETS
    ]
    rows += [
        (f"`{name}`", "yes", "secret", f"A secret of the {' and the '.join(applications)}.")
        for name, applications in wanted.items()
        if name not in DEPLOY_VARIABLES
    ]
    return table(("Variable", "Needed", "In GitHub", "Meaning"), rows)


def _settings(settings: type[Settings]) -> str:
    schema = settings.model_json_schema()["properties"]
    rows = [
        (f"`{key}`", _values(spec), _default(spec), _committed(settings.layer, key), _on_one_line(spec["description"]))
        for key, spec in schema.items()
    ]
    return table(("Setting", "Values", "Default", "Set in", "Meaning"), rows)


def _values(spec: dict[str, Any]) -> str:
    """The values that a setting can have, from its JSON schema."""
    kind: dict[str, Any] = spec["anyOf"][0] if "anyOf" in spec else spec
    if "$ref" in kind:
        return "a map"
    if kind.get("format") == "password":
        return f"a secret, at least {kind['minLength']} characters"
    if choices := kind.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    match kind["type"]:
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"{kind['minimum']} to {kind['maximum']}"
        case _:
            return f"such as `{spec['examples'][0]}`"


def _on_one_line(description: str) -> str:
    return " ".join(description.split())


def _default(spec: dict[str, Any]) -> str:
    default: object = spec["default"]
    if "$ref" in spec:
        return "the sample's"
    return "none" if default is None else f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _committed(layer: str, key: str) -> str:
    """The stacks whose file sets this key, with the value it gives."""
    found: list[str] = []
    for file in sorted((ROOT / layer).glob("Pulumi.*.yaml")):
        value = read_stack_file(file).get(f"conducky-{layer}:{key}")
        if value is not None:
            found.append(f"{file.name.split('.')[1]}: `{value}`")
    return ", ".join(found) or "none"


def _application() -> str:
    """What can be set of an application, with the sample's values, which are the defaults."""
    rows: list[tuple[str, ...]] = []
    for name, field in Backend.model_fields.items():
        values = [getattr(kind(), name, "-") for kind in (Frontend, Backend)]
        cells = ("-" if value == "-" else "none" if value is None else f"`{_as_yaml(value)}`" for value in values)
        rows.append((f"`{to_camel(name)}`", *cells, str(field.description)))
    return table(("Key", "`frontend`", "`backend`", "Meaning"), rows)


def _worker() -> str:
    """What can be set of a worker, with its defaults."""
    rows: list[tuple[str, ...]] = []
    for name, field in Worker.model_fields.items():
        default = "none, it must be set" if field.is_required() else f"`{_as_yaml(field.default)}`"
        rows.append((f"`{to_camel(name)}`", "none" if default == "`null`" else default, str(field.description)))
    return table(("Key", "Default", "Meaning"), rows)


def _as_yaml(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")


def _fargate_sizes() -> str:
    rows = [(str(cpu), _memory_sizes(sizes)) for cpu, sizes in FARGATE_SIZES.items()]
    return table(("CPU units", "Memory in MiB"), rows)


def _memory_sizes(sizes: Sequence[int]) -> str:
    few = 4
    if len(sizes) <= few:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def _containers() -> dict[str, str]:
    """One part for each container, with every variable that the program gives it."""
    services, settings = evaluate("services"), settings_of(ServicesSettings, "dev")
    own = {
        name: f"Your own: `{application}.{part}` in the settings of `services`."
        for application, one in (("frontend", settings.frontend), ("backend", settings.backend))
        for part in ("variables", "secrets", "addresses", "buildArgs", "buildAddresses")
        for name in getattr(one, to_snake(part))
    }
    images = {image.name: image for image in services.of("docker-build:index:Image")}
    parts: dict[str, str] = {}
    for definition in services.of("aws:ecs/taskDefinition:TaskDefinition"):
        container: dict[str, Any] = json.loads(definition.inputs["containerDefinitions"])[0]
        parts[f"container-{container['name']}"] = _container(
            container, images[container["name"]], {**own, **CONTAINER_VARIABLES}
        )
    return parts


def _container(container: dict[str, Any], image: Resource, meanings: Mapping[str, str]) -> str:
    build_args: Properties = image.inputs.get("buildArgs") or {}
    found = [(str(each["name"]), _from_environment(each["name"], each["value"])) for each in container["environment"]]
    found += [(str(each["name"]), "secret, from SSM") for each in container["secrets"]]
    found += [(argument, "build argument") for argument in build_args]
    rows = [(f"`{variable}`", source, _meaning(variable, meanings)) for variable, source in sorted(found)]
    return table(("Variable", "Source", "Meaning"), rows)


def _from_environment(variable: str, value: str) -> str:
    """The value is shown if it is the same for every stack."""
    return f"environment, `{value}`" if variable in {"HOSTNAME", "PORT"} else "environment"


def _meaning(variable: str, meanings: Mapping[str, str]) -> str:
    try:
        return meanings[variable]
    except KeyError:
        raise LookupError(f"a container gets {variable}: explain it in tools/docs/containers.toml") from None
