"""The sample's own Dockerfiles, built and run as real containers, with every check of a rehearsal."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conducky.rehearsal.containers import find_engine
from conducky.rehearsal.images.prisma_engine import prisma_engine
from conducky.repository import APPLICATIONS, ROOT
from tests.applications.adopted import BASE, base_image, rehearsed
from tests.scenarios.repository import with_applications

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(find_engine("auto") is None, reason="no engine answers: run `make container-engine`"),
]

PINNED = "localhost/conducky-test/sample-base:24"


def pinned_base_image(engine: str, folder: Path) -> None:
    """What the sample's Dockerfiles begin with, and Prisma's schema engine, whose host may be out of reach."""
    shutil.copytree(prisma_engine(ROOT, print).parent, folder / "prisma-engine")
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nCOPY prisma-engine /opt/prisma-engine\n"
        "ENV PRISMA_SCHEMA_ENGINE_BINARY=/opt/prisma-engine/schema-engine.mjs\n"
    )
    subprocess.run([engine, "build", "--quiet", "--tag", PINNED, folder], check=True, capture_output=True)


def test_the_sample_is_healthy_in_containers(tmp_path: Path) -> None:
    engine = find_engine("containers")
    assert engine
    base_image(engine)
    (tmp_path / "base").mkdir()
    pinned_base_image(engine.name, tmp_path / "base")
    root = with_applications(tmp_path / "the repository")
    for name in APPLICATIONS:
        (root / name).unlink()
        ignored = shutil.ignore_patterns("node_modules", ".next", "dist", "generated", "coverage")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
        dockerfile = root / name / "Dockerfile"
        text, changed = re.subn(r"(?m)^FROM node:\S+", f"FROM {PINNED}", dockerfile.read_text())
        assert changed == 1
        dockerfile.write_text(text)

    with rehearsed(root, "containers", 18970) as client:
        assert client.get("/api/status").status_code == 200
        assert "Conducky" in client.get("/").text
