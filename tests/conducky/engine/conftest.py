"""A machine to get an engine on: an empty PATH, an empty cache, and no way to anything until a test gives one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.engine import go, release
from tests.fakes import script

WriteScript = Callable[[Path, str], Path]

FAKE_GO = """
case $1 in
  version) echo "go version go1.26.8 linux/amd64" ;;
  build)
    echo "$PWD" "$@"
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\\necho v3.256.0\\n' >"$2"
    chmod +x "$2" ;;
esac
"""


def _write_script(path: Path, body: str) -> Path:
    return script.write_script(path, f"PATH=/usr/bin:/bin\n{body}")


@pytest.fixture
def write_script() -> WriteScript:
    return _write_script


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def home(tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's engine folder, on a machine that has and reaches nothing."""
    cache = tmp_path / "the cache"
    monkeypatch.setenv("CONDUCKY_CACHE", str(cache))
    monkeypatch.setattr(release, "INSTALLER", ["/bin/sh", "-c", "echo the network is down; exit 1"])
    monkeypatch.setattr(go, "uv_command", lambda: None)
    return cache / "engine"


@pytest.fixture
def kept_engine(home: Path) -> Path:
    """Where the engine of the cache is, or will be."""
    return home / "3.256.0" / "bin" / "pulumi"


@pytest.fixture
def fake_go(bin_folder: Path) -> Path:
    """A Go on PATH that builds an engine at once."""
    return _write_script(bin_folder / "go", FAKE_GO)
