"""Which images were proven live, and the tag that says so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from conducky.images.live import live_images, tag_as_live

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
REFERENCE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/conducky-dev-backend@sha256:" + "a" * 64
RUNNING, OLDER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


@pytest.fixture
def ecr() -> Any:  # noqa: ANN401  # a client has no type of its own
    return boto3.client("ecr", region_name="us-east-1", aws_access_key_id="fake", aws_secret_access_key="fake")  # pyright: ignore[reportUnknownMemberType]


@pytest.fixture
def stub(ecr: Any) -> Iterator[Stubber]:  # noqa: ANN401
    with Stubber(ecr) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def listed(stub: Stubber, *images: tuple[str, list[str]]) -> None:
    details = [{"imageDigest": digest, "imageTags": tags} for digest, tags in images]
    asked = {"repositoryName": "conducky-dev-backend", "filter": {"tagStatus": "TAGGED"}}
    stub.add_response("describe_images", {"imageDetails": details}, asked)


def test_they_are_listed_from_the_last_one_on(ecr: Any, stub: Stubber) -> None:  # noqa: ANN401
    listed(
        stub,
        (OLDER, ["build-1", "live-20261101T080000Z"]),
        ("sha256:never", ["build-3"]),
        (RUNNING, ["live-20261001T080000Z", "build-2", "live-20261120T080000Z"]),
    )
    assert live_images(ecr, "conducky-dev-backend") == [
        ("live-20261120T080000Z", RUNNING),
        ("live-20261101T080000Z", OLDER),
    ]


def test_the_running_image_gets_a_tag_with_the_time(ecr: Any, stub: Stubber) -> None:  # noqa: ANN401
    listed(stub, (OLDER, ["live-20261101T080000Z"]), (RUNNING, ["build-2"]))
    image = {"imageManifest": "{}", "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}
    stub.add_response(
        "batch_get_image",
        {"images": [{**image, "imageId": {"imageDigest": RUNNING}}]},
        {"repositoryName": "conducky-dev-backend", "imageIds": [{"imageDigest": RUNNING}]},
    )
    stub.add_response(
        "put_image",
        {},
        {
            "repositoryName": "conducky-dev-backend",
            "imageManifest": "{}",
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
            "imageDigest": RUNNING,
            "imageTag": "live-20261126T093000Z",
        },
    )
    assert tag_as_live(ecr, REFERENCE, NOW) == "live-20261126T093000Z"


def test_the_one_that_was_live_last_keeps_its_tag(ecr: Any, stub: Stubber) -> None:  # noqa: ANN401
    listed(stub, (OLDER, ["live-20261101T080000Z"]), (RUNNING, ["live-20261120T080000Z"]))
    assert tag_as_live(ecr, REFERENCE, NOW) == "live-20261120T080000Z"
