"""The repositories: private, scanned, encrypted, tidied by count."""

import json

import pytest
from repositories import lifecycle_policy

from conducky.evaluation.evaluate import Evaluation, evaluate

REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SERVICES = ["backend", "frontend"]


def test_there_is_one_for_each_application(bootstrap: Evaluation) -> None:
    assert sorted(repository.inputs["name"] for repository in bootstrap.of(REPOSITORY)) == [
        "conducky-dev-backend",
        "conducky-dev-frontend",
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_images_are_scanned_and_encrypted(bootstrap: Evaluation, service: str) -> None:
    inputs = bootstrap.one(REPOSITORY, service).inputs
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert inputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]


@pytest.mark.parametrize("service", SERVICES)
def test_the_cache_tag_may_move(bootstrap: Evaluation, service: str) -> None:
    assert bootstrap.one(REPOSITORY, service).inputs["imageTagMutability"] == "MUTABLE"


@pytest.mark.parametrize("service", SERVICES)
def test_a_full_repository_can_be_destroyed(bootstrap: Evaluation, service: str) -> None:
    assert bootstrap.one(REPOSITORY, service).inputs["forceDelete"] is True


@pytest.mark.parametrize("service", SERVICES)
def test_the_contract_says_where_images_go(bootstrap: Evaluation, service: str) -> None:
    repository = bootstrap.one(REPOSITORY, service)
    assert bootstrap.exports[f"{service}_repository_url"] == repository.outputs["repositoryUrl"]
    assert bootstrap.exports[f"{service}_repository_arn"] == repository.outputs["arn"]


@pytest.mark.parametrize("service", SERVICES)
def test_as_many_images_stay_as_the_setting_says(service: str) -> None:
    kept = evaluate("bootstrap", config={"imagesToKeep": "7"}).one(LIFECYCLE, service)
    assert json.loads(kept.inputs["policy"]) == lifecycle_policy(7)
    assert kept.inputs["repository"] == f"conducky-dev-{service}"


def test_only_builds_are_counted_so_that_the_cache_stays() -> None:
    untagged, counted = [rule["selection"] for rule in json.loads(json.dumps(lifecycle_policy(7)))["rules"]]
    assert untagged == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 1,
    }
    assert counted == {
        "tagStatus": "tagged",
        "tagPrefixList": ["build-"],
        "countType": "imageCountMoreThan",
        "countNumber": 7,
    }
