"""The tag that marks an image as proven live, so that ECR keeps it for rollbacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conducky.naming import LIVE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


@dataclass(frozen=True)
class LiveImage:
    """An image that was proven live: its digest, and the newest tag that says so."""

    digest: str
    tag: str


def live_images(ecr: "ECRClient", repository: str) -> list[LiveImage]:
    """The images of a repository that were proven live, the last one first; ClientError is what AWS refuses."""
    found = list(_tagged(ecr, repository))
    return sorted(found, key=lambda image: image.tag, reverse=True)


def tag_as_live(ecr: "ECRClient", reference: str, now: datetime | None = None) -> str:
    """Tag the image `REGISTRY/REPOSITORY@DIGEST` as live, unless it was the last one already; returns its newest tag.

    The tag has the moment of the proof, `live-20261126T093000Z`. Raises botocore's ClientError when AWS refuses.
    """
    name, _, digest = reference.partition("@")
    repository = name.split("/", 1)[1]
    last = next(iter(live_images(ecr, repository)), None)
    if last and last.digest == digest:
        return last.tag
    (image,) = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])["images"]
    tag = f"{LIVE_TAG}{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    ecr.put_image(
        repositoryName=repository,
        imageManifest=image.get("imageManifest", ""),
        imageManifestMediaType=image.get("imageManifestMediaType", ""),
        imageDigest=digest,
        imageTag=tag,
    )
    return tag


def _tagged(ecr: "ECRClient", repository: str) -> Iterator[LiveImage]:
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=repository, filter={"tagStatus": "TAGGED"})
    for page in pages:
        for image in page["imageDetails"]:
            tags = [tag for tag in image.get("imageTags", []) if tag.startswith(LIVE_TAG)]
            if tags:
                yield LiveImage(image.get("imageDigest", ""), max(tags))
