"""The sample's own Dockerfiles, built and run as real containers, with every check of a rehearsal."""

from pathlib import Path

import pytest

from conducky.rehearsal.containers import ContainerEngine
from tests.applications.adopted import rehearsed
from tests.applications.sample import sample_for_containers

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]


def test_the_sample_is_healthy_in_containers(tmp_path: Path, container_engine: ContainerEngine) -> None:
    with rehearsed(sample_for_containers(container_engine, tmp_path), "containers", 18970) as client:
        assert client.get("/api/status").status_code == 200
        assert "Conducky" in client.get("/").text
