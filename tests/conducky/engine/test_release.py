"""The real installer program, with no way out."""

import tarfile
from pathlib import Path

import pytest

from conducky.engine import download
from conducky.engine.attempt import Attempt, AttemptFailedError
from conducky.engine.release import install_release


@pytest.mark.engine
def test_without_a_network_it_fails_at_once_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    attempt = Attempt(tmp_path / "tree", tmp_path / "scratch", tmp_path / "log", report=lambda _: None)
    attempt.tree.mkdir()
    attempt.scratch.mkdir()
    with pytest.raises(AttemptFailedError, match=r"the official download failed \(.*[Cc]onnection refused.*\)"):
        install_release(attempt)
    assert list(attempt.tree.iterdir()) == []
    assert list(attempt.scratch.iterdir()) == [], "the installer left something in its temporary folder"


@pytest.mark.parametrize(
    ("system", "machine", "ending"),
    [("Linux", "x86_64", "linux-x64"), ("Linux", "aarch64", "linux-arm64"), ("Darwin", "arm64", "darwin-arm64")],
)
def test_the_archive_is_of_exactly_this_version(system: str, machine: str, ending: str) -> None:
    address = download.archive_address("3.256.0", system, machine)
    assert address == f"https://get.pulumi.com/releases/sdk/pulumi-v3.256.0-{ending}.tar.gz"


def test_another_processor_is_said() -> None:
    with pytest.raises(LookupError, match="Linux on riscv64"):
        download.archive_address("3.256.0", "Linux", "riscv64")


def archive(folder: Path, top: str) -> str:
    (folder / top).mkdir()
    (folder / top / "pulumi").write_text("#!/bin/sh\ntouch ran\n")
    with tarfile.open(folder / "pulumi.tar.gz", "w:gz") as files:
        files.add(folder / top, top)
    return (folder / "pulumi.tar.gz").as_uri()


def test_it_is_unpacked_and_nothing_of_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    download.install(archive(tmp_path, "pulumi"), tmp_path / "tree")
    assert (tmp_path / "tree" / "bin" / "pulumi").read_text().startswith("#!/bin/sh")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("top", ["other", "pulumi-v3"])
def test_something_else_is_refused(tmp_path: Path, top: str) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(tarfile.TarError, match="does not hold Pulumi"):
        download.install(archive(tmp_path, top), tmp_path / "tree")
