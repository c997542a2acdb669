"""A stack's settings outside a Pulumi program: the one way in which commands read stack files."""

import contextvars
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from conducky.repository import ROOT, read_stack_file, stack_config, stack_file
from conducky.settings.base import Settings
from conducky.settings.errors import STACK
from conducky.settings.schema import PlatformSettings

S = TypeVar("S", bound=Settings)


def settings_of(kind: type[S], stack: str, root: Path = ROOT) -> S:
    """A stack file's settings but encrypted ones, checked as in the program. Raises UserError when wrong or missing."""
    return load_settings(kind, stack, read_stack_file(stack_file(kind.layer, stack, root)))


def platform_settings(stack: str, root: Path = ROOT) -> PlatformSettings:
    """Platform's settings, on which rights depend; the defaults where the stack has no file there."""
    file = root / PlatformSettings.layer / f"Pulumi.{stack}.yaml"
    return settings_of(PlatformSettings, stack, root) if file.is_file() else PlatformSettings()


def load_settings(kind: type[S], stack: str, values: Mapping[str, str], encrypted: Iterable[str] = ()) -> S:
    """A layer's settings from values by full key; `encrypted` keys have `--secret`. Raises UserError if one is bad."""

    def load() -> S:
        STACK.set(stack)
        return kind.read(values, {*encrypted})

    return contextvars.copy_context().run(load)


def encrypted_keys(file: Path) -> frozenset[str]:
    """A stack file's encrypted keys, without their namespace. Raises UserError when it is not YAML of Pulumi's form."""
    return frozenset(key.partition(":")[2] for key, value in stack_config(file).items() if value is None)
