"""docker-build and ECR: images built on your computer, without Docker."""

from conducky.rehearsal.images.resource import Images

__all__ = ["Images"]
