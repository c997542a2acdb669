"""A layer's settings where no Pulumi program runs: for commands that are about a stack."""

import contextvars
from pathlib import Path
from typing import TypeVar

from pulumi.runtime import Settings as Runtime
from pulumi.runtime import configure, set_all_config

from conducky.repository import ROOT, read_stack_file, stack_file
from conducky.settings.schema import Settings

S = TypeVar("S", bound=Settings)


def settings_of(kind: type[S], stack: str, root: Path = ROOT) -> S:
    """The settings in a layer's stack file, checked as its program checks them; encrypted ones are left out.

    Raises:
        UserError: there is no such stack, or a setting is wrong.
    """
    values = read_stack_file(stack_file(kind.layer, stack, root))

    def load() -> S:
        configure(Runtime(project=f"conducky-{kind.layer}", stack=stack))
        set_all_config(values)
        return kind.load()

    return contextvars.copy_context().run(load)
