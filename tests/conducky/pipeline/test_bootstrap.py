"""The check that an AWS admin has deployed bootstrap, by code that is new enough."""

import json
from typing import Any

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.pipeline.requirements import require_bootstrap
from tests.fakes.pulumi import FakePulumi

ADMIN = "run `make deploy STACK=dev LAYER=bootstrap` as an AWS admin"


def check(pulumi: FakePulumi, outputs: dict[str, Any] | None = None) -> None:
    if outputs is not None:
        pulumi.answer("bootstrap", "output", out=json.dumps(outputs))
    require_bootstrap(PulumiCli(Selection.of("dev", None), pulumi.root))


def refusal(pulumi: FakePulumi, outputs: dict[str, Any] | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        check(pulumi, outputs)
    return caught.value


def test_what_bootstrap_exports_is_enough(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    check(pulumi, bootstrap.exports)
    assert pulumi.changes == [], "it only asks"
    assert pulumi.calls[0].words.startswith("-C bootstrap stack output --json --stack acme/dev")


def test_no_stack(pulumi: FakePulumi) -> None:
    pulumi.no_stack("bootstrap")
    error = refusal(pulumi)
    assert error.problem == "bootstrap/dev is not deployed"
    assert error.fix.startswith(ADMIN)


def test_a_stack_that_was_never_deployed(pulumi: FakePulumi) -> None:
    error = refusal(pulumi)
    assert error.problem == "bootstrap/dev is not deployed"
    assert error.fix.startswith(ADMIN)


def test_one_deployed_by_older_code(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    for field in bootstrap.exports:
        outputs = {name: value for name, value in bootstrap.exports.items() if name != field}
        error = refusal(pulumi, outputs)
        assert error.problem == f"bootstrap/dev is too old for this commit (exports no `{field}`)"
        assert error.fix.startswith(ADMIN)


def test_one_that_promises_something_else(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    error = refusal(pulumi, bootstrap.exports | {"backend_task_role_arn": "none"})
    assert "is too old for this commit (exports a wrong `backend_task_role_arn`" in error.problem


def test_another_project(pulumi: FakePulumi, bootstrap: Evaluation) -> None:
    error = refusal(pulumi, bootstrap.exports | {"name_prefix": "other-dev-"})
    assert "bootstrap/dev was deployed with the prefix `other-dev-`" in error.problem
    assert "services/dev uses `conducky-dev-`" in error.problem
    assert "config set projectName" in error.fix


def test_a_pulumi_that_cannot_answer(pulumi: FakePulumi) -> None:
    pulumi.answer("bootstrap", "output", err="error: invalid access token\n", code=3)
    error = refusal(pulumi)
    assert error.problem.startswith("Pulumi is not logged in")
    assert "`pulumi login`" in error.fix
