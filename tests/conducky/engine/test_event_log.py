"""The engine's log, line by line as Pulumi writes it."""

import json
from pathlib import Path

from conducky.engine.events import read_event_log
from conducky.repository import ROOT

FAILURE = {
    "sequence": 3,
    "timestamp": 1,
    "diagnosticEvent": {
        "urn": "urn:pulumi:dev::conducky-services::aws:ecs/service:Service::conducky-dev-backend",
        "message": "<{%reset%}>error: waiting for ECS Service: timeout<{%reset%}>",
        "color": "never",
        "severity": "error",
    },
}


def step(operation: str, name: str) -> dict[str, object]:
    kind = "aws:ecs/service:Service"
    metadata = {
        "op": operation,
        "urn": f"urn:pulumi:dev::conducky-services::{kind}::{name}",
        "type": kind,
        "provider": "",
    }
    return {"sequence": 1, "timestamp": 1, "resOutputsEvent": {"metadata": metadata}}


def write(folder: Path, *events: object, ending: str = "") -> Path:
    file = folder / "events.json"
    file.write_text("".join(json.dumps(event) + "\n" for event in events) + ending)
    return file


def test_what_it_did_and_what_went_wrong(tmp_path: Path) -> None:
    watch = read_event_log(write(tmp_path, step("same", "a"), step("update", "b"), FAILURE), ROOT)
    assert watch is not None
    assert watch.changes == {"same": 1, "update": 1}
    assert watch.operations == {"aws:ecs/service:Service b": "update"}
    assert watch.causes() == "conducky-dev-backend: waiting for ECS Service: timeout"


def test_a_line_cut_off_is_passed_over(tmp_path: Path) -> None:
    watch = read_event_log(write(tmp_path, "no event", FAILURE, ending='{"sequence": 4, "diag'), ROOT)
    assert watch is not None
    assert "timeout" in watch.causes()


def test_no_log_is_none(tmp_path: Path) -> None:
    assert read_event_log(tmp_path / "events.json", ROOT) is None
