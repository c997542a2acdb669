"""A machine for deployments."""

from pathlib import Path

import pytest

from tests.fakes.pulumi import FakePulumi, fake_pulumi


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """All of Pulumi on PATH, logged in, with empty stacks in each layer; no terminal, no CI, no organisation."""
    return fake_pulumi(tmp_path, monkeypatch)
