"""Finished images: found again, repaired, and removed when they are old."""

import os
import threading
import time
from pathlib import Path

import pytest

from conducky.rehearsal.images.store import BuiltImage, load_image, prune_images
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine


@pytest.fixture
def builder(tmp_path: Path, run_folder: RunFolder) -> Builder:
    return Builder(tmp_path, run_folder)


def test_paths_of_the_image_never_leave_it(builder: Builder) -> None:
    builder.write("FROM node:24\n")
    image = builder.build()
    assert image.path("/../../x") == image.root / "x"
    with pytest.raises(ValueError, match="not an absolute path"):
        image.path("x")


@pytest.mark.parametrize("damage", ["image.json", "root/app", "half"])
def test_a_damaged_image_is_built_again(builder: Builder, damage: str) -> None:
    builder.write("FROM node:24\nWORKDIR /app\nCOPY package.json .\n")
    image = builder.build(digest="d")
    broken = image.root.parent / damage
    if damage == "half":
        (image.root.parent / "image.json").write_text('{"root":')
    elif broken.is_dir():
        broken.rename(broken.with_name("gone"))
    else:
        broken.unlink()
    assert load_image(builder.cache, "d") is None
    assert builder.build(digest="d").path("/app/package.json").is_file()


def test_two_builds_of_one_image_at_once_build_it_once(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN sleep 0.5\n")
    images: list[BuiltImage] = []
    threads = [threading.Thread(target=lambda: images.append(builder.build())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(images) == 3
    assert len([line for line in builder.lines if "sleep 0.5" in line]) == 1


def test_old_images_go_and_recent_ones_stay(builder: Builder) -> None:
    builder.write("FROM node:24\n")
    now = time.time()
    for number in range(5):
        builder.build(digest=f"d{number}")
        age = (5 - number) * 3600
        os.utime(builder.cache / f"d{number}", (now - age, now - age))
    (builder.cache / "crashed.building").mkdir()
    prune_images(builder.cache, keep=1, younger_than=2.5 * 3600)
    assert sorted(path.name for path in builder.cache.iterdir()) == ["d3", "d3.lock", "d4", "d4.lock"]
