"""Settings as Pulumi hands them to a program, without a program."""

import contextvars
from collections.abc import Iterable, Mapping
from typing import TypeVar

from pulumi.runtime import Settings as Runtime
from pulumi.runtime import configure, set_all_config

from conducky.settings import Settings

S = TypeVar("S", bound=Settings)


def load(settings: type[S], config: Mapping[str, str], secret: Iterable[str] = ()) -> S:
    """Load the settings of stack dev; keys without a namespace are the layer's own, those in `secret` are encrypted."""

    def full(key: str) -> str:
        return key if ":" in key else f"conducky-{settings.layer}:{key}"

    def run() -> S:
        configure(Runtime(project=f"conducky-{settings.layer}", stack="dev"))
        set_all_config({full(key): value for key, value in config.items()}, [full(key) for key in secret])
        return settings.load()

    return contextvars.copy_context().run(run)
