"""The repositories: private, scanned, encrypted, with tags that never move; what was live outlives what was not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from repositories import cache_lifecycle, image_lifecycle

from conducky.evaluation.evaluate import Evaluation, evaluate

REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SERVICES = ["backend", "frontend"]


def rules(document: dict[str, object]) -> list[dict[str, Any]]:
    """The selections of a lifecycle policy, in the order of their priority."""
    found: Any = document["rules"]
    return [rule["selection"] for rule in sorted(found, key=lambda rule: rule["rulePriority"])]


def test_there_is_one_for_each_application_and_one_for_the_cache(bootstrap: Evaluation) -> None:
    assert sorted(repository.inputs["name"] for repository in bootstrap.of(REPOSITORY)) == [
        "conducky-dev-backend",
        "conducky-dev-cache",
        "conducky-dev-frontend",
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_images_are_scanned_and_encrypted(bootstrap: Evaluation, service: str) -> None:
    inputs = bootstrap.one(REPOSITORY, service).inputs
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert inputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]


@pytest.mark.parametrize("service", SERVICES)
def test_an_images_tag_never_moves(bootstrap: Evaluation, service: str) -> None:
    """One source, one tag, one image: another build of it must not take the tag from what runs."""
    assert bootstrap.one(REPOSITORY, service).inputs["imageTagMutability"] == "IMMUTABLE"


def test_the_caches_tags_move(bootstrap: Evaluation) -> None:
    assert bootstrap.one(REPOSITORY, "cache").inputs["imageTagMutability"] == "MUTABLE"
    assert bootstrap.exports["cache_repository_url"] == bootstrap.one(REPOSITORY, "cache").outputs["repositoryUrl"]


@pytest.mark.parametrize("name", [*SERVICES, "cache"])
def test_a_full_repository_can_be_destroyed(bootstrap: Evaluation, name: str) -> None:
    repository = bootstrap.one(REPOSITORY, name)
    assert (repository.inputs["forceDelete"], repository.protect) == (True, False)


@pytest.mark.parametrize("name", [*SERVICES, "cache"])
def test_the_images_of_a_protected_stack_stay(evaluated: Callable[[str, str], Evaluation], name: str) -> None:
    repository = evaluated("bootstrap", "prod").one(REPOSITORY, name)
    assert (repository.inputs["forceDelete"], repository.protect) == (
        (True, False) if name == "cache" else (False, True)
    )


@pytest.mark.parametrize("service", SERVICES)
def test_the_contract_says_where_images_go(bootstrap: Evaluation, service: str) -> None:
    repository = bootstrap.one(REPOSITORY, service)
    assert bootstrap.exports[f"{service}_repository_url"] == repository.outputs["repositoryUrl"]
    assert bootstrap.exports[f"{service}_repository_arn"] == repository.outputs["arn"]


@pytest.mark.parametrize("service", SERVICES)
def test_as_many_live_images_stay_as_the_setting_says(bootstrap: Evaluation, service: str) -> None:
    assert json.loads(bootstrap.one(LIFECYCLE, service).inputs["policy"]) == image_lifecycle(20)
    kept = evaluate("bootstrap", config={"imagesToKeep": "7"}).one(LIFECYCLE, service)
    assert json.loads(kept.inputs["policy"]) == image_lifecycle(7)
    assert kept.inputs["repository"] == f"conducky-dev-{service}"


def test_images_that_were_live_are_counted_and_others_have_their_days() -> None:
    """ECR expires nothing by a rule if one of higher priority selects it: ten failed releases expire no live image."""
    live, others = rules(image_lifecycle(7))
    assert live == {
        "tagStatus": "tagged",
        "tagPrefixList": ["live-"],
        "countType": "imageCountMoreThan",
        "countNumber": 7,
    }
    assert others == {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}


def test_a_cache_that_was_replaced_goes(bootstrap: Evaluation) -> None:
    assert json.loads(bootstrap.one(LIFECYCLE, "cache").inputs["policy"]) == cache_lifecycle()
    (untagged,) = rules(cache_lifecycle())
    assert (untagged["tagStatus"], untagged["countNumber"]) == ("untagged", 1), "the tagged ones stay"
