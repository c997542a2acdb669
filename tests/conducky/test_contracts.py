"""What each layer promises the next: kept by the producer, checked by the consumer before anything is created."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, get_args

import pulumi
import pytest

from conducky.catalog.property_bag import Properties
from conducky.contracts import (
    BootstrapOutputs,
    Contract,
    MissingLayerError,
    PlatformOutputs,
    ServicesOutputs,
    as_output,
)
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import WORKER

CONTRACTS: tuple[type[Contract], ...] = (BootstrapOutputs, PlatformOutputs, ServicesOutputs)
UPSTREAM: tuple[type[Contract], ...] = (BootstrapOutputs, PlatformOutputs)
PROMISES = [(contract.layer, name) for contract in UPSTREAM for name in contract.model_fields]

# For each promised type, something else that a layer could have exported.
WRONG: dict[str, list[Any]] = {
    "str": [7, ["text"]],
    "int": ["many", 3000.5],
    "bool": ["perhaps", 7],
    "list[str]": ["subnet-1", [1, 2]],
    "Arn": ["conducky-dev-backend", 7],
    "Entrance": ["http-api", {"kind": "tunnel"}, {"kind": "load-balancer"}, {"kind": "http-api", "api_id": "a1"}],
    "Url": ["dev.example.com", "http://dev.example.com/path"],
}

# What only some deployments have is blank in the others.
OPTIONAL = {"deploy_role_arn", "preview_role_arn", "schedule"} | {
    name for name in ServicesOutputs.model_fields if name.startswith(WORKER)
}

Again = Callable[..., Evaluation]


@pytest.fixture
def below(bootstrap: Evaluation, platform: Evaluation) -> dict[str, Properties]:
    """What the layers below services export, to be spoilt."""
    return {"bootstrap": {**bootstrap.exports}, "platform": {**platform.exports}}


def kind(layer: str, field: str) -> str:
    contract = next(contract for contract in UPSTREAM if contract.layer == layer)
    promised = get_args(contract.model_fields[field].annotation)[0]
    if promised in (str, int, bool):
        return str(promised.__name__)
    if "discriminator" in str(promised):
        return "Entrance"
    metadata = str(getattr(promised, "__metadata__", ""))
    return "Arn" if "arn:" in metadata else "Url" if "http" in metadata else str(promised)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.layer)
def test_a_layer_exports_exactly_what_it_promises(
    evaluated: Callable[[str, str], Evaluation], contract: type[Contract]
) -> None:
    exported = evaluated(contract.layer, "dev").exports
    assert set(exported) == set(contract.model_fields)
    empty = [name for name, value in exported.items() if value in (None, "", []) and name not in OPTIONAL]
    assert empty == []


def test_services_runs_on_what_bootstrap_and_platform_really_export(services: Evaluation) -> None:
    assert services.of("aws:ecs/service:Service"), "see tests/services for what it makes of them"


def test_whole_numbers_stay_whole(evaluate_services: Again, below: dict[str, Properties]) -> None:
    """The engine hands every number over as a float."""
    below["platform"] |= {"database_url_parameter_version": 7.0}
    services = evaluate_services(upstream=below)
    definition = services.one("aws:ecs/taskDefinition:TaskDefinition", "conducky-dev-backend")
    (container,) = json.loads(definition.inputs["containerDefinitions"])
    assert container["dockerLabels"]["conducky.version.DATABASE_URL"] == "7"


def test_another_layers_further_outputs_do_no_harm(evaluate_services: Again, below: dict[str, Properties]) -> None:
    """So that an upstream layer can be deployed first when both get something new."""
    below["platform"] |= {"something_new": "x"}
    evaluate_services(upstream=below)


def refusal(evaluate_services: Again, upstream: dict[str, Properties], begun: list[str], layer: str) -> str:
    """The message with which services refuses, after checking that it is one line and comes first."""
    with pytest.raises(MissingLayerError) as caught:
        evaluate_services(upstream=upstream)
    message = str(caught.value)
    assert begun == [], f"services began to create {begun} before it refused"
    assert message.isprintable(), f"not one line: {message!r}"
    assert f"{layer}/dev" in message, f"does not name the layer: {message}"
    return message


@pytest.mark.parametrize("layer", ["bootstrap", "platform"])
def test_a_layer_that_is_not_deployed_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str
) -> None:
    del below[layer]
    message = refusal(evaluate_services, below, begun, layer)
    assert f"run `pulumi -C {layer} up --stack dev` first" in message
    assert f'unknown stack "organization/conducky-{layer}/dev"' in message


@pytest.mark.parametrize("layer", ["bootstrap", "platform"])
def test_a_stack_that_was_never_up_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str
) -> None:
    below[layer] = {}
    message = refusal(evaluate_services, below, begun, layer)
    assert message == f"{layer}/dev exports no `name_prefix`: run `pulumi -C {layer} up --stack dev` first"


@pytest.mark.parametrize("layer", ["bootstrap", "platform"])
def test_a_layer_in_another_region_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str
) -> None:
    """Names would fit and ids would not: tasks would be told another region's log groups and parameters."""
    below[layer]["region"] = "eu-west-1"
    message = refusal(evaluate_services, below, begun, layer)
    assert "`eu-west-1`, but AWS_REGION is us-east-1" in message
    assert message.endswith("run `export AWS_REGION=eu-west-1`")


