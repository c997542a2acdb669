"""A repository with stand-ins for the applications, and the summary line."""

from pathlib import Path

import pytest

from tests.scenarios.repository import with_stand_ins
from tests.scenarios.tally import TALLY


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs as they are, with applications that are built and started in a moment."""
    return with_stand_ins(tmp_path_factory.mktemp("stand ins") / "the repository")


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stand-ins' images and build logs go."""
    return tmp_path_factory.mktemp("images")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was proven, where anything was."""
    if TALLY.scenarios or TALLY.fuzzed:
        terminalreporter.write_line(f"proof: {TALLY.line()}")
