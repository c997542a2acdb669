"""One application on Fargate: takes commands, proves each release, rolls a bad one back, starts in order."""

from collections.abc import Callable

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, Resource
from tests.services.container_definitions import TASK_DEFINITION, container, environment

SERVICE = "aws:ecs/service:Service"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
BOTH = pytest.mark.parametrize("name", ["backend", "frontend"])

Again = Callable[..., Evaluation]


def service(services: Evaluation, name: str) -> Resource:
    return services.one(SERVICE, f"conducky-{services.stack}-{name}")


@BOTH
def test_a_release_starts_the_new_tasks_before_the_old_ones_end(services: Evaluation, name: str) -> None:
    inputs = service(services, name).inputs
    assert (inputs["deploymentMinimumHealthyPercent"], inputs["deploymentMaximumPercent"]) == (100, 200)


@BOTH
def test_up_waits_half_an_hour_for_a_steady_service(services: Evaluation, name: str) -> None:
    assert service(services, name).timeouts == {"create": "30m", "update": "30m", "delete": "30m"}


@BOTH
def test_it_waits_as_long_as_the_setting_says(evaluate_services: Again, name: str) -> None:
    made = evaluate_services(config={"steadyStateMinutes": "45"})
    assert set(service(made, name).timeouts.values()) == {"45m"}


def test_a_new_backend_task_is_left_alone_while_it_migrates(evaluate_services: Again, services: Evaluation) -> None:
    assert service(services, "backend").inputs["healthCheckGracePeriodSeconds"] == 300
    longer = evaluate_services(config={"backendGraceSeconds": "420"})
    assert service(longer, "backend").inputs["healthCheckGracePeriodSeconds"] == 420
    assert environment(longer, "backend")["MIGRATION_WAIT_SECONDS"] == "420"


def test_a_frontend_that_builds_when_it_starts_is_left_alone(evaluate_services: Again, services: Evaluation) -> None:
    assert service(services, "frontend").inputs["healthCheckGracePeriodSeconds"] == 60
    longer = evaluate_services(config={"frontendGraceSeconds": "300"})
    assert service(longer, "frontend").inputs["healthCheckGracePeriodSeconds"] == 300


@pytest.mark.parametrize("key", ["backendGraceSeconds", "frontendGraceSeconds"])
@pytest.mark.parametrize(("grace", "minutes", "needed"), [(420, 20, 27), (600, 30, 36), (1080, 59, 60)])
def test_a_limit_that_ends_before_ecs_rolls_back_is_refused(
    evaluate_services: Again, begun: list[str], key: str, grace: int, minutes: int, needed: int
) -> None:
    with pytest.raises(UserError, match=f"needs {needed} minutes") as caught:
        evaluate_services(config={key: str(grace), "steadyStateMinutes": str(minutes)})
    assert f"set steadyStateMinutes {needed} --stack dev" in caught.value.fix
    assert begun == []
    evaluate_services(config={key: str(grace), "steadyStateMinutes": str(needed)})


@BOTH
@pytest.mark.usefixtures("programs_run_each_time")
def test_a_release_is_repeated_until_it_has_succeeded(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation, name: str
) -> None:
    """What it exported at its last success is what says so."""

    def trigger(evaluation: Evaluation) -> str:
        return str(service(evaluation, name).inputs["triggers"]["release"])

    first = evaluate_services()
    assert trigger(evaluate_services()) != trigger(first), "nothing was exported yet"
    done = {"bootstrap": bootstrap.exports, "platform": platform.exports, "services": first.exports}
    assert first.exports[f"{name}_release"] == trigger(first)
    assert trigger(evaluate_services(upstream=done)) == trigger(first), "an `up` without a change would redeploy"
    for config in ({f"{name}Count": "2"}, {"capacity": "on-demand"}):
        assert trigger(evaluate_services(config=config, upstream=done)) != trigger(first), config


@BOTH
def test_what_the_first_task_needs_is_there_before_it(services: Evaluation, name: str) -> None:
    """Each of these missing would trip the circuit breaker at the first deployment."""
    needed = {
        services.one("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders").urn,
        services.one("aws:lb/listenerRule:ListenerRule", name).urn,
    }
    missing = needed - {*service(services, name).depends_on}
    assert missing == set(), f"the service must wait for {missing}"


def test_mixed_capacity_keeps_the_first_task_on_demand(evaluate_services: Again) -> None:
    for found in evaluate_services(config={"capacity": "mixed"}).of(SERVICE):
        assert found.inputs["capacityProviderStrategies"] == [
            {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1},
        ]


@BOTH
def test_production_runs_two_tasks_in_two_zones(evaluated: Callable[[str, str], Evaluation], name: str) -> None:
    inputs = service(evaluated("services", "prod"), name).inputs
    assert inputs["desiredCount"] == 2
    assert len(set(inputs["networkConfiguration"]["subnets"])) == 2
    assert inputs["availabilityZoneRebalancing"] == "ENABLED"


@pytest.mark.parametrize(("capacity", "provider"), [("spot", "FARGATE_SPOT"), ("on-demand", "FARGATE")])
def test_its_capacity_is_named(evaluate_services: Again, capacity: str, provider: str) -> None:
    for found in evaluate_services(config={"capacity": capacity}).of(SERVICE):
        assert found.inputs["capacityProviderStrategies"] == [{"capacityProvider": provider, "weight": 1}]
        assert "launchType" not in found.inputs, "beside a strategy ECS refuses it"
        assert found.inputs["forceNewDeployment"] is True, "else a change of the strategy replaces the service"


