"""Each setting is tried, and each trial is in the table of effects."""

from pydantic.alias_generators import to_camel

from conducky.repository import ROOT
from conducky.settings.schema import ALL_SETTINGS
from tests.scenarios.setting_cases import CASES, EVERYWHERE, IMAGES, SCALING, SECRETS, SHIFTING, STACKS, WORKER
from tools.docs.effects import effects_table


def test_every_setting_of_every_layer_has_a_case() -> None:
    settings = {model.layer: {to_camel(name) for name in model.model_fields} for model in ALL_SETTINGS}
    for stack in STACKS:
        cases = {
            layer: {case.setting for case in found if case.stack in (None, stack)} | {EVERYWHERE}
            for layer, found in CASES.items()
        }
        cases["services"] |= {*SECRETS.values(), *IMAGES, *SCALING, *SHIFTING, WORKER.setting}
        assert cases == settings, "add the new setting to tests/scenarios/setting_cases.py"


def test_the_table_names_every_change() -> None:
    file = ROOT / "tools" / "docs" / "effects.json"
    for layer, cases in CASES.items():
        table = effects_table(file, layer)
        assert [case for case in cases if f"`{case.setting}: {case.value}`" not in table] == []
