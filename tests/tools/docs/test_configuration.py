"""docs/configuration.md: complete, and with nothing secret in it."""

import json
from collections.abc import Callable

import pytest
from pydantic.alias_generators import to_camel

from conducky.environment import DEPLOY_VARIABLES
from conducky.evaluation import ENVIRONMENT, Evaluation
from conducky.settings import ALL_SETTINGS
from tools.docs import configuration
from tools.docs.configuration import CONTAINER_VARIABLES, configuration_parts


@pytest.fixture(scope="module")
def parts() -> dict[str, str]:
    return configuration_parts()


@pytest.fixture(scope="module")
def page(parts: dict[str, str]) -> str:
    return "\n".join(parts.values())


@pytest.mark.parametrize(
    ("layer", "key"), [(kind.layer, to_camel(name)) for kind in ALL_SETTINGS for name in kind.model_fields]
)
def test_every_setting_of_every_layer_is_listed(parts: dict[str, str], layer: str, key: str) -> None:
    assert f"| `{key}` | " in parts[f"settings-{layer}"]


def test_every_variable_that_a_deployment_reads_is_explained(
    evaluate_services: Callable[..., Evaluation], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()

    def note(name: str) -> str | None:
        read.add(name)
        return ENVIRONMENT[name]

    monkeypatch.setattr("conducky.environment.variable", note)
    evaluate_services()
    assert read == {
        "AWS_REGION",
        "CORS_ORIGIN",
        "FRONTEND_BASE_URL",
        "JWT_SECRET",
        "NEXT_PUBLIC_API_URL",
        "SESSION_SECRET",
    }
    missing = read - set(DEPLOY_VARIABLES)
    assert missing == set(), f"explain {missing} in DEPLOY_VARIABLES of conducky/environment.py"


def test_every_variable_of_a_deployment_is_listed(parts: dict[str, str]) -> None:
    missing = [name for name in DEPLOY_VARIABLES if f"| `{name}` | " not in parts["environment"]]
    assert missing == []


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_every_variable_of_a_container_is_listed(parts: dict[str, str], services: Evaluation, service: str) -> None:
    definition = services.one("aws:ecs/taskDefinition:TaskDefinition", f"conducky-dev-{service}")
    (container,) = json.loads(definition.inputs["containerDefinitions"])
    names = {entry["name"] for entry in container["environment"] + container["secrets"]}
    names |= set(services.one("docker-build:index:Image", service).inputs.get("buildArgs") or {})
    missing = {name for name in names if f"| `{name}` | " not in parts[f"container-{service}"]}
    assert missing == set()


def test_no_explanation_is_left_over(parts: dict[str, str]) -> None:
    listed = parts["container-backend"] + parts["container-frontend"]
    stale = [name for name in CONTAINER_VARIABLES if f"| `{name}` | " not in listed]
    assert stale == [], f"no container gets {stale}: remove them from containers.toml"


def test_a_variable_without_an_explanation_says_where_to_explain_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "CONTAINER_VARIABLES", {})
    with pytest.raises(LookupError, match=r"explain it in tools/docs/containers\.toml"):
        configuration_parts()


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("databaseBackupDays", "| `databaseBackupDays` | 0 to 35 | `1` | dev: `1`"),
        ("deletionProtection", "| `deletionProtection` | `true`, `false` | `false` | "),
        ("capacity", "| `capacity` | `spot`, `mixed`, `on-demand` | `spot` | dev: `spot`"),
        ("jwtSecret", "| `jwtSecret` | a secret, at least 32 characters | none | none | "),
        ("accountId", "| `accountId` | such as `123456789012` | none | none | "),
    ],
)
def test_a_row_says_what_a_setting_may_be_and_what_is_set(page: str, key: str, row: str) -> None:
    assert row in page, f"the row of {key} reads otherwise"


def test_secrets_and_plain_variables_are_told_apart(page: str) -> None:
    assert "| `DATABASE_URL` | secret, from SSM | " in page
    assert "| `PORT` | environment, `4000` | " in page
    assert "| `NEXT_PUBLIC_API_URL` | build argument | " in page


def test_no_value_of_a_secret_and_no_address_is_on_it(page: str) -> None:
    assert "fake" not in page
    assert "postgresql://" not in page
    assert "amazonaws.com" not in page


def test_every_table_is_whole(parts: dict[str, str]) -> None:
    for name, part in parts.items():
        rows = part.splitlines()
        assert len({row.replace("\\|", "").count("|") for row in rows}) == 1, f"rows of different lengths in {name}"
