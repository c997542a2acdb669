"""Which Node.js builds and runs the applications."""

import os
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.images import node
from conducky.rehearsal.images.node import MAJOR, require_node, use_node
from tests.fakes.script import write_script


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; `make setup` has brought nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "BROUGHT", tmp_path / "brought")
    return tmp_path


def install(folder: Path, **scripts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, body in scripts.items():
        write_script(folder / name, body)
    return folder


def test_the_computers_own_of_the_images_version(path: Path) -> None:
    install(path, node=f"echo v{MAJOR}.0.1", npm="")
    assert require_node() == path


def test_the_one_that_setup_brought_comes_first(path: Path) -> None:
    install(path, node="echo v20.19.0", npm="")
    brought = install(path / "brought", node=f"echo v{MAJOR}.19.0", npm="")
    assert require_node() == brought


def test_it_is_put_first_on_path(path: Path) -> None:
    brought = install(path / "brought", node=f"echo v{MAJOR}.19.0", npm="")
    use_node()
    assert os.environ["PATH"].split(os.pathsep) == [str(brought), str(path)]


@pytest.mark.parametrize(
    ("scripts", "problem"),
    [
        ({}, "no node on PATH"),
        ({"node": f"echo v{MAJOR}.1.0"}, "no npm on PATH"),
        ({"node": "echo v20.19.4", "npm": ""}, "v20.19.4"),
        ({"node": "echo v240.1.0", "npm": ""}, "v240.1.0"),
        ({"node": "exit 1", "npm": ""}, "(broken)"),
    ],
)
def test_what_is_missing_or_of_another_version(path: Path, scripts: dict[str, str], problem: str) -> None:
    install(path, **scripts)
    with pytest.raises(UserError) as raised:
        require_node()
    assert problem in raised.value.problem
    assert raised.value.fix == "run `make setup`"
