"""A repository with stand-ins for the applications."""

from pathlib import Path

import pytest

from tests.scenarios.repository import with_stand_ins


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs as they are, with applications that are built and started in a moment."""
    return with_stand_ins(tmp_path_factory.mktemp("stand ins") / "the repository")


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stand-ins' images and build logs go."""
    return tmp_path_factory.mktemp("images")
