"""The cluster: both kinds of capacity, and nothing that bills by itself."""

from conducky.evaluation.evaluate import Evaluation


def test_it_is_named_for_the_stack(services: Evaluation) -> None:
    assert services.one("aws:ecs/cluster:Cluster").inputs["name"] == "conducky-dev-cluster"
    assert services.exports["cluster_name"] == "conducky-dev-cluster"


def test_it_may_use_fargate_and_fargate_spot(services: Evaluation) -> None:
    providers = services.one("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders").inputs
    assert providers["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert providers["clusterName"] == "conducky-dev-cluster"
    assert "defaultCapacityProviderStrategies" not in providers, "each service names its own"


def test_container_insights_are_off(services: Evaluation) -> None:
    settings = services.one("aws:ecs/cluster:Cluster").inputs["settings"]
    assert settings == [{"name": "containerInsights", "value": "disabled"}]
