"""The image that every image of the rehearsal begins with, and its other names."""

import pytest

from conducky.rehearsal.images.official_image import is_official_node


@pytest.mark.parametrize(
    ("image", "official"),
    [
        ("node", True),
        ("node:24-alpine", True),
        ("node@sha256:1234", True),
        ("library/node:24", True),
        ("docker.io/library/node:24", True),
        ("public.ecr.aws/docker/library/node:24", True),
        ("mirror.example:5000/node:24", True),
        ("cimg/node:24", False),
        ("bitnami/node", False),
        ("registry.example/team/node", False),
        ("python:3", False),
        ("node-red", False),
    ],
)
def test_only_the_official_image_and_its_mirrors_are_node(image: str, *, official: bool) -> None:
    assert is_official_node(image) is official
