"""A stack's settings outside a Pulumi program: the one way in which commands read stack files."""

import contextvars
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from conducky.repository import ROOT, stack_config, stack_file
from conducky.settings.base import Settings
from conducky.settings.errors import STACK
from conducky.settings.schema import PlatformSettings

S = TypeVar("S", bound=Settings)


def settings_of(kind: type[S], stack: str, root: Path = ROOT) -> S:
    """A stack file's settings, checked as in the program, but encrypted ones by name only.

    Raises:
        UserError: one is wrong, or the file is.
    """
    config = stack_config(stack_file(kind.layer, stack, root))
    plain = {key: value for key, value in config.items() if value is not None}
    return load_settings(kind, stack, plain, hidden=config.keys() - plain)


def platform_settings(stack: str, root: Path = ROOT) -> PlatformSettings:
    """Platform's settings, on which rights depend; the defaults where the stack has no file there."""
    file = root / PlatformSettings.layer / f"Pulumi.{stack}.yaml"
    return settings_of(PlatformSettings, stack, root) if file.is_file() else PlatformSettings()


def load_settings(
    kind: type[S], stack: str, values: Mapping[str, str], encrypted: Iterable[str] = (), hidden: Iterable[str] = ()
) -> S:
    """A layer's settings from values by full key, with `encrypted` and `hidden` as in `Settings.read`.

    Raises:
        UserError: one is wrong.
    """

    def load() -> S:
        STACK.set(stack)
        return kind.read(values, {*encrypted}, {*hidden})

    return contextvars.copy_context().run(load)


def encrypted_keys(file: Path) -> frozenset[str]:
    """A stack file's encrypted keys, without their namespace. Raises UserError when it is not YAML of Pulumi's form."""
    return frozenset(key.partition(":")[2] for key, value in stack_config(file).items() if value is None)
