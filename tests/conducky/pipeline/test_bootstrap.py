"""The check that an admin has run bootstrap, and not long ago."""

import json
from typing import Any

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.pipeline.bootstrap import require_bootstrap
from tests.fakes.pulumi import FakePulumi

ADMIN = "and the pipeline never runs it: as an admin run `make deploy STACK=dev LAYER=bootstrap`"


def check(pulumi: FakePulumi, outputs: dict[str, Any] | None = None) -> None:
    if outputs is not None:
        pulumi.answer("bootstrap", "output", out=json.dumps(outputs))
    require_bootstrap(PulumiCli(Selection.of("dev", None), pulumi.root))


def sentence(pulumi: FakePulumi, outputs: dict[str, Any] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        check(pulumi, outputs)
    return str(caught.value)


def test_what_bootstrap_exports_is_enough(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    check(pulumi, bootstrap.exports)
    assert pulumi.changes == [], "it only asks"
    assert pulumi.calls[0].words.startswith("-C bootstrap stack output --json --stack acme/dev")


def test_no_stack(pulumi: FakePulumi) -> None:
    pulumi.no_stack("bootstrap")
    assert sentence(pulumi) == f"bootstrap/dev is not deployed, {ADMIN}"


def test_a_stack_that_was_never_deployed(pulumi: FakePulumi) -> None:
    assert sentence(pulumi) == f"bootstrap/dev is not deployed, {ADMIN}"


def test_one_deployed_by_older_code(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    for field in bootstrap.exports:
        outputs = {name: value for name, value in bootstrap.exports.items() if name != field}
        assert sentence(pulumi, outputs) == (
            f"bootstrap/dev is too old for this commit (exports no `{field}`), {ADMIN}"
        )


def test_one_that_promises_something_else(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    said = sentence(pulumi, bootstrap.exports | {"boundary_arn": "none"})
    assert "is too old for this commit (exports a wrong `boundary_arn`" in said


def test_another_project(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    said = sentence(pulumi, bootstrap.exports | {"name_prefix": "other-dev-"})
    assert said.startswith(
        "bootstrap/dev was deployed with the prefix `other-dev-`, and services/dev uses `conducky-dev-`"
    )


def test_a_pulumi_that_cannot_answer(pulumi: FakePulumi) -> None:
    pulumi.answer("bootstrap", "output", err="error: invalid access token\n", code=3)
    assert sentence(pulumi).startswith("Pulumi is not logged in: run `pulumi login`, or set PULUMI_ACCESS_TOKEN")
