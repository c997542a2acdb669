"""Every stack file on disk, evaluated: what a team adds later is held to the same rules."""

from collections.abc import Callable

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import LAYERS, ROOT

STACK_FILES = [
    (layer, file.name.split(".")[1]) for layer in LAYERS for file in sorted((ROOT / layer).glob("Pulumi.*.yaml"))
]

# Roles and a budget that no stack file of this repository has; who forks it sets their own.
GITHUB = {"githubRepository": "acme/conducky", "githubPreviews": "true", "budgetEmail": "costs@example.com"}
EVERYTHING = [*STACK_FILES, ("bootstrap", "GitHub")]


@pytest.fixture(scope="session", params=EVERYTHING, ids=[f"{layer}-{stack}" for layer, stack in EVERYTHING])
def made(request: pytest.FixtureRequest, evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    """One layer as one stack file makes it, or bootstrap with GitHub's roles and the budget."""
    layer, stack = request.param
    return evaluate(layer, config=GITHUB) if stack == "GitHub" else evaluated(layer, stack)


@pytest.fixture(
    scope="session",
    params=[stack for layer, stack in STACK_FILES if layer == "platform"],
)
def platform_of_each_stack(request: pytest.FixtureRequest, evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("platform", request.param)


@pytest.fixture(
    scope="session",
    params=[stack for layer, stack in STACK_FILES if layer == "services"],
)
def services_of_each_stack(request: pytest.FixtureRequest, evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("services", request.param)
