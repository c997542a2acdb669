"""Changes one thing after the other on the real engine, and notes what each does to which resource."""

import os

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS, environment
from tests.scenarios.deployment import exports, refused, up
from tests.scenarios.repository import edit
from tests.scenarios.setting_cases import CASES, EVERYWHERE, SECRETS, WORKER
from tools.docs.effects import Effect

Changes = dict[str, dict[str, str]]  # by layer: what happened to each resource, by its type and name


def observe(rehearsal: Rehearsal) -> dict[str, dict[str, Effect]]:
    """The effect of each case by layer and setting, on a stack that is up. The rehearsal is of no use afterwards."""
    effects: dict[str, dict[str, Effect]] = {layer: {} for layer in LAYERS}
    for layer, cases in CASES.items():
        for case in cases:
            if case.stack in (None, rehearsal.stack):
                restored = case.setting == "databaseRestoreFrom"
                if restored:
                    (database,) = rehearsal.account.of("aws:rds/instance:Instance")
                    rehearsal.stand_ins.databases.take_snapshot(case.value, str(database["identifier"]))
                for setting, value in {**case.needs, case.setting: case.value}.items():
                    rehearsal.layer(layer).set_config(setting, value or None)
                effects[layer][f"{case.setting}: {case.value}"] = Effect(changes=_changes(rehearsal, layer))
                if restored:
                    up(rehearsal, layer)  # in which the earlier database leaves the state
    with environment(dict.fromkeys(SECRETS)):
        _secrets(rehearsal, effects["services"])
        _images(rehearsal, effects["services"])
        rehearsal.layer("services").set_config(WORKER.setting, WORKER.value)
        effects["services"][f"{WORKER.setting}: {WORKER.value}"] = Effect(changes=_changes(rehearsal, "services"))
    _project_name(rehearsal, effects)
    return effects


def _changes(rehearsal: Rehearsal, layer: str) -> Changes:
    """What an `up` of the layer changes, and where it exports other values, what it changes in services."""
    before = exports(rehearsal, layer)
    found = {layer: _operations(rehearsal, layer)}
    if layer != "services" and exports(rehearsal, layer) != before:
        found["services"] = _operations(rehearsal, "services")
    return {layer: operations for layer, operations in found.items() if operations}


def _operations(rehearsal: Rehearsal, layer: str) -> dict[str, str]:
    prefix = f"conducky-{rehearsal.stack}-"
    operations = up(rehearsal, layer)[layer].operations
    return {key.replace(prefix, ""): operation for key, operation in sorted(operations.items())}


def _secrets(rehearsal: Rehearsal, effects: dict[str, Effect]) -> None:
    """First in the settings, which count where the environment says nothing; then in the environment."""
    for setting in SECRETS.values():
        rehearsal.layer("services").set_secret(setting, f"a-test's-{setting}-0123456789-0123456789")
    up(rehearsal, "services")
    for setting in SECRETS.values():
        rehearsal.layer("services").set_secret(setting, f"another-{setting}-0123456789-0123456789")
        effects[f"{setting}: another"] = Effect(changes=_changes(rehearsal, "services"))
    for variable in SECRETS:
        os.environ[variable] = f"rotated-{variable}-0123456789-0123456789"
        effects[f"({variable} rotated)"] = Effect(changes=_changes(rehearsal, "services"))


def _images(rehearsal: Rehearsal, effects: dict[str, Effect]) -> None:
    root = rehearsal.account.root
    for application in ("backend", "frontend"):
        edit(root / application / "server.js", "const answer", "const  answer")
        effects[f"({application} changed)"] = Effect(changes=_changes(rehearsal, "services"))


def _project_name(rehearsal: Rehearsal, effects: dict[str, dict[str, Effect]]) -> None:
    """Another name for a stack that is deployed is refused before anything changes."""
    for layer in LAYERS:
        rehearsal.layer(layer).set_config(EVERYWHERE, "another")
        assert "is deployed with the prefix" in refused(rehearsal, layer)
        effects[layer][f"{EVERYWHERE}: another"] = Effect(changes={}, refused="a deployed stack keeps its name")
