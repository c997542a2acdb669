"""Where a build's output goes, beside other rehearsals that build the same application."""

import threading
from pathlib import Path

import pytest

from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder, wait_for

pytestmark = pytest.mark.engine


def test_a_rehearsal_that_ends_leaves_the_builds_of_others_alone(tmp_path: Path) -> None:
    """They keep their logs under one name."""
    with RunFolder.create() as ends, RunFolder.create() as stays:
        first, second = Builder(tmp_path / "first", ends), Builder(tmp_path / "second", stays)
        first.log = second.log = tmp_path / "logs" / "build-frontend.log"
        first.write("FROM node:24-bookworm-slim\nRUN echo the first\n")
        first.build()
        assert "the first" in first.log.read_text()
        second.write("FROM node:24-bookworm-slim\nRUN echo it $((1 + 1)) begins && sleep 3 && echo the second\n")
        logs = stays.path / "build-logs"
        build = threading.Thread(target=second.build)
        build.start()
        wait_for(lambda: any("it 2 begins" in log.read_text() for log in logs.glob("*-build-frontend.log")))

        ends.close()
        build.join()

        assert "the second" in second.log.read_text()
        assert "the first" not in second.log.read_text()
