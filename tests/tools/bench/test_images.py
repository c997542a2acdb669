"""The bench's sizes of images, with a made-up builder on PATH."""

import os
from pathlib import Path

import pytest
import zstandard

from tests.fakes.script import write_script
from tools.bench import images
from tools.bench.images import compressed_size, measure_images
from tools.images.builder import BUILDERS, Builder, BuilderName

LAYERS = b"the same again and again " * 100_000


def builder_on_path(name: str, body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_script(folder / name, body)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.defpath}")


@pytest.mark.parametrize("name", BUILDERS)
def test_the_size_is_that_of_the_layers_under_zstd(
    name: BuilderName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "image.tar").write_bytes(LAYERS)
    builder_on_path(name, f'echo "$@" >{tmp_path}/asked; cat {tmp_path}/image.tar', tmp_path, monkeypatch)
    size = compressed_size(Builder(name, "1"), "conducky-backend")
    assert size == pytest.approx(len(zstandard.compress(LAYERS, 3)), rel=0.05)
    assert "conducky-backend" in (tmp_path / "asked").read_text()


def test_an_image_that_is_not_handed_out_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder_on_path("docker", "exit 3", tmp_path, monkeypatch)
    with pytest.raises(RuntimeError, match="docker save conducky-backend` ended with code 3"):
        compressed_size(Builder("docker", "1"), "conducky-backend")


def test_an_image_that_is_not_built_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder_on_path("docker", "exit 1", tmp_path, monkeypatch)
    monkeypatch.setattr(images, "find_builder", lambda: Builder("docker", "1"))
    assert {row.figure for row in measure_images()} == {"skipped: it is not built, run `make images`"}
