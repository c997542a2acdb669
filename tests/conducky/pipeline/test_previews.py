"""Previews of all layers: the result of each, and an explanation where there is none."""

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.pipeline.previews import Preview, counts, preview_layers
from tests.fakes.pulumi import FakePulumi

CHANGED = """Previewing update (acme/dev):
  ~ aws:rds/instance:Instance: (update)
        [urn=urn:pulumi:dev::conducky-platform::aws:rds/instance:Instance::database]
Resources:
    ~ 2 to update
    +-1 to replace
    3 changes. 11 unchanged
"""
REFUSED = "error: no changes were expected for preview but changes were proposed\n"


@pytest.fixture(autouse=True)
def deployed(pulumi: FakePulumi) -> None:
    for layer in ("bootstrap", "platform", "services"):
        pulumi.deployed(layer)


def previews(pulumi: FakePulumi, *options: str) -> list[Preview]:
    return preview_layers(PulumiCli(Selection.of("dev", None), pulumi.root), options)


def states(pulumi: FakePulumi) -> dict[str, str]:
    return {each.layer: each.state for each in previews(pulumi)}


def test_every_layer_in_order(pulumi: FakePulumi) -> None:
    found = previews(pulumi, "--refresh")
    assert [each.layer for each in found] == ["bootstrap", "platform", "services"]
    assert {each.headline for each in found} == {"no changes"}
    assert pulumi.changes == [
        f"-C {layer} preview --stack acme/dev --diff --suppress-progress --expect-no-changes --refresh "
        "--non-interactive --color never"
        for layer in ("bootstrap", "platform", "services")
    ]


def test_changes_are_counted_and_shown(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "preview", out=CHANGED, err=REFUSED, code=7)
    platform = previews(pulumi)[1]
    assert (platform.state, platform.headline) == ("changes", "2 to update, 1 to replace")
    assert platform.text == CHANGED.rstrip(), "that changes were not expected is our question, not an error"


def test_one_failure_does_not_hide_the_others(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "preview", err="error: no default VPC\n", code=1)
    assert states(pulumi) == {"bootstrap": "unchanged", "platform": "failed", "services": "unchanged"}
    assert previews(pulumi)[1].text == "error: no default VPC"


def test_a_layer_that_reads_a_missing_one_is_a_sentence(pulumi: FakePulumi) -> None:
    pulumi.no_stack("platform")
    _, platform, services = previews(pulumi)
    assert (platform.state, services.state) == ("absent", "absent")
    assert platform.text == (
        "the stack does not exist yet. The first deployment creates it: `make deploy STACK=dev LAYER=platform`."
    )
    assert services.text.startswith("services reads the outputs of platform, which is not deployed yet")


def test_without_bootstrap_the_admin_is_named(pulumi: FakePulumi) -> None:
    pulumi.no_stack("bootstrap")
    assert "An AWS admin creates it: `make deploy STACK=dev LAYER=bootstrap`." in previews(pulumi)[0].text


def test_an_empty_stack_is_previewed(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "output", out="{}\n")
    assert states(pulumi)["platform"] == "unchanged"


def test_only_bootstrap_may_be_out_of_sight(pulumi: FakePulumi) -> None:
    """The pipeline's credentials need not reach the policies that bound them; what they deploy they must see."""
    for layer in ("bootstrap", "platform"):
        pulumi.answer(layer, "preview", err="error: AccessDenied: not authorized to perform iam:GetPolicy\n", code=1)
    assert states(pulumi) == {"bootstrap": "unseen", "platform": "failed", "services": "unchanged"}
    assert "`make preview STACK=dev LAYER=bootstrap`" in previews(pulumi)[0].text


def test_a_bare_engine_is_refused_before_anything(pulumi: FakePulumi) -> None:
    pulumi.binary.with_name("pulumi-language-python").unlink()
    with pytest.raises(UserError, match="cannot run Python"):
        previews(pulumi)
    assert pulumi.changes == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (CHANGED, ["2 to update", "1 to replace"]),
        ("Resources:\n    + 12 to create\n", ["12 to create"]),
        ("Resources:\n    14 unchanged\n", []),
        ("nothing like it", []),
    ],
)
def test_counts_are_pulumis(text: str, found: list[str]) -> None:
    assert counts(text) == found
