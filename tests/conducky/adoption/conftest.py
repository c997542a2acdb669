"""What the tests of `conducky adopt` share."""

from pathlib import Path

import pytest

from tests.conducky.adoption.sources import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "the repository")
