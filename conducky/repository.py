"""The three layers: where their programs and settings are, and how to run one inside this process."""

import json
import re
import runpy
import sys
import tomllib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import cast

from conducky.errors import UserError, quoted
from conducky.naming import STACK_NAME

_CONFIG_COMMAND = re.compile(
    r"`pulumi -C (?P<layer>bootstrap|platform|services) config (?P<verb>set|rm) (?:--secret )?'?(?P<key>[\w:-]+)'?"
    r"(?: (?P<value>[^`]*?))?(?: --stack [\w/-]+)`"
)

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("bootstrap", "platform", "services")  # in the order in which they deploy
READS: Mapping[str, tuple[str, ...]] = {"bootstrap": (), "platform": (), "services": ("bootstrap", "platform")}
APPLICATIONS = ("backend", "frontend")  # a folder, an image and a service each
WORKER = "worker"  # a third service, where the settings have one
SERVICES = (*APPLICATIONS, WORKER)


def version(root: Path = ROOT) -> str:
    """The version of all of it: of the commands, both applications and what they deploy, from pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def deployed_services(outputs: Mapping[str, object]) -> Sequence[str]:
    """The services of a stack whose layer `services` exports this: both applications, and the worker if it has one."""
    return SERVICES if outputs.get(f"{WORKER}_service_name") else APPLICATIONS


def require_possible(stack: str) -> None:
    """Raise UserError where no stack can have this name; an empty one would be the stack that was selected last."""
    if not STACK_NAME.fullmatch(stack):
        organisation, _, name = stack.rpartition("/")
        like = name.lower() if STACK_NAME.fullmatch(name.lower()) else "dev"
        raise UserError(
            f"the stack is {quoted(stack)}, and a stack's name is lower-case letters and digits",
            f"write `{like}`" + (", and put its organisation into PULUMI_ORG" if organisation else ""),
        )


def stack_file(layer: str, stack: str, root: Path = ROOT) -> Path:
    """The file of a layer's settings for a stack; missing, it means defaults. Raises UserError for no such stack."""
    if stack not in (known := stacks(root)):
        require_possible(stack)
        like = "dev" if "dev" in known else next(iter(known), "dev")
        raise UserError(
            f"there is no stack `{stack}`: no layer has a Pulumi.{stack}.yaml (there are {', '.join(known) or 'none'})",
            f"name one of those, or copy one's settings with `cp platform/Pulumi.{like}.yaml "
            f"platform/Pulumi.{stack}.yaml`",
        )
    return root / layer / f"Pulumi.{stack}.yaml"


def stacks(root: Path = ROOT) -> Sequence[str]:
    """The stacks that have a settings file in any layer."""
    return sorted({file.name.split(".")[1] for layer in LAYERS for file in (root / layer).glob("Pulumi.*.yaml")})


def read_stack_file(file: Path) -> dict[str, str]:
    """A stack file's plain settings as text, as a program gets them. Raises UserError when it is not Pulumi's form."""
    return {key: value for key, value in stack_config(file).items() if value is not None}


def with_lines(text: str, stack: str, root: Path = ROOT) -> str:
    """A message in which each `pulumi … config …` command also says which line of which file to edit instead."""

    def edit(command: re.Match[str]) -> str:
        file = root / command["layer"] / f"Pulumi.{stack}.yaml"
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        key = command["key"] if ":" in command["key"] else f"conducky-{command['layer']}:{command['key']}"
        name = f"{command['layer']}/{file.name}"
        at = next((n for n, line in enumerate(lines, 1) if line.strip(" \"'").startswith(f"{key}")), None)
        if at is not None:
            return f"{command[0]} (or {'delete' if command['verb'] == 'rm' else 'edit'} line {at} of {name})"
        wanted = "" if command["verb"] == "rm" or "--secret" in command[0] or not command["value"] else command["value"]
        return f"{command[0]} (or write `{key}: {wanted}` below `config:` of {name})" if wanted else command[0]

    return _CONFIG_COMMAND.sub(edit, text)


# https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
_SECTIONS = {"config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"}


def stack_config(file: Path) -> dict[str, str | None]:
    """Every key of a stack file with its text, None if encrypted. Raises UserError when it is not Pulumi's form."""
    if not file.exists():
        return {}
    import yaml  # noqa: PLC0415  # 0.1 s, and few commands read a stack file

    try:
        content: object = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        config: object = cast("dict[str, object]", content).get("config") or {} if isinstance(content, dict) else None
        if not isinstance(config, dict):
            raise _unreadable(file, "needs a `config:` section of keys and values")
        if beside := cast("dict[object, object]", content).keys() - _SECTIONS:
            first = min(map(str, beside))
            raise _unreadable(file, f"has {quoted(first)} beside its `config:` section, and settings belong below it")
        settings = cast("dict[str, object]", config)
        return {str(key): None if _encrypted(value) else _text(value) for key, value in settings.items()}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(file, f"is not YAML ({_on_one_line(error)})") from None
    except (RecursionError, ValueError) as error:  # a list in itself, the 30th of February
        raise _unreadable(file, f"holds a value that cannot be read ({_on_one_line(error)})") from None


def _unreadable(file: Path, problem: str) -> UserError:
    return UserError(f"{file.parent.name}/{file.name} {problem}", "correct it in an editor")


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def run_program(layer: str, root: Path = ROOT) -> None:
    """Run one layer's program as the language host does; an edited file counts, and no other layer's is seen."""
    _forget_modules(root / layer)
    try:
        runpy.run_path(str(root / layer), run_name="__main__")
    finally:
        _forget_modules(root / layer)


@contextmanager
def environment(values: Mapping[str, str | None]) -> Generator[None]:
    """Set (or, with None, unset) environment variables for a while."""
    before = {name: environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value


def _forget_modules(folder: Path) -> None:
    """By name, so that a module of the same name from another copy of the repository goes as well."""
    for file in folder.glob("[!_]*.py"):
        sys.modules.pop(file.stem, None)


def _encrypted(value: object) -> bool:
    return isinstance(value, dict) and list(cast("dict[str, object]", value)) == ["secure"]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    return "" if value is None else str(value)
