"""The backend: every variable of the mission reaches it, secrets by reference."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from conducky.catalog.outputs import Made
from conducky.catalog.property_bag import Properties
from conducky.catalog.types import CATALOG
from conducky.evaluation.evaluate import Evaluation
from conducky.naming import Place
from tests.services.container_definitions import container, environment, secrets

PARAMETER = "aws:ssm/parameter:Parameter"


def test_it_is_told_exactly_this(services: Evaluation) -> None:
    assert sorted(environment(services, "backend")) == [
        *("APP_REVISION", "CLIENT_ADDRESS_HEADER", "CORS_ORIGIN", "DATABASE_POOL_SIZE", "FRONTEND_BASE_URL"),
        *("MIGRATION_WAIT_SECONDS", "PORT", "TRUSTED_PROXIES"),
    ]
    assert sorted(secrets(services, "backend")) == ["DATABASE_URL", "JWT_SECRET", "SESSION_SECRET"]


def test_it_listens_on_its_port(services: Evaluation) -> None:
    assert environment(services, "backend")["PORT"] == "4000"
    assert container(services, "backend")["portMappings"] == [
        {"containerPort": 4000, "hostPort": 4000, "protocol": "tcp"}
    ]


def test_it_believes_the_load_balancer_and_no_other_proxy(services: Evaluation) -> None:
    variables = environment(services, "backend")
    assert (variables["TRUSTED_PROXIES"], variables["CLIENT_ADDRESS_HEADER"]) == ("1", "X-Forwarded-For")


def test_its_urls_come_from_the_contract(services: Evaluation, platform: Evaluation) -> None:
    variables = environment(services, "backend")
    assert variables["FRONTEND_BASE_URL"] == variables["CORS_ORIGIN"] == platform.exports["frontend_url"]


def test_its_secrets_are_references_to_parameters(services: Evaluation, platform: Evaluation) -> None:
    references = secrets(services, "backend")
    assert references["DATABASE_URL"] == platform.exports["database_url_parameter_arn"]
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        assert references[name] == services.one(PARAMETER, f"backend-{name}").outputs["arn"]


def test_a_reference_carries_no_version(services: Evaluation) -> None:
    """ECS takes no version behind a parameter's ARN."""
    for arn in secrets(services, "backend").values():
        assert arn.count(":") == 5, f"{arn} must be the bare ARN of a parameter"


def versions(services: Evaluation) -> dict[str, Any]:
    return container(services, "backend")["dockerLabels"]


def test_the_versions_of_its_secrets_stand_beside_them(services: Evaluation) -> None:
    assert versions(services) == {
        "conducky.version.DATABASE_URL": "1",
        "conducky.version.JWT_SECRET": "1",
        "conducky.version.SESSION_SECRET": "1",
    }


def test_a_changed_database_url_makes_a_new_revision(
    evaluate_services: Callable[..., Evaluation], bootstrap: Evaluation, platform: Evaluation, services: Evaluation
) -> None:
    upstream = {
        "bootstrap": bootstrap.exports,
        "platform": {**platform.exports, "database_url_parameter_version": 2.0},
    }
    later = evaluate_services(upstream=upstream)
    assert versions(later) == {**versions(services), "conducky.version.DATABASE_URL": "2"}


def test_a_changed_application_secret_makes_a_new_revision(
    evaluate_services: Callable[..., Evaluation], services: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = CATALOG[PARAMETER]

    def third_version(inputs: Properties, place: Place, seed: str) -> Made:
        made = kind.make(inputs, place, seed)
        return Made(made.id, {**made.outputs, "version": 3})

    monkeypatch.setitem(CATALOG, PARAMETER, dataclasses.replace(kind, make=third_version))
    later = versions(evaluate_services())
    assert (later["conducky.version.JWT_SECRET"], later["conducky.version.SESSION_SECRET"]) == ("3", "3")
    assert later != versions(services)


def test_it_answers_the_api_on_the_backends_listener(services: Evaluation, platform: Evaluation) -> None:
    rule = services.one("aws:lb/listenerRule:ListenerRule", "backend").inputs
    assert rule["conditions"] == [{"pathPattern": {"values": ["/api/*"]}}]
    assert rule["listenerArn"] == platform.exports["entrance"]["backend_listener_arn"]
