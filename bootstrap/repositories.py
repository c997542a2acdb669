"""The ECR repositories that hold the applications' images, and the layers from which the next ones are built."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import LIVE_TAG, Names


@dataclass(frozen=True)
class RepositoriesArgs:
    """The stack, how many images stay, and whether the stack's data is protected from deletion."""

    names: Names
    images_to_keep: int
    is_protected: bool


class Repositories(pulumi.ComponentResource):
    """A private repository for each application, whose tags never move, and one for the build cache, whose tags do."""

    frontend: aws.ecr.Repository
    backend: aws.ecr.Repository
    cache: aws.ecr.Repository

    def __init__(self, name: str, args: RepositoriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:Repositories", name, None, opts)
        images = image_lifecycle(args.images_to_keep)
        self.frontend = self._repository("frontend", args, images, mutability="IMMUTABLE")
        self.backend = self._repository("backend", args, images, mutability="IMMUTABLE")
        self.cache = self._repository("cache", args, cache_lifecycle(), mutability="MUTABLE")
        self.register_outputs({"frontend": self.frontend.arn, "backend": self.backend.arn})

    def _repository(
        self, part: str, args: RepositoriesArgs, lifecycle: dict[str, object], *, mutability: str
    ) -> aws.ecr.Repository:
        # The cache holds nothing that cannot be built again.
        is_protected = args.is_protected and part != "cache"
        repository = aws.ecr.Repository(
            part,
            name=args.names.of(part),
            image_tag_mutability=mutability,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            # Elsewhere images are built again, and a repository that refuses to go would stop `pulumi destroy`.
            force_delete=not is_protected,
            opts=pulumi.ResourceOptions(parent=self, protect=is_protected),
        )
        aws.ecr.LifecyclePolicy(
            part,
            repository=repository.name,
            policy=json.dumps(lifecycle, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return repository


def image_lifecycle(images_to_keep: int) -> dict[str, object]:
    """Keep the newest images that were proven live, which `conducky verify` tags so; all others for 30 days.

    ECR expires no image by a rule that one of a higher priority (a lower number) selects. So however many releases
    fail, what runs and what a rollback would run is there.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules
    """
    live = {"tagStatus": "tagged", "tagPrefixList": [LIVE_TAG], "countType": "imageCountMoreThan"}
    return _rules(
        (f"Keep the newest {images_to_keep} images that were live", {**live, "countNumber": images_to_keep}),
        ("Others were never live, or not proven to be", {"tagStatus": "any", **_older_than_days(30)}),
    )


def cache_lifecycle() -> dict[str, object]:
    """Expire what lost its tag to a newer cache."""
    return _rules(("A build cache that was replaced", {"tagStatus": "untagged", **_older_than_days(1)}))


def _older_than_days(days: int) -> dict[str, object]:
    return {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}


def _rules(*rules: tuple[str, dict[str, object]]) -> dict[str, object]:
    return {
        "rules": [
            {"rulePriority": number, "description": text, "selection": selection, "action": {"type": "expire"}}
            for number, (text, selection) in enumerate(rules, start=1)
        ]
    }
