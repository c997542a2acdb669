"""Which stacks the pipeline deploys, in which order, and on which runner, with Pulumi and a stack on it."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.engine.ensure import ensure_engine
from conducky.engine.installed import require_language_host
from conducky.errors import UserError, quoted
from conducky.github import actions
from conducky.naming import Names
from conducky.repository import LAYERS, ROOT, stack_file
from conducky.settings import ServicesSettings, settings_of

DEFAULT: Final = '["dev"]'

# Images are built without emulation, which would be many times slower.
# https://docs.github.com/en/actions/reference/runners/github-hosted-runners
RUNNERS: Final[dict[str, str]] = {"arm64": "ubuntu-24.04-arm", "x86_64": "ubuntu-24.04"}

_FIX = 'run `gh variable set STACKS --body \'["dev", "prod"]\'`, in the order in which they deploy'


def pipeline_stacks(text: str | None, only: str | None = None, root: Path = ROOT) -> dict[str, str]:
    """The stacks of the repository's variable STACKS (`dev` where it is not set; only `only`), each with its runner.

    Raises UserError when it is not a list of different stacks that have settings files here, or `only` is not in it.
    """
    names = _names(text or DEFAULT)
    if only and only not in names:
        raise UserError(f"{quoted(only)} is not among the stacks of this pipeline ({', '.join(names)})", _FIX)
    for name in names:
        Selection.of(name, None)
        for layer in LAYERS:
            stack_file(layer, name, root)
    chosen = [name for name in names if name == (only or name)]
    return {each: RUNNERS[settings_of(ServicesSettings, each, root).architecture] for each in chosen}


def as_matrix(stacks: Mapping[str, str]) -> str:
    """The JSON of `strategy.matrix`."""
    return json.dumps({"include": [{"stack": stack, "runner": runner} for stack, runner in stacks.items()]})


def names_of(stack: str, root: Path = ROOT) -> Names:
    """The names of a stack's resources, as the settings of services make them."""
    return Names(settings_of(ServicesSettings, stack, root).project_name, stack)


def _names(text: str) -> list[str]:
    try:
        names = TypeAdapter(list[str]).validate_json(text, strict=True)
    except ValidationError:
        names = []
    if not names or len(set(names)) < len(names):
        raise UserError(f"the variable STACKS is {quoted(text)} and must be a JSON list of different stacks", _FIX)
    return names


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
