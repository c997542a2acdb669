"""A build context, and what is built from it."""

from pathlib import Path

import pytest

from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder


@pytest.fixture
def builder(tmp_path: Path, run_folder: RunFolder) -> Builder:
    return Builder(tmp_path, run_folder)
