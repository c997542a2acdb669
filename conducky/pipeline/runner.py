"""What a fresh runner lacks: Pulumi, and the first time the stack itself."""

import os
import shutil
from collections.abc import Callable

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.engine import ensure_engine
from conducky.engine.installed import require_language_host
from conducky.github import actions


def provide_pulumi(progress: Callable[[str], None]) -> None:
    """Get a whole Pulumi where PATH has none that serves, and put it on PATH for the steps that follow.

    Raises:
        UserError: there is no way to one, or it cannot run Python.
    """
    engine = ensure_engine(progress)
    path = os.environ.get("PATH", os.defpath)
    require_language_host(engine, path)
    if shutil.which("pulumi", path=path) != str(engine):
        actions.add_to_path(engine.parent)


def provide_stack(pulumi: PulumiCli, progress: Callable[[str], None]) -> None:
    """Make the stack of each selected layer where it does not exist yet; on a terminal Pulumi would ask.

    Raises:
        UserError: Pulumi could not make it.
    """
    for layer in pulumi.selection.layers:
        if pulumi.answer(layer, "stack", "export") is None:
            pulumi.answer(layer, "stack", "init")
            progress(f"made the stack {pulumi.selection.name} of {layer}, which did not exist yet")
