"""Which images a repository still has."""

import json

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.images.lifecycle import PushedImage, expired
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

DAY = 86400.0


def rule(priority: int, count_type: str, number: int, **selection: object) -> Properties:
    return {
        "rulePriority": priority,
        "selection": {"tagStatus": "any", "countType": count_type, "countNumber": number, **selection},
    }


def image(number: int, *tags: str, days: float = 0) -> PushedImage:
    """Pushed as the `number`th, that many days ago."""
    return PushedImage(str(number), set(tags), -days * DAY, number)


def gone(images: list[PushedImage], *rules: Properties) -> set[str]:
    return expired(images, {"rules": [*rules]}, 0.0)


def test_the_newest_of_a_count_stay() -> None:
    images = [image(1, "build-a"), image(2, "build-b"), image(3, "build-c"), image(4, "cache")]

    keeps_two = rule(1, "imageCountMoreThan", 2, tagStatus="tagged", tagPrefixList=["build-"])

    assert gone(images, keeps_two) == {"1"}


def test_an_image_that_lost_its_tag_goes_after_its_days() -> None:
    untagged = rule(1, "sinceImagePushed", 1, tagStatus="untagged", countUnit="days")

    assert gone([image(1, days=2), image(2, "build-b", days=2), image(3, days=0.5)], untagged) == {"1"}


def test_a_rule_of_higher_priority_protects_what_it_selects() -> None:
    live = rule(1, "imageCountMoreThan", 1, tagStatus="tagged", tagPatternList=["live-*"])
    others = rule(2, "sinceImagePushed", 30, countUnit="days")
    images = [image(1, "build-a", "live-1", days=90), image(2, "build-b", "live-2", days=60), image(3, "c", days=31)]

    assert gone(images, others, live) == {"1", "3"}


def test_a_moved_tag_leaves_the_image_behind(deployed: DeployedService) -> None:
    registry, url = deployed.stand_ins.images.registry, str(deployed.repository["repositoryUrl"])
    now = 0.0
    registry.clock = lambda: now
    untagged = rule(1, "sinceImagePushed", 1, tagStatus="untagged", countUnit="days")
    policy = {"repository": deployed.repository["name"], "policy": json.dumps({"rules": [untagged]})}
    deployed.client.create("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy", policy)
    for digest in ("old", "new"):
        registry.push(url, digest, ["build-a"])
    assert not registry.is_gone(url, "old")
    now = 2 * DAY

    assert registry.is_gone(url, "old")
    assert not registry.is_gone(url, "new")


@pytest.mark.engine
@pytest.mark.parametrize("keep", [2, 20])
def test_after_ten_failed_releases_the_serving_image_is_there_only_if_the_policy_keeps_it(
    deployed: DeployedService, keep: int
) -> None:
    """Builds are counted, whether they served or not: the old tasks run on, and cannot be replaced."""
    policy = json.dumps({"rules": [rule(1, "imageCountMoreThan", keep, tagStatus="tagged", tagPrefixList=["build-"])]})
    deployed.client.create(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "policy",
        {"repository": deployed.repository["name"], "policy": policy},
    )
    first = deployed.version("1")
    deployed.client.create("aws:ecs/service:Service", "backend", deployed.service(first))
    for _ in range(10):
        deployed.image(BREAK="a bug")
    (service,) = deployed.stand_ins.services.running.values()
    service.tasks[0].process.stop(0)
    try:
        if keep == 20:
            service.replace_ended()
            assert deployed.get("/api/version") == (200, "1")
        else:
            with pytest.raises(ResourceFailedError, match="CannotPullContainerError"):
                service.replace_ended()
    finally:
        service.stop()
