"""docs/configuration.md: current, complete, and with nothing secret in it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel

from conducky.docs import configuration
from conducky.docs.configuration import (
    CONTAINER_VARIABLES,
    PAGE,
    configuration_page,
    write_configuration_page,
)
from conducky.environment import DEPLOY_VARIABLES
from conducky.evaluation.evaluate import ENVIRONMENT, Evaluation
from conducky.repository import ROOT
from conducky.settings.schema import ALL_SETTINGS


@pytest.fixture(scope="module")
def page() -> str:
    return configuration_page()


def test_the_page_in_the_repository_is_current(page: str) -> None:
    file = ROOT / PAGE
    assert file.is_file(), f"{PAGE} is missing: run `make docs`"
    assert file.read_text(encoding="utf-8") == page, f"{PAGE} is behind the code: run `make docs`"


def test_it_is_written_where_it_belongs(page: str, tmp_path: Path) -> None:
    file = write_configuration_page(tmp_path)
    assert file == tmp_path / "docs" / "configuration.md"
    assert file.read_text(encoding="utf-8") == page
    write_configuration_page(tmp_path)  # the folder may be there already


@pytest.mark.parametrize(
    ("layer", "key"), [(kind.layer, to_camel(name)) for kind in ALL_SETTINGS for name in kind.model_fields]
)
def test_every_setting_of_every_layer_is_listed(page: str, layer: str, key: str) -> None:
    section = page.split(f"## Settings of `{layer}`", 1)[1].split("\n## ", 1)[0]
    assert f"| `{key}` | " in section


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
    assert missing == set(), f"explain {missing} in DEPLOY_VARIABLES of conducky/configuration.py"


def test_every_variable_of_a_deployment_is_listed(page: str) -> None:
    missing = [name for name in DEPLOY_VARIABLES if f"| `{name}` | " not in page]
    assert missing == []


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_every_variable_of_a_container_is_listed(page: str, services: Evaluation, service: str) -> None:
    definition = services.one("aws:ecs/taskDefinition:TaskDefinition", f"conducky-dev-{service}")
    (container,) = json.loads(definition.inputs["containerDefinitions"])
    names = {entry["name"] for entry in container["environment"] + container["secrets"]}
    names |= set(services.one("docker-build:index:Image", service).inputs.get("buildArgs") or {})
    section = page.split(f"## What the {service} container is told", 1)[1].split("\n## ", 1)[0]
    missing = {name for name in names if f"| `{name}` | " not in section}
    assert missing == set()


def test_no_explanation_is_left_over(page: str) -> None:
    told = page.split("## What the backend container is told", 1)[1]
    stale = [name for name in CONTAINER_VARIABLES if f"| `{name}` | " not in told]
    assert stale == [], f"no container is told {stale}: remove them from CONTAINER_VARIABLES"


def test_a_variable_without_an_explanation_says_where_to_explain_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "CONTAINER_VARIABLES", {})
    with pytest.raises(LookupError, match=r"explain it in CONTAINER_VARIABLES of conducky/docs/configuration\.py"):
        configuration_page()


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("databaseBackupDays", "| `databaseBackupDays` | 0 to 35 | `1` | dev: `1`"),
        ("deletionProtection", "| `deletionProtection` | `true`, `false` | `false` | "),
        ("capacity", "| `capacity` | `spot`, `on-demand` | `spot` | dev: `spot`"),
        ("jwtSecret", "| `jwtSecret` | a secret of 32 characters or more | none | no stack | "),
        ("accountId", "| `accountId` | such as `123456789012` | none | no stack | "),
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


def test_every_table_is_whole(page: str) -> None:
    for table in page.split("\n\n"):
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({row.replace("\\|", "").count("|") for row in rows}) <= 1, f"rows of different lengths: {rows}"
