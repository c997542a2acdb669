"""No secret is in the open: not in an input that is not marked, not in an output, not in a stack file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from conducky.catalog.lookups import REGISTRY_TOKEN
from conducky.evaluation.evaluate import Evaluation
from conducky.repository import LAYERS, ROOT
from conducky.secret_values import fake_secret, secrets_of
from conducky.settings.services import ServicesSettings

STACK_FILES = [file for layer in LAYERS for file in sorted((ROOT / layer).glob("Pulumi.*.yaml"))]


@pytest.fixture
def hidden(made: Evaluation, evaluated: Callable[[str, str], Evaluation]) -> dict[str, str]:
    """Every secret of the stack by name."""
    password = evaluated("platform", made.stack).one("random:index/randomPassword:RandomPassword")
    return {
        **{name: fake_secret(name) for name in secrets_of(made.stack)},
        "the database's password": password.outputs["result"],
        "the registry's token": REGISTRY_TOKEN,
    }


def plain_inputs(made: Evaluation) -> Iterator[tuple[str, str]]:
    for resource in made.resources:
        for name, value in resource.inputs.items():
            if name not in resource.secret_inputs:
                yield f"{resource.type} {resource.name}: {name}", json.dumps(value)


def test_no_secret_is_in_a_plain_input(made: Evaluation, hidden: dict[str, str]) -> None:
    found = [
        f"{what} in {where}" for where, text in plain_inputs(made) for what, secret in hidden.items() if secret in text
    ]
    assert found == [], f"mark it with pulumi.Output.secret, or pass it by reference: {found}"


def test_no_secret_is_exported_not_even_marked(made: Evaluation, hidden: dict[str, str]) -> None:
    """The consumer's state would hold it as well."""
    found = [
        f"{what} in {name}"
        for name, value in made.exports.items()
        for what, secret in hidden.items()
        if secret in json.dumps(value)
    ]
    assert found == []
    assert made.secret_exports == frozenset()


def test_the_search_finds_what_is_there(
    services_of_each_stack: Evaluation, evaluated: Callable[[str, str], Evaluation]
) -> None:
    """Were the secrets nowhere at all, the checks above would prove nothing."""
    platform = evaluated("platform", services_of_each_stack.stack)
    marked = json.dumps(
        [
            resource.inputs[name]
            for resource in services_of_each_stack.resources + platform.resources
            for name in resource.secret_inputs
        ]
    )
    password = platform.one("random:index/randomPassword:RandomPassword").outputs["result"]
    own = [fake_secret(name) for name in secrets_of(services_of_each_stack.stack)]
    for secret in (*own, password, REGISTRY_TOKEN):
        assert str(secret) in marked


def test_containers_get_secrets_by_reference(services_of_each_stack: Evaluation) -> None:
    for definition in services_of_each_stack.of("aws:ecs/taskDefinition:TaskDefinition"):
        assert "containerDefinitions" not in definition.secret_inputs, (
            f"{definition.name} holds a secret itself, which also makes its diff unreadable"
        )
        for container in json.loads(definition.inputs["containerDefinitions"]):
            names = {entry["name"] for entry in container["environment"]}
            telling = [name for name in names if name == "DATABASE_URL" or "SECRET" in name or "PASSWORD" in name]
            assert telling == [], f"{definition.name} gets {telling} in plain text: use `secrets`"
            for entry in container["secrets"]:
                assert entry["valueFrom"].startswith("arn:aws:ssm:")


def test_containers_get_no_aws_keys(services_of_each_stack: Evaluation) -> None:
    """They would win over the task role, and ECS Exec would stop working."""
    for definition in services_of_each_stack.of("aws:ecs/taskDefinition:TaskDefinition"):
        assert "AWS_ACCESS_KEY" not in definition.inputs["containerDefinitions"]


def test_no_program_makes_an_access_key(made: Evaluation) -> None:
    assert [resource.type for resource in made.resources if "accesskey" in resource.type.lower()] == []


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_no_stack_file_holds_a_secret_in_plain_text(file: Path) -> None:
    config: dict[str, object] = yaml.safe_load(file.read_text(encoding="utf-8")).get("config") or {}
    secret_keys = {
        key
        for key, spec in ServicesSettings.model_json_schema()["properties"].items()
        if "password" in json.dumps(spec)
    }
    plain = [key for key, value in config.items() if key.split(":")[-1] in secret_keys and not isinstance(value, dict)]
    assert plain == [], f"{file.name}: encrypt {plain} with `pulumi config set --secret`, and use a new value"
