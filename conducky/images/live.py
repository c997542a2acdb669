"""The tag that marks an image as proven live, so that ECR keeps it for rollbacks."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conducky.naming import LIVE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


def live_images(ecr: "ECRClient", repository: str) -> list[tuple[str, str]]:
    """The newest tag and the digest of each image that was proven live, the last one first, or boto3's ClientError."""
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=repository, filter={"tagStatus": "TAGGED"})
    images = [image for page in pages for image in page["imageDetails"]]
    tags = {image.get("imageDigest", ""): image.get("imageTags", []) for image in images}
    live = {digest: [tag for tag in each if tag.startswith(LIVE_TAG)] for digest, each in tags.items()}
    return sorted(((max(each), digest) for digest, each in live.items() if each), reverse=True)


def tag_as_live(ecr: "ECRClient", reference: str, now: datetime | None = None) -> str:
    """Tag the image `REGISTRY/REPOSITORY@DIGEST` as live, unless it was the last one already; returns its newest tag.

    The tag has the moment of the proof, `live-20261126T093000Z`. Raises botocore's ClientError when AWS refuses.
    """
    name, _, digest = reference.partition("@")
    repository = name.split("/", 1)[1]
    last_tag, last_digest = next(iter(live_images(ecr, repository)), ("", ""))
    if last_digest == digest:
        return last_tag
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
