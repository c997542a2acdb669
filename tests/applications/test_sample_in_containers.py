"""The sample's own Dockerfiles, built and run as real containers, with every check of a rehearsal."""

from pathlib import Path

import pytest

from conducky.rehearsal.containers import find_engine
from tests.applications.adopted import rehearsed
from tests.applications.sample import sample_for_containers

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(find_engine("auto") is None, reason="no engine answers: run `make container-engine`"),
]


def test_the_sample_is_healthy_in_containers(tmp_path: Path) -> None:
    engine = find_engine("containers")
    assert engine
    with rehearsed(sample_for_containers(engine, tmp_path), "containers", 18970) as client:
        assert client.get("/api/status").status_code == 200
        assert "Conducky" in client.get("/").text