def test_development_runs_on_spot_and_production_on_demand(evaluated: Callable[[str, str], Evaluation]) -> None:
    def provider(stack: str) -> str:
        strategies = service(evaluated("services", stack), "backend").inputs["capacityProviderStrategies"]
        return strategies[0]["capacityProvider"]

    assert (provider("dev"), provider("prod")) == ("FARGATE_SPOT", "FARGATE")


@BOTH
def test_zones_are_rebalanced(services: Evaluation, name: str) -> None:
    assert service(services, name).inputs["availabilityZoneRebalancing"] == "ENABLED"


@BOTH
def test_its_tasks_reach_aws_through_a_public_address(services: Evaluation, platform: Evaluation, name: str) -> None:
    assert service(services, name).inputs["networkConfiguration"] == {
        "assignPublicIp": True,
        "subnets": platform.exports["subnet_ids"],
        "securityGroups": [platform.exports[f"{name}_security_group_id"]],
    }


@BOTH
def test_ecs_tags_its_tasks_too(services: Evaluation, name: str) -> None:
    assert service(services, name).inputs["enableEcsManagedTags"] is True


@BOTH
def test_it_is_behind_its_own_target_group(services: Evaluation, name: str) -> None:
    group = services.one("aws:lb/targetGroup:TargetGroup", f"conducky-dev-{name}")
    assert service(services, name).inputs["loadBalancers"] == [
        {
            "targetGroupArn": group.outputs["arn"],
            "containerName": container(services, name)["name"],
            "containerPort": {"frontend": 3000, "backend": 4000}[name],
        }
    ]


@BOTH
def test_it_runs_its_own_task_definition_in_the_cluster(services: Evaluation, name: str) -> None:
    inputs = service(services, name).inputs
    definition = services.one(TASK_DEFINITION, f"conducky-dev-{name}")
    assert inputs["taskDefinition"] == definition.outputs["arn"] == services.exports[f"{name}_task_definition_arn"]
    assert inputs["cluster"] == services.one("aws:ecs/cluster:Cluster").outputs["arn"]


@BOTH
def test_its_task_is_a_fargate_task(services: Evaluation, name: str) -> None:
    inputs = services.one(TASK_DEFINITION, f"conducky-dev-{name}").inputs
    assert inputs["requiresCompatibilities"] == ["FARGATE"]
    assert inputs["networkMode"] == "awsvpc"


def test_the_cheapest_size_is_the_default(services: Evaluation) -> None:
    for name in ("backend", "frontend"):
        inputs = services.one(TASK_DEFINITION, f"conducky-dev-{name}").inputs
        assert (inputs["cpu"], inputs["memory"]) == ("256", "512")
        assert service(services, name).inputs["desiredCount"] == 1


def test_count_and_size_follow_each_services_settings(evaluate_services: Again) -> None:
    config = {
        "frontendCount": "0",
        "frontendCpu": "512",
        "frontendMemory": "1024",
        "backendCount": "3",
        "backendCpu": "1024",
        "backendMemory": "4096",
    }
    services = evaluate_services(config=config)
    frontend, backend = (
        services.one(TASK_DEFINITION, f"conducky-dev-{name}").inputs for name in ("frontend", "backend")
    )
    assert (frontend["cpu"], frontend["memory"]) == ("512", "1024")
    assert (backend["cpu"], backend["memory"]) == ("1024", "4096")
    assert service(services, "frontend").inputs["desiredCount"] == 0
    assert service(services, "backend").inputs["desiredCount"] == 3


@pytest.mark.parametrize(("architecture", "ecs"), [("arm64", "ARM64"), ("x86_64", "X86_64")])
def test_one_setting_chooses_the_processor(evaluate_services: Again, architecture: str, ecs: str) -> None:
    services = evaluate_services(config={"architecture": architecture})
    for definition in services.of(TASK_DEFINITION):
        assert definition.inputs["runtimePlatform"] == {"operatingSystemFamily": "LINUX", "cpuArchitecture": ecs}


def test_its_log_is_kept_as_long_as_the_setting_says(services: Evaluation, evaluate_services: Again) -> None:
    assert [group.inputs["retentionInDays"] for group in services.of(LOG_GROUP)] == [7, 7]
    longer = evaluate_services(config={"logRetentionDays": "14"})
    assert [group.inputs["retentionInDays"] for group in longer.of(LOG_GROUP)] == [14, 14]


@BOTH
def test_its_container_writes_to_its_own_log(services: Evaluation, name: str) -> None:
    group = services.one(LOG_GROUP, f"conducky-dev-{name}")
    assert group.inputs["name"] == services.exports[f"{name}_log_group"]
    options = container(services, name)["logConfiguration"]["options"]
    assert options["awslogs-group"] == group.inputs["name"]
    assert options["awslogs-region"] == "us-east-1"


@BOTH
def test_its_revision_is_the_tag_of_its_image(services: Evaluation, name: str) -> None:
    (tag,) = services.one("docker-build:index:Image", name).inputs["tags"]
    (revision,) = [entry for entry in container(services, name)["environment"] if entry["name"] == "APP_REVISION"]
    assert tag.endswith(f":{revision['value']}")
