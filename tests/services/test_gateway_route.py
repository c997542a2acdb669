"""The way from an HTTP API to the tasks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from gateway_route import route_key

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from tests.services.container_definitions import container, environment

REGISTRY = "aws:servicediscovery/service:Service"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
ROUTE = "aws:apigatewayv2/route:Route"
SERVICE = "aws:ecs/service:Service"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
BOTH = pytest.mark.parametrize(("name", "port"), [("backend", 4000), ("frontend", 3000)])


@pytest.fixture
def upstream(bootstrap: Evaluation, gateway_platform: Evaluation) -> dict[str, dict[str, Any]]:
    """What services reads, behind an HTTP API."""
    return {"bootstrap": dict(bootstrap.exports), "platform": dict(gateway_platform.exports)}


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
    kind, program, _, script = check["command"]
    assert (kind, program) == ("CMD", "node"), "an image may have no shell"
    assert '"/health"' in script
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
        ("/", "ANY /"),
    ],
)
def test_paths_are_whole_or_prefixes(path: str, key: str) -> None:
    assert route_key(path) == key


def test_port_health_and_paths_of_ones_own_reach_registry_check_and_routes(
    evaluate_services: Callable[..., Evaluation], upstream: dict[str, dict[str, Any]]
) -> None:
    own = {"port": 8080, "healthPath": "/up?it's=$(id)", "paths": ["/v1/*", "/auth"]}
    made = evaluate_services(upstream=upstream, config={"backend": json.dumps(own)})
    keys = {each.inputs["routeKey"] for each in made.of(ROUTE)}
    assert keys == {"ANY /v1/{proxy+}", "ANY /auth", "$default"}
    assert made.one(SERVICE, "conducky-dev-backend").inputs["serviceRegistries"]["containerPort"] == 8080
    assert environment(made, "backend")["PORT"] == "8080"
    script = container(made, "backend")["healthCheck"]["command"][-1]
    assert 'process.env.PORT + "/up?it\'s=$(id)"' in script, "as a text of JavaScript, and for no shell"
    rules = [each for each in made.of(INGRESS) if each.name == "backend-from-entrance"]
    assert [each.inputs["fromPort"] for each in rules] == [8080]


@pytest.mark.parametrize("path", ["/*", "/api*", "/api/*/users", "/v?/*", "/*.json"])
def test_a_pattern_that_is_no_route_is_refused_before_anything_is_created(
    evaluate_services: Callable[..., Evaluation], upstream: dict[str, dict[str, Any]], begun: list[str], path: str
) -> None:
    config = {"backend": json.dumps({"paths": [path]})}
    with pytest.raises(UserError) as error:
        evaluate_services(upstream=upstream, config=config)
    assert f"`backend.paths` has `{path}`" in error.value.problem
    assert begun == []
    assert evaluate_services(config=config)


def test_its_tasks_wait_for_routes_and_rules(gateway_services: Evaluation) -> None:
    for name in ("frontend", "backend"):
        service = gateway_services.one(SERVICE, f"conducky-dev-{name}")
        needed = [each.urn for kind in (ROUTE, INGRESS, EGRESS) for each in gateway_services.of(kind)]
        assert {urn for urn in needed if name in urn.rpartition("::")[2]} <= set(service.depends_on)


def test_the_backend_finds_the_clients_address_in_the_mapped_header(gateway_services: Evaluation) -> None:
    """HTTP APIs send `Forwarded` and let nobody map X-Forwarded-For."""
    variables = environment(gateway_services, "backend")
    header = variables["CLIENT_ADDRESS_HEADER"]
    mappings = gateway_services.one(INTEGRATION, "backend").inputs["requestParameters"]
    assert mappings == {f"overwrite:header.{header}": "$context.identity.sourceIp"}, "what a client sends is replaced"
    assert variables["TRUSTED_PROXIES"] == "1"
    assert not header.lower().startswith(("x-forwarded", "forwarded", "x-amz"))


@pytest.mark.parametrize("key", ["backendGraceSeconds", "frontendGraceSeconds"])
def test_a_longer_start_than_a_container_may_have_is_refused_before_anything_is_created(
    evaluate_services: Callable[..., Evaluation], upstream: dict[str, dict[str, Any]], begun: list[str], key: str
) -> None:
    with pytest.raises(UserError) as error:
        evaluate_services(upstream=upstream, config={key: "301"})
    assert f"`{key}` is 301" in error.value.problem
    assert f"set {key} 300" in error.value.fix
    assert begun == []
    assert evaluate_services(config={key: "301"})
