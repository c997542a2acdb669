"""The way from an HTTP API to the tasks."""

from collections.abc import Callable

import pytest
from gateway_route import route_key

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from tests.services.container_definitions import container, environment

REGISTRY = "aws:servicediscovery/service:Service"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
ROUTE = "aws:apigatewayv2/route:Route"
SERVICE = "aws:ecs/service:Service"
BOTH = pytest.mark.parametrize(("name", "port"), [("backend", 4000), ("frontend", 3000)])


def test_nothing_of_a_load_balancer_is_left(gateway_services: Evaluation) -> None:
    assert [each.type for each in gateway_services.resources if each.type.startswith("aws:lb/")] == []
    assert [each.name for each in gateway_services.of(SERVICE) if "loadBalancers" in each.inputs] == []


@BOTH
def test_tasks_register_with_their_port(gateway_services: Evaluation, name: str, port: int) -> None:
    registry = gateway_services.one(REGISTRY, name)
    assert registry.inputs["dnsConfig"]["dnsRecords"][0]["type"] == "SRV", "an A record holds no port"
    assert gateway_services.one(SERVICE, f"conducky-dev-{name}").inputs["serviceRegistries"] == {
        "registryArn": registry.outputs["arn"],
        "containerName": name,
        "containerPort": port,
    }


@BOTH
def test_the_containers_own_check_decides_who_gets_requests(gateway_services: Evaluation, name: str, port: int) -> None:
    check = container(gateway_services, name)["healthCheck"]
    kind, command = check["command"]
    assert kind == "CMD-SHELL"
    assert "/health" in command
    assert check["timeout"] < check["interval"]
    assert gateway_services.one(REGISTRY, name).inputs["healthCheckCustomConfig"]
    assert "healthCheckGracePeriodSeconds" not in gateway_services.one(SERVICE, f"conducky-dev-{name}").inputs


def test_a_start_takes_as_long_as_the_setting_says(gateway_services: Evaluation) -> None:
    assert container(gateway_services, "backend")["healthCheck"]["startPeriod"] == 300
    assert container(gateway_services, "frontend")["healthCheck"]["startPeriod"] == 60


def test_behind_a_load_balancer_containers_have_no_check_of_their_own(services: Evaluation) -> None:
    assert "healthCheck" not in container(services, "backend")


@BOTH
def test_the_api_reaches_them_through_the_link(
    gateway_services: Evaluation, gateway_platform: Evaluation, name: str, port: int
) -> None:
    integration = gateway_services.one(INTEGRATION, name)
    entrance = gateway_platform.exports["entrance"]
    assert integration.inputs["integrationUri"] == gateway_services.one(REGISTRY, name).outputs["arn"]
    assert (integration.inputs["connectionType"], integration.inputs["connectionId"]) == (
        "VPC_LINK",
        entrance["vpc_link_id"],
    )
    assert integration.inputs["apiId"] == entrance["api_id"]


def test_the_backend_has_its_paths_and_the_frontend_all_others(gateway_services: Evaluation) -> None:
    routes = {each.inputs["routeKey"]: each.inputs["target"] for each in gateway_services.of(ROUTE)}
    ids = {each.name: each.outputs["arn"].rpartition("/")[2] for each in gateway_services.of(INTEGRATION)}
    assert routes == {
        "ANY /api/{proxy+}": f"integrations/{ids['backend']}",
        "$default": f"integrations/{ids['frontend']}",
    }


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/*", "$default"),
        ("/api/*", "ANY /api/{proxy+}"),
        ("/v1/api/*", "ANY /v1/api/{proxy+}"),
        ("/webhook", "ANY /webhook"),
    ],
)
def test_paths_are_prefixes(path: str, key: str) -> None:
    assert route_key(path) == key


def test_the_backend_finds_the_clients_address_in_the_mapped_header(gateway_services: Evaluation) -> None:
    """HTTP APIs send `Forwarded` and let nobody map X-Forwarded-For."""
    variables = environment(gateway_services, "backend")
    header = variables["CLIENT_ADDRESS_HEADER"]
    mappings = gateway_services.one(INTEGRATION, "backend").inputs["requestParameters"]
    assert mappings == {f"overwrite:header.{header}": "$context.identity.sourceIp"}, "what a client sends is replaced"
    assert variables["TRUSTED_PROXIES"] == "1"
    assert not header.lower().startswith(("x-forwarded", "forwarded", "x-amz"))


def test_a_longer_start_than_a_container_may_have_is_refused_before_anything_is_created(
    evaluate_services: Callable[..., Evaluation], bootstrap: Evaluation, gateway_platform: Evaluation, begun: list[str]
) -> None:
    upstream = {"bootstrap": bootstrap.exports, "platform": gateway_platform.exports}
    with pytest.raises(UserError) as error:
        evaluate_services(upstream=upstream, config={"backendGraceSeconds": "301"})
    assert "`backendGraceSeconds` is 301" in error.value.problem
    assert "set backendGraceSeconds 300" in error.value.fix
    assert begun == []
    assert evaluate_services(config={"backendGraceSeconds": "301"})
