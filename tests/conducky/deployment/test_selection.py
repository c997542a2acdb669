"""Which stacks and layers can be asked for."""

import pytest

from conducky.deployment.selection import Selection
from conducky.errors import UserError


@pytest.fixture(autouse=True)
def no_organisation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_ORG", raising=False)


@pytest.mark.parametrize("layer", [None, ""])
def test_without_a_layer_it_is_platform_then_services_and_never_bootstrap(layer: str | None) -> None:
    assert Selection.of("dev", layer).layers == ("platform", "services")


@pytest.mark.parametrize("layer", ["bootstrap", "platform", "services"])
def test_a_layer_that_is_named_is_alone(layer: str) -> None:
    assert Selection.of("dev", layer).layers == (layer,)


def test_the_organisation_goes_before_the_name_for_pulumi_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ORG", "acme")
    selection = Selection.of("prod", None)
    assert selection.name == "acme/prod"
    assert selection.make("deploy", "platform") == "`make deploy STACK=prod LAYER=platform`"


def test_a_blank_organisation_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ORG", " ")
    assert Selection.of("dev", None).name == "dev"


@pytest.mark.parametrize(
    ("stack", "fix"),
    [
        ("", "write `dev`"),
        ("acme/prod", "write `prod`, and put its organisation into PULUMI_ORG"),
        ("Prod", "write `prod`"),
        *((each, "write `dev`") for each in ("dev 2", "-y", "--yes")),
    ],
)
def test_these_are_no_stacks(stack: str, fix: str) -> None:
    """An empty one would mean to Pulumi: whichever was selected last."""
    with pytest.raises(UserError, match=r"^the stack is `") as raised:
        Selection.of(stack, None)
    assert raised.value.fix == fix


def test_an_unknown_layer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError) as raised:
        Selection.of("dev", "service")
    assert raised.value.problem == "there is no layer `service`"
    assert raised.value.fix == "write LAYER=bootstrap, LAYER=platform or LAYER=services"


def test_an_organisation_with_a_stack_in_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ORG", "acme/dev")
    with pytest.raises(UserError, match="PULUMI_ORG is `acme/dev`") as raised:
        Selection.of("dev", None)
    assert "`unset PULUMI_ORG`" in raised.value.fix
