"""The sample's own Dockerfiles on an image that this computer can have."""

import re
import shutil
import subprocess
from pathlib import Path

from conducky.rehearsal.containers import ContainerEngine
from conducky.rehearsal.images.prisma_engine import prisma_engine
from conducky.repository import APPLICATIONS, ROOT
from tests.applications.adopted import BASE, base_image
from tests.scenarios.repository import with_applications

_PINNED = "localhost/conducky-test/sample-base:24"


def sample_for_containers(engine: ContainerEngine, folder: Path) -> Path:
    """A copy of the repository in the empty `folder`, whose Dockerfiles begin with what Docker Hub or a stand-in has.

    The image has Prisma's schema engine too, whose host may be out of reach.
    """
    base_image(engine)
    base = folder / "base"
    base.mkdir()
    shutil.copytree(prisma_engine(ROOT, print).parent, base / "prisma-engine")
    (base / "Dockerfile").write_text(
        f"FROM {BASE}\nCOPY prisma-engine /opt/prisma-engine\n"
        "ENV PRISMA_SCHEMA_ENGINE_BINARY=/opt/prisma-engine/schema-engine.mjs\n"
    )
    subprocess.run([engine.name, "build", "--quiet", "--tag", _PINNED, base], check=True, capture_output=True)
    root = with_applications(folder / "the repository")
    for name in APPLICATIONS:
        (root / name).unlink()
        ignored = shutil.ignore_patterns("node_modules", ".next", "dist", "generated", "coverage")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
        dockerfile = root / name / "Dockerfile"
        text, changed = re.subn(r"(?m)^FROM node:\S+", f"FROM {_PINNED}", dockerfile.read_text())
        assert changed == 1
        dockerfile.write_text(text)
    return root
