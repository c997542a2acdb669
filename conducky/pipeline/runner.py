"""What a fresh runner of GitHub Actions lacks: Pulumi, and the first time the stack itself."""

import os
import shutil
from collections.abc import Callable

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.engine import ensure_engine
from conducky.engine.installed import require_language_host
from conducky.github import actions


def provide_pulumi(progress: Callable[[str], None]) -> None:
    """Get a whole Pulumi unless PATH has one, and put it on PATH for later steps. Raises UserError when that fails."""
    engine = ensure_engine(progress)
    path = os.environ.get("PATH", os.defpath)
    require_language_host(engine, path)
    if shutil.which("pulumi", path=path) != str(engine):
        actions.add_to_path(engine.parent)


def provide_stack(pulumi: PulumiCli, progress: Callable[[str], None]) -> None:
    """Create each layer's stack if it is missing; on a terminal Pulumi would ask. Raises UserError if it cannot."""
    for layer in pulumi.selection.layers:
        if pulumi.query(layer, "stack", "export") is None:
            pulumi.query(layer, "stack", "init")
            progress(f"created the stack {pulumi.selection.name} of {layer}, which did not exist yet")
