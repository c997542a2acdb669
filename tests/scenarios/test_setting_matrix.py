"""Every setting with every other: each combination evaluates and has a price, or is refused with the fix."""

import pytest
from pydantic.alias_generators import to_camel

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.cost.estimate import evaluate_stack, price_stack
from conducky.errors import UserError
from conducky.naming import Place
from conducky.settings.schema import ALL_SETTINGS
from tests.scenarios.setting_matrix import HTTPS, IMAGE, REFUSED, Pair, axes, combinations, keys
from tests.summary import note

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

_LISTED = "aws:ecr/getImages:getImages"
_SECRET = {"jwtSecret", "sessionSecret"}


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECR has the image of the settings `backendImage` and `frontendImage`."""
    original = lookups.answer

    def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
        found = original(token, arguments, place)
        image = {"imageTag": "build-0", "imageDigest": IMAGE}
        return {**found, "imageIds": [image]} if found is not None and token == _LISTED else found

    monkeypatch.setattr(lookups, "answer", answer)


@pytest.mark.usefixtures("live")
def test_each_combination_evaluates_or_is_refused_with_its_fix() -> None:
    found, proven, refused = combinations(), set[tuple[str, str, str]](), 0
    for number, config in enumerate(found):
        plain = {
            layer: {key: value for key, value in settings.items() if key not in _SECRET}
            for layer, settings in config.items()
        }
        try:
            evaluated = evaluate_stack(("dev", "prod")[number % 2], region="us-east-1", changes=plain)
        except UserError as error:
            if "\n" in str(error) or "`" not in error.fix:
                raise
            refused += 1
            continue
        assert price_stack(evaluated).month > 0
        proven |= {(layer, key, value) for layer, settings in plain.items() for key, value in settings.items()}
    wanted = {
        (layer, key, value)
        for configs in axes()
        for config in configs
        for layer, settings in config.items()
        for key, value in settings.items()
        if key not in _SECRET
    }
    assert wanted - proven == set(), "no combination with these evaluates"
    assert refused * 4 < len(found), "too many are refused: say in setting_matrix.py what belongs together"
    note(
        "settings", f"{len(found)} combinations of {len(axes())} settings hold every pair of values; {refused} refused"
    )


@pytest.mark.parametrize("together", REFUSED, ids=lambda pairs: " ".join(sorted(value for _, value in pairs)))
def test_what_no_combination_holds_is_refused_with_its_fix(together: frozenset[Pair]) -> None:
    changes: dict[str, dict[str, str]] = {"platform": {"https": "off"}}
    for (layer, setting), value in sorted(together):
        whole = next(each for each in HTTPS if each["https"] == value) if setting == "https" else {setting: value}
        changes.setdefault(layer, {}).update(whole)
    with pytest.raises(UserError) as refused:
        evaluate_stack("dev", region="us-east-1", changes=changes)
    assert "\n" not in str(refused.value)
    assert "pulumi -C" in refused.value.fix
    named = [f"`{setting}`" for (_, setting), _ in together] + ["us-east-1c"]
    assert any(each in str(refused.value) for each in named)


def test_every_setting_is_combined() -> None:
    settings = {(model.layer, to_camel(name)) for model in ALL_SETTINGS for name in model.model_fields}
    combined = {key for configs in axes() for config in configs for key in keys(config)}
    assert combined == settings
