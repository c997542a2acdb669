"""The three layers: where their programs stand, and how one is run inside this process."""

import json
import runpy
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import cast

import yaml

from conducky.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("bootstrap", "platform", "services")  # in the order in which they deploy


def stack_file(layer: str, stack: str, root: Path = ROOT) -> Path:
    """The file that holds one layer's settings for one stack.

    Raises:
        UserError: there is no such file.
    """
    file = root / layer / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = sorted(path.name.split(".")[1] for path in (root / layer).glob("Pulumi.*.yaml"))
        raise UserError(
            f"there is no stack `{stack}`: {layer}/{file.name} is missing "
            f"(there are {', '.join(known) or 'none'}): run `pulumi -C {layer} stack init {stack}`"
        )
    return file


def read_stack_file(file: Path) -> dict[str, str]:
    """The settings in a stack file as Pulumi hands them to a program, every value as text; encrypted ones are left out.

    Raises:
        UserError: the file is not YAML, or not of Pulumi's form.
    """
    return {key: value for key, value in stack_config(file).items() if value is not None}


def stack_config(file: Path) -> dict[str, str | None]:
    """Every key of a stack file with its value as text; None if the value is encrypted.

    Raises:
        UserError: the file is not YAML, or not of Pulumi's form.
    """
    where = f"{file.parent.name}/{file.name}"
    try:
        return _read(file, where)
    except (RecursionError, ValueError) as error:  # a list in itself, the 30th of February
        problem = " ".join(str(error).split())
        raise UserError(f"{where} holds a value that cannot be read ({problem}): mend it in an editor") from None


def _read(file: Path, where: str) -> dict[str, str | None]:
    try:
        content: object = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise UserError(f"{where} is not YAML ({problem}): mend it in an editor") from None
    config: object = cast("dict[str, object]", content).get("config") or {} if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise UserError(f"{where} needs a `config:` section of keys and values: mend it in an editor")
    settings = cast("dict[str, object]", config)
    return {str(key): None if _encrypted(value) else _text(value) for key, value in settings.items()}


def run_program(layer: str, root: Path = ROOT) -> None:
    """Run one layer's program as the language host does, with its modules read afresh."""
    with _modules_of(root / layer):
        runpy.run_path(str(root / layer), run_name="__main__")


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


@contextmanager
def _modules_of(folder: Path) -> Generator[None]:
    """Forget the modules of a layer, so that an edited file counts and layers do not see each other's."""
    _forget(folder)
    try:
        yield
    finally:
        _forget(folder)


def _forget(folder: Path) -> None:
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
