"""Every stack file on disk, evaluated: what a team adds later is held to the same rules."""

from collections.abc import Callable

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import LAYERS, ROOT
from tests.iam.deployments import HOSTED_ZONE

STACK_FILES = [
    (layer, file.name.split(".")[1]) for layer in LAYERS for file in sorted((ROOT / layer).glob("Pulumi.*.yaml"))
]

# Roles and a budget that no stack file of this repository has; who forks it sets their own.
GITHUB = {"githubRepository": "acme/conducky", "githubPreviews": "true", "budgetEmail": "costs@example.com"}
ALARMS = {"alarmEmail": "alarms@example.com", "alarmRollback": "true"}
HTTP_API = "http-api"
BEHIND_IT = [("platform", HTTP_API), ("services", HTTP_API)]
ZONE = "hosted zone"
EVERYTHING = [*STACK_FILES, ("bootstrap", "GitHub"), ("services", "alarms"), *BEHIND_IT, ("platform", ZONE)]

Made = Callable[[str, str], Evaluation]


@pytest.fixture(scope="session")
def evaluated_too(evaluated: Made, gateway_platform: Evaluation, gateway_services: Evaluation) -> Made:
    """As `evaluated`, also for the entrance, the way to HTTPS and the access logs that no stack file has."""
    others = {
        ("platform", HTTP_API): gateway_platform,
        ("services", HTTP_API): gateway_services,
        ("platform", ZONE): evaluate(
            "platform", config=HOSTED_ZONE | {"loadBalancers": "dedicated", "accessLogDays": "90"}
        ),
    }
    return lambda layer, stack: others.get((layer, stack)) or evaluated(layer, stack)


@pytest.fixture(scope="session", params=EVERYTHING, ids=[f"{layer}-{stack}" for layer, stack in EVERYTHING])
def made(
    request: pytest.FixtureRequest, evaluated_too: Made, evaluate_services: Callable[..., Evaluation]
) -> Evaluation:
    """One layer as one stack file makes it, with GitHub's roles and the budget, with alarms, or behind an HTTP API."""
    layer, stack = request.param
    if stack == "alarms":
        return evaluate_services(config=ALARMS)
    return evaluate(layer, config=GITHUB) if stack == "GitHub" else evaluated_too(layer, stack)


@pytest.fixture(
    scope="session",
    params=[stack for layer, stack in [*STACK_FILES, *BEHIND_IT, ("platform", ZONE)] if layer == "platform"],
)
def platform_of_each_stack(request: pytest.FixtureRequest, evaluated_too: Made) -> Evaluation:
    return evaluated_too("platform", request.param)


@pytest.fixture(
    scope="session",
    params=[stack for layer, stack in STACK_FILES if layer == "services"],
)
def services_of_each_stack(request: pytest.FixtureRequest, evaluated: Made) -> Evaluation:
    return evaluated("services", request.param)
