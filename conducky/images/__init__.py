"""The applications' images: what a build sends, and the tool that builds them."""

from conducky.images.build import build_images
from conducky.images.builder import find_builder

__all__ = ["build_images", "find_builder"]
