"""Services that scale by themselves: by CPU and requests, between two numbers, and not beside a schedule."""

from collections.abc import Callable

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate

TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
SERVICE = "aws:ecs/service:Service"

Again = Callable[..., Evaluation]


def test_without_a_largest_number_nothing_scales(services: Evaluation) -> None:
    assert services.of(TARGET) == []
    assert services.one(SERVICE, "conducky-dev-backend").ignore_changes == ()


def test_a_service_scales_between_its_counts_by_the_busier_metric(evaluate_services: Again) -> None:
    config = {"backendMaxCount": "3", "scalingCpuPercent": "70", "scalingRequests": "500"}
    made = evaluate_services(config=config)
    (target,) = made.of(TARGET)
    assert target.inputs["resourceId"] == "service/conducky-dev-cluster/conducky-dev-backend"
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (1, 3)
    wanted = {
        policy.inputs["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"][
            "predefinedMetricType"
        ]: policy.inputs["targetTrackingScalingPolicyConfiguration"]["targetValue"]
        for policy in made.of(POLICY)
    }
    assert wanted == {"ECSServiceAverageCPUUtilization": 70, "ALBRequestCountPerTarget": 500}


def test_the_number_of_tasks_is_left_to_it(evaluate_services: Again) -> None:
    made = evaluate_services(config={"backendMaxCount": "3"})
    assert made.one(SERVICE, "conducky-dev-backend").ignore_changes == ("desiredCount",)
    assert made.one(SERVICE, "conducky-dev-frontend").ignore_changes == ()


def test_the_metric_of_requests_is_that_of_the_services_target_group(evaluate_services: Again) -> None:
    made = evaluate_services(config={"frontendMaxCount": "3"})
    configuration = made.one(POLICY, "frontend-requests").inputs["targetTrackingScalingPolicyConfiguration"]
    balancer, _, group = configuration["predefinedMetricSpecification"]["resourceLabel"].partition("/targetgroup/")
    assert balancer.startswith("app/conducky-dev-alb-")
    assert group.startswith("conducky-dev-frontend-")


def test_behind_an_http_api_the_cpu_decides(evaluate_services: Again, bootstrap: Evaluation) -> None:
    platform = evaluate("platform", config={"entrance": "http-api"})
    upstream = {"bootstrap": bootstrap.exports, "platform": platform.exports}
    made = evaluate_services(config={"backendMaxCount": "3"}, upstream=upstream)
    assert [policy.name for policy in made.of(POLICY)] == ["backend-cpu"]


def test_a_service_that_is_stopped_does_not_scale(evaluate_services: Again) -> None:
    made = evaluate_services(config={"backendCount": "0", "backendMaxCount": "3"})
    assert made.of(TARGET) == []
    assert made.one(SERVICE, "conducky-dev-backend").ignore_changes == ()


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_a_least_above_the_most_is_refused(evaluate_services: Again, begun: list[str], application: str) -> None:
    with pytest.raises(UserError, match=f"`{application}Count` is 4, above `{application}MaxCount` 3") as caught:
        evaluate_services(config={f"{application}Count": "4", f"{application}MaxCount": "3"})
    assert f"set {application}MaxCount 4 --stack dev" in caught.value.fix
    assert begun == []


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_it_does_not_go_with_a_schedule(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation, begun: list[str], application: str
) -> None:
    upstream = {
        "bootstrap": bootstrap.exports,
        "platform": {**platform.exports, "schedule": "mon-fri 08:00-20:00 Europe/Berlin"},
    }
    with pytest.raises(UserError, match="`schedule` of platform/dev") as caught:
        evaluate_services(config={f"{application}MaxCount": "3"}, upstream=upstream)
    assert "pulumi -C platform config rm schedule --stack dev" in caught.value.fix
    assert begun == []


def test_the_largest_number_of_tasks_shares_the_databases_connections(evaluate_services: Again) -> None:
    with pytest.raises(UserError, match="12 backend tasks"):
        evaluate_services(config={"backendMaxCount": "6"})
