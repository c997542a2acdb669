"""A stack's settings outside a Pulumi program: the one way in which commands read stack files."""

import contextvars
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pulumi.runtime import Settings as Runtime
from pulumi.runtime import configure, set_all_config

from conducky.repository import ROOT, read_stack_file, stack_config, stack_file
from conducky.settings.base import Settings
from conducky.settings.schema import PlatformSettings

S = TypeVar("S", bound=Settings)


def settings_of(kind: type[S], stack: str, root: Path = ROOT) -> S:
    """The settings in a layer's stack file, checked as its program checks them; encrypted ones are left out.

    Raises:
        UserError: when there is no such stack, or a setting is wrong.
    """
    return load_settings(kind, stack, read_stack_file(stack_file(kind.layer, stack, root)))


def platform_settings(stack: str, root: Path = ROOT) -> PlatformSettings:
    """Platform's settings, on which rights depend; the defaults where the stack has no file there."""
    file = root / PlatformSettings.layer / f"Pulumi.{stack}.yaml"
    return settings_of(PlatformSettings, stack, root) if file.is_file() else PlatformSettings()


def load_settings(kind: type[S], stack: str, values: Mapping[str, str], encrypted: Iterable[str] = ()) -> S:
    """A layer's settings from these values by their full keys; `encrypted` are the keys that have `--secret`.

    Raises:
        UserError: when a setting is wrong.
    """

    def load() -> S:
        configure(Runtime(project=f"conducky-{kind.layer}", stack=stack))
        set_all_config(dict(values), [*encrypted])
        return kind.load()

    return contextvars.copy_context().run(load)


def encrypted_keys(file: Path) -> frozenset[str]:
    """The keys of a stack file whose values are encrypted, without their namespace.

    Raises:
        UserError: when the file is not YAML, or not of Pulumi's form.
    """
    return frozenset(key.partition(":")[2] for key, value in stack_config(file).items() if value is None)
