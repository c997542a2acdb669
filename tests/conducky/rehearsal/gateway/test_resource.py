"""An HTTP API before a real service: as the engine creates it, and as ECS registers tasks in Cloud Map."""

import json
from typing import Any

import httpx
import pytest

from conducky.catalog.property_bag import Properties
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import EGRESS, INGRESS, SECURITY_GROUP, SERVICE, DeployedService
from tests.conducky.rehearsal.ecs.echo_app import CONTAINER_PORT, wait_until

API, STAGE = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/stage:Stage"
INTEGRATION, ROUTE = "aws:apigatewayv2/integration:Integration", "aws:apigatewayv2/route:Route"
LINK, REGISTRY = "aws:apigatewayv2/vpcLink:VpcLink", "aws:servicediscovery/service:Service"
NAMESPACE = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
# The path is one that the little application answers; what follows is what the tests change.
CHECK = "node -e \"fetch('http://127.0.0.1:'+process.env.PORT+'PATH').then(a=>process.exit(a.ok?0:1))\""


class Gateway:
    """An API with everything that leads from it to the backend."""

    def __init__(self, deployed: DeployedService) -> None:
        self.deployed, self.client = deployed, deployed.client
        self.group = self._create(SECURITY_GROUP, "gateway", description="gateway", vpcId="vpc-0")
        self.api = self._create(API, "api", protocolType="HTTP")
        self.stage = self._create(STAGE, "api", apiId=self.api.id, name="$default", autoDeploy=True)
        self.link = self._create(LINK, "api", subnetIds=["subnet-0"], securityGroupIds=[self.group.id])
        self.namespace = self._create(NAMESPACE, "api", name="conducky-dev-services.internal", vpc="vpc-0")
        dns = {"namespaceId": self.namespace.id, "dnsRecords": [{"type": "SRV", "ttl": 10}]}
        self.registry = self._create(REGISTRY, "backend", name="backend", dnsConfig=dns)
        self.integration = self._create(
            INTEGRATION,
            "backend",
            apiId=self.api.id,
            integrationType="HTTP_PROXY",
            connectionType="VPC_LINK",
            connectionId=self.link.id,
            integrationUri=self.registry["arn"],
        )
        self.route = self._create(
            ROUTE, "backend", apiId=self.api.id, routeKey="$default", target=f"integrations/{self.integration.id}"
        )
        rule = {"ipProtocol": "tcp", "fromPort": CONTAINER_PORT, "toPort": CONTAINER_PORT}
        backend = deployed.groups["backend"].id
        self._create(EGRESS, "out", securityGroupId=self.group.id, referencedSecurityGroupId=backend, **rule)
        self.rule = self._create(
            INGRESS, "in", securityGroupId=backend, referencedSecurityGroupId=self.group.id, **rule
        )

    def _create(self, token: str, resource_name: str, /, **inputs: Any) -> Resource:  # noqa: ANN401
        return self.client.create(token, resource_name, inputs)

    def service(self, path: str = "/health", version: str = "one", **check: Any) -> Properties:  # noqa: ANN401
        """The inputs of the service, whose container checks `path`."""
        container = self.deployed.container(self.deployed.image(VERSION=version))
        health = {"command": ["CMD-SHELL", CHECK.replace("PATH", path)], "retries": 1, "startPeriod": 0, **check}
        definition = self.deployed.register({**container, "healthCheck": health})
        inputs = self.deployed.service(definition)
        del inputs["loadBalancers"], inputs["healthCheckGracePeriodSeconds"]
        registry = {"registryArn": self.registry["arn"], "containerName": "backend", "containerPort": CONTAINER_PORT}
        return {**inputs, "serviceRegistries": registry}

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer through the API."""
        urls = self.deployed.load_balancers.urls()
        (url,) = (local for host, local in urls.items() if "execute-api" in host)
        answer = httpx.get(url + path, timeout=10, trust_env=False)
        return answer.status_code, answer.text


@pytest.fixture
def gateway(deployed: DeployedService) -> Gateway:
    return Gateway(deployed)


@pytest.mark.engine
def test_a_task_gets_requests_once_its_container_is_healthy_and_none_after_the_service_is_gone(
    gateway: Gateway,
) -> None:
    assert gateway.get("/api/version")[0] == 503, "there is no task yet"
    service = gateway.client.create(SERVICE, "backend", gateway.service(startPeriod=30))
    assert gateway.get("/api/version") == (200, "one")
    assert [target.state for target in gateway.deployed.load_balancers.server.all_targets()] == ["healthy"]

    gateway.client.update(service, gateway.service(version="two", startPeriod=30))
    assert gateway.get("/api/version") == (200, "two")

    gateway.client.delete(service)
    assert gateway.get("/api/version")[0] == 503
    gateway.client.delete(gateway.registry)


@pytest.mark.engine
def test_a_release_whose_check_fails_is_rolled_back_with_the_checks_words(gateway: Gateway) -> None:
    service = gateway.client.create(SERVICE, "backend", gateway.service(startPeriod=30))
    with pytest.raises(RefusedError, match=r"rolled back.*health check exited with code 1"):
        gateway.client.update(service, gateway.service("/no/such/path", "two"))
    assert gateway.get("/api/version") == (200, "one")


@pytest.mark.engine
def test_a_task_that_becomes_unhealthy_is_replaced(gateway: Gateway) -> None:
    created = gateway.client.create(SERVICE, "backend", gateway.service(startPeriod=30))
    running = gateway.deployed.stand_ins.services.running[created["arn"]]
    (before,) = running.tasks
    assert before.health
    before.health.stop()
    before.health.state = "UNHEALTHY"
    running.replace_ended()
    assert [task.name for task in running.tasks] != [before.name]
    wait_until("the new task answers", lambda: gateway.get("/api/version") == (200, "one"))


def test_a_missing_rule_between_link_and_task_is_named(gateway: Gateway) -> None:
    gateway.deployed.forget(gateway.rule)
    with pytest.raises(RefusedError, match=r"the VPC link cannot reach the backend's task on port 4000.*ingress rule"):
        gateway.client.create(SERVICE, "backend", gateway.service())


def test_a_port_that_no_container_maps_is_refused(gateway: Gateway) -> None:
    inputs = gateway.service()
    inputs["serviceRegistries"]["containerPort"] = 1
    with pytest.raises(RefusedError, match="no container maps port 1"):
        gateway.client.create(SERVICE, "backend", inputs)


def test_a_cloud_map_service_that_does_not_exist_is_refused(gateway: Gateway) -> None:
    inputs = gateway.service()
    inputs["serviceRegistries"]["registryArn"] = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-9"
    with pytest.raises(RefusedError, match="srv-9 does not exist"):
        gateway.client.create(SERVICE, "backend", inputs)


def test_without_route_or_stage_it_answers_404(gateway: Gateway) -> None:
    gateway.client.delete(gateway.route)
    status, text = gateway.get("/")
    assert (status, json.loads(text)) == (404, {"message": "Not Found"})
    gateway.client.create(ROUTE, "backend", gateway.route.inputs)
    assert gateway.get("/")[0] == 503
    gateway.client.delete(gateway.stage)
    assert gateway.get("/")[0] == 404


def test_a_deleted_api_answers_no_more(gateway: Gateway) -> None:
    for resource in (gateway.route, gateway.integration, gateway.stage, gateway.api):
        gateway.client.delete(resource)
    assert [host for host in gateway.deployed.load_balancers.urls() if "execute-api" in host] == []


@pytest.mark.parametrize(
    ("token", "change", "says"),
    [
        (ROUTE, {"routeKey": "ANY /x", "target": "integrations/none"}, "there is no integration none"),
        (ROUTE, {}, "Route with key .default already exists"),
        (INTEGRATION, {"connectionId": "none"}, "there is no VPC link none"),
        (INTEGRATION, {"timeoutMilliseconds": 60000}, "50 to 30000 ms, not 60000"),
    ],
)
def test_what_api_gateway_refuses_is_refused(gateway: Gateway, token: str, change: Properties, says: str) -> None:
    inputs = (gateway.route if token == ROUTE else gateway.integration).inputs
    if "timeoutMilliseconds" in change:
        assert [says in problem for problem in gateway.client.problems(token, inputs | change)] == [True]
        return
    with pytest.raises(RefusedError, match=says):
        gateway.client.create(token, "another", inputs | change)


@pytest.mark.parametrize("name", ["group", "namespace"])
def test_what_is_in_use_cannot_go(gateway: Gateway, name: str) -> None:
    with pytest.raises(RefusedError, match=r"DependencyViolation|ResourceInUse"):
        gateway.client.delete(getattr(gateway, name))


@pytest.mark.engine
def test_a_cloud_map_service_with_tasks_cannot_go(gateway: Gateway) -> None:
    gateway.client.create(SERVICE, "backend", gateway.service(startPeriod=30))
    with pytest.raises(RefusedError, match="ResourceInUse"):
        gateway.client.delete(gateway.registry)