@pytest.mark.parametrize(("layer", "field"), PROMISES)
def test_each_missing_output_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str, field: str
) -> None:
    del below[layer][field]
    message = refusal(evaluate_services, below, begun, layer)
    assert message == f"{layer}/dev exports no `{field}`: run `pulumi -C {layer} up --stack dev` first"


def test_an_output_that_holds_nothing_is_a_missing_one(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str]
) -> None:
    below["platform"]["vpc_id"] = None
    assert "exports no `vpc_id`" in refusal(evaluate_services, below, begun, "platform")


@pytest.mark.parametrize(("layer", "field"), PROMISES)
def test_each_output_of_a_wrong_type_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str, field: str
) -> None:
    for wrong in WRONG[kind(layer, field)]:
        below[layer][field] = wrong
        message = refusal(evaluate_services, below, begun, layer)
        assert message.startswith(f"{layer}/dev exports a wrong `{field}` (")
        assert message.endswith(f"): run `pulumi -C {layer} up --stack dev` first")


def test_what_was_exported_is_not_quoted(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str]
) -> None:
    """An output can be a secret."""
    below["platform"]["database_url_parameter_version"] = "hunter2"
    assert "hunter2" not in refusal(evaluate_services, below, begun, "platform")


@pytest.mark.parametrize("layer", ["bootstrap", "platform"])
def test_another_project_name_is_refused_with_the_command(
    evaluate_services: Again, below: dict[str, Properties], begun: list[str], layer: str
) -> None:
    below[layer] = evaluate(layer, config={"projectName": "other"}).exports
    begun.clear()
    message = refusal(evaluate_services, below, begun, layer)
    assert "prefix `other-dev-`, but this layer uses `conducky-dev-`" in message
    assert "`pulumi -C LAYER config set projectName NAME --stack dev`" in message


def test_the_same_project_name_in_all_layers_is_fine() -> None:
    services = evaluate("services", config={"projectName": "other"})
    assert services.exports["cluster_name"] == "other-dev-cluster"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"frontend_prot": "x"}, "`frontend_prot`: extra inputs are not permitted"),
        ({}, "`name_prefix`: field required"),
    ],
)
def test_a_producer_that_breaks_its_promise_names_the_place(change: dict[str, str], what: str) -> None:
    async def produce() -> None:
        fields = {name: as_output("x") for name in BootstrapOutputs.model_fields if change or name != "name_prefix"}
        BootstrapOutputs.model_validate({**fields, **change})

    with pytest.raises(UserError) as caught:
        asyncio.run(produce())
    assert caught.value.problem.startswith("bootstrap ")
    assert what in caught.value.problem
    missing = [place for place in ("bootstrap/__main__.py", "BootstrapOutputs") if place not in caught.value.fix]
    assert missing == []


@pytest.mark.parametrize("value", ["text", 3000, ["subnet-1", "subnet-2"]])
def test_a_known_value_becomes_an_output_of_itself(value: object) -> None:
    async def resolved() -> tuple[object, bool, bool]:
        output = as_output(value)
        assert isinstance(output, pulumi.Output)
        return await output.future(), await output.is_known(), await output.is_secret()

    assert asyncio.run(resolved()) == (value, True, False)
