"""The frontend: where browsers find the API, at build and at run time, and where it listens."""

from collections.abc import Callable

from conducky.evaluation.evaluate import Evaluation
from tests.services.container_definitions import container, environment, secrets

IMAGE = "docker-build:index:Image"
RULE = "aws:lb/listenerRule:ListenerRule"


def test_it_is_told_exactly_this(services: Evaluation) -> None:
    assert sorted(environment(services, "frontend")) == ["API_URL", "APP_REVISION", "HOSTNAME", "PORT"]
    assert secrets(services, "frontend") == {}


def test_it_listens_on_every_interface_where_the_platform_says(services: Evaluation) -> None:
    """Fargate sets HOSTNAME to the task's own name, and Next.js would bind that alone."""
    variables = environment(services, "frontend")
    assert variables["HOSTNAME"] == "0.0.0.0"  # noqa: S104
    assert variables["PORT"] == "3000"
    assert container(services, "frontend")["portMappings"] == [
        {"containerPort": 3000, "hostPort": 3000, "protocol": "tcp"}
    ]


def test_the_api_is_named_at_build_and_at_run_time(services: Evaluation, platform: Evaluation) -> None:
    built_in = services.one(IMAGE, "frontend").inputs["buildArgs"]
    assert built_in == {"NEXT_PUBLIC_API_URL": platform.exports["backend_url"]}
    assert environment(services, "frontend")["API_URL"] == built_in["NEXT_PUBLIC_API_URL"]


def test_with_dedicated_load_balancers_it_is_told_the_backends(
    evaluate_services: Callable[..., Evaluation], bootstrap: Evaluation, platform: Evaluation
) -> None:
    entrance = platform.exports["entrance"]
    listener = entrance["backend_listener_arn"].replace("alb", "api")
    apart = {
        **platform.exports,
        "backend_url": "http://api.example.com",
        "entrance": {**entrance, "backend_listener_arn": listener},
    }
    services = evaluate_services(upstream={"bootstrap": bootstrap.exports, "platform": apart})
    assert environment(services, "frontend")["API_URL"] == "http://api.example.com"
    assert environment(services, "backend")["CORS_ORIGIN"] == platform.exports["frontend_url"]
    assert services.one(RULE, "backend").inputs["listenerArn"] == listener
    assert services.one(RULE, "frontend").inputs["listenerArn"] == platform.exports["entrance"]["frontend_listener_arn"]


def test_it_answers_what_the_backend_does_not(services: Evaluation, platform: Evaluation) -> None:
    rule, backend = services.one(RULE, "frontend").inputs, services.one(RULE, "backend").inputs
    assert rule["conditions"] == [{"pathPattern": {"values": ["/*"]}}]
    assert rule["listenerArn"] == platform.exports["entrance"]["frontend_listener_arn"]
    assert backend["priority"] < rule["priority"], "the load balancer takes the first rule that matches"


def test_it_has_time_to_start(services: Evaluation) -> None:
    service = services.one("aws:ecs/service:Service", "conducky-dev-frontend")
    assert service.inputs["healthCheckGracePeriodSeconds"] == 60
