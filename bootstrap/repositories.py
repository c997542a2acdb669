"""The ECR repositories that hold the applications' images."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names


@dataclass(frozen=True)
class RepositoriesArgs:
    """What the repositories need to know."""

    names: Names
    images_to_keep: int


class Repositories(pulumi.ComponentResource):
    """One private repository for each application, scanned on push, with old images expired by count."""

    frontend: aws.ecr.Repository
    backend: aws.ecr.Repository

    def __init__(self, name: str, args: RepositoriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:Repositories", name, None, opts)
        self.frontend = self._repository("frontend", args)
        self.backend = self._repository("backend", args)
        self.register_outputs({"frontend": self.frontend.arn, "backend": self.backend.arn})

    def _repository(self, service: str, args: RepositoriesArgs) -> aws.ecr.Repository:
        repository = aws.ecr.Repository(
            service,
            name=args.names.of(service),
            # Tasks are pinned by digest, so a tag may move; the build cache's tag has to.
            image_tag_mutability="MUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            # Images are built again from the source; a repository that refuses to go would stop `pulumi destroy`.
            force_delete=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.ecr.LifecyclePolicy(
            service,
            repository=repository.name,
            policy=json.dumps(lifecycle_policy(args.images_to_keep), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return repository


def lifecycle_policy(images_to_keep: int) -> dict[str, object]:
    """Expire what lost its tag (a replaced build cache) after a day, and all but the newest images."""
    return {
        "rules": [
            {
                "rulePriority": 1,
                "description": "Untagged: a build cache that was replaced",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 1,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 2,
                "description": f"Keep the newest {images_to_keep} builds",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPrefixList": ["build-"],
                    "countType": "imageCountMoreThan",
                    "countNumber": images_to_keep,
                },
                "action": {"type": "expire"},
            },
        ]
    }
