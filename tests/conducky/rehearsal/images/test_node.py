from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.images.node import require_node


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def script(file: Path, body: str) -> None:
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


def test_node_that_is_new_enough(path: Path) -> None:
    script(path / "node", "echo v20.19.0")
    script(path / "npm", "")
    assert require_node() == path


@pytest.mark.parametrize(
    ("scripts", "sentence"),
    [
        ({}, "node is not on this machine's PATH: install Node.js 20.19 or newer"),
        ({"node": "echo v22.1.0"}, "npm is not on this machine's PATH: install Node.js 20.19 or newer"),
        ({"node": "echo v18.20.4", "npm": ""}, "Node.js here is v18.20.4 and too old: install Node.js 20.19 or newer"),
        ({"node": "exit 1", "npm": ""}, "Node.js here is broken and too old"),
    ],
)
def test_what_is_missing_is_one_sentence(path: Path, scripts: dict[str, str], sentence: str) -> None:
    for name, body in scripts.items():
        script(path / name, body)
    with pytest.raises(UserError) as raised:
        require_node()
    assert str(raised.value).startswith(sentence)
