"""Target tracking by the rehearsal's clock: more tasks after three busy minutes, fewer after fifteen quiet ones."""

from collections.abc import Iterator

import pytest

from conducky.rehearsal.scaling import Scaling
from tests.conducky.rehearsal.client import Client, RefusedError
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
ROLE = "aws:iam/serviceLinkedRole:ServiceLinkedRole"
RANGE = {
    "resourceId": "service/conducky-dev-cluster/conducky-dev-backend",
    "serviceNamespace": "ecs",
    "scalableDimension": "ecs:service:DesiredCount",
    "minCapacity": 1,
    "maxCapacity": 3,
}


class Metrics:
    """What the two metrics are, until they change."""

    cpu = 50.0
    requests = 100.0


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def scaling(deployed: DeployedService, metrics: Metrics) -> Iterator[Scaling]:
    """A service of one task that may have three, at 60 % CPU and 1,000 requests a minute."""
    client = deployed.client
    client.create(ROLE, "scaling", {"awsServiceName": "ecs.application-autoscaling.amazonaws.com"})
    client.create(TARGET, "backend", RANGE)
    for name, metric, target in (
        ("cpu", "ECSServiceAverageCPUUtilization", 60),
        ("requests", "ALBRequestCountPerTarget", 1000),
    ):
        of = {key: RANGE[key] for key in ("resourceId", "serviceNamespace", "scalableDimension")}
        specification = {"predefinedMetricType": metric}
        configuration = {"targetValue": target, "predefinedMetricSpecification": specification}
        client.create(POLICY, name, {**of, "name": name, "targetTrackingScalingPolicyConfiguration": configuration})
    deployed.deploy(deployed.version("1"))
    made = client.stand_ins.scaling
    made.metrics["ECSServiceAverageCPUUtilization"] = lambda _service, _metric: metrics.cpu
    made.metrics["ALBRequestCountPerTarget"] = lambda _service, _metric: metrics.requests
    yield made
    for service in client.stand_ins.services.running.values():
        service.stop()


def after(scaling: Scaling, deployed: DeployedService, minutes: int) -> int:
    for _ in range(minutes):
        scaling.decide()
    return len(deployed.targets())


@pytest.mark.engine
def test_it_follows_the_busier_metric_within_its_range(
    scaling: Scaling, deployed: DeployedService, metrics: Metrics
) -> None:
    assert after(scaling, deployed, 5) == 1
    metrics.requests = 1900.0
    assert after(scaling, deployed, 2) == 1, "a short peak"
    assert after(scaling, deployed, 1) == 2
    assert deployed.targets() == ["healthy"] * 2
    metrics.requests, metrics.cpu = 500.0, 99.0
    assert after(scaling, deployed, 3) == 3, "99 of 60 percent of two"
    assert after(scaling, deployed, 3) == 3, "that is the most"
    metrics.cpu = 10.0
    assert after(scaling, deployed, 14) == 3
    assert after(scaling, deployed, 30) < 3
    metrics.requests = 1.0
    assert after(scaling, deployed, 40) == 1, "that is the least"


@pytest.mark.engine
def test_what_it_sets_is_what_a_refresh_finds(scaling: Scaling, deployed: DeployedService, metrics: Metrics) -> None:
    metrics.cpu = 90.0
    after(scaling, deployed, 3)
    (service,) = deployed.account.of("aws:ecs/service:Service")
    assert service["desiredCount"] == 2


def test_without_the_role_that_bootstrap_creates_it_is_refused(client: Client) -> None:
    with pytest.raises(RefusedError, match="iam:CreateServiceLinkedRole"):
        client.create(TARGET, "backend", RANGE)


def test_a_least_above_the_most_is_refused(client: Client) -> None:
    failures = client.check(TARGET, "backend", {**RANGE, "minCapacity": 4}).failures
    assert "Maximum capacity cannot be less than minimum capacity" in failures[0].reason
