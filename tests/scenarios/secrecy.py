"""Where a deployment leaves something that outlives it or is shown to people, and whether a secret is there."""

import base64
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import events

from conducky.catalog.lookups import REGISTRY_TOKEN
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS

Properties = dict[str, Any]


@contextmanager
def recorded_events() -> Generator[list[str]]:
    """Every event of the engine as it came."""
    told: list[str] = []
    original: Callable[[Properties], events.EngineEvent] = events.EngineEvent.from_json  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # the SDK's

    def from_json(data: Properties) -> events.EngineEvent:
        told.append(json.dumps(data))
        return original(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events.EngineEvent, "from_json", from_json)
        yield told


def secrets_of(rehearsal: Rehearsal) -> dict[str, str]:
    """Each secret by what it is; also as base64, which hides nothing."""
    plain = {**rehearsal.account.secrets(), "the registry's token": REGISTRY_TOKEN}
    encoded = {f"{what} in base64": base64.b64encode(value.encode()).decode() for what, value in plain.items()}
    return plain | encoded


def places(rehearsal: Rehearsal) -> dict[str, str]:
    """What can be read: states, the engine's and the tasks' output, settings, exports; not the database's data."""
    folder = rehearsal.folder.path
    found = {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8", errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.relative_to(folder).parts[0].startswith("postgres-")
    }
    return found | {f"the exports of {layer}": str(rehearsal.layer(layer).outputs()) for layer in LAYERS}


def inputs_in_state(rehearsal: Rehearsal, token: str) -> list[Properties]:
    """The inputs of every resource of a type, as the state of services holds them."""
    file = Path(".pulumi") / "stacks" / "conducky-services" / f"{rehearsal.stack}.json"
    state = json.loads((rehearsal.folder.path / "state" / file).read_text(encoding="utf-8"))
    resources: list[Properties] = state["checkpoint"]["latest"]["resources"]
    return [resource["inputs"] for resource in resources if resource["type"] == token]
