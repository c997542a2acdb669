"""The sizes of the images that `make images` left: on disk, and compressed, which is what Fargate pulls."""

import subprocess
from collections.abc import Iterator

import zstandard

from conducky.repository import APPLICATIONS
from tools.bench.row import Row
from tools.images.builder import Builder, find_builder

_CHUNK = 1 << 20
_LEVEL = 3  # as in services/images.py
_SAVE = {
    "docker": ("docker", "save"),
    "podman": ("podman", "save", "--format", "docker-archive"),
    "buildah": ("buildah", "push", "--quiet"),
}


def measure_images() -> Iterator[Row]:
    """The images of both applications.

    Raises:
        UserError: nothing here knows images.
    """
    builder = find_builder()
    for application in APPLICATIONS:
        tag = f"conducky-{application}"
        size = builder.size(tag)
        if size == "?":
            yield Row(tag, "skipped: it is not built, run `make images`")
        else:
            yield Row(tag, f"{compressed_size(builder, tag) / 1_000_000:.0f} MB compressed, {size} on disk")


def compressed_size(builder: Builder, tag: str) -> int:
    """Bytes of an image's layers under zstd, as a release pushes them.

    Raises:
        RuntimeError: the builder did not hand the image out.
    """
    target = ("docker-archive:/dev/stdout",) if builder.name == "buildah" else ()
    command = [*_SAVE[builder.name], tag, *target]
    packer = zstandard.ZstdCompressor(_LEVEL).compressobj()
    size = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as saving:
        while chunk := saving.stdout.read(_CHUNK) if saving.stdout else b"":
            size += len(packer.compress(chunk))
    if saving.returncode:
        raise RuntimeError(f"`{' '.join(command)}` ended with code {saving.returncode}")
    return size + len(packer.flush())
