"""An archive is unpacked also by a Python whose tarfile has no filters, such as Debian 12's."""

import tarfile
from pathlib import Path

import pytest

from conducky.archives import unpack


class OldTarFile(tarfile.TarFile):
    """As in Python 3.11.2: it takes no filter."""

    def extractall(self, path: Path) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for member in self.getmembers():
            content = self.extractfile(member)
            assert content
            (path / member.name).write_bytes(content.read())


def archive(folder: Path, name: str) -> Path:
    """One with one file."""
    (folder / "file").write_text("words\n")
    with tarfile.open(folder / "archive", "w") as files:
        files.add(folder / "file", name)
    return folder / "archive"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("kind", [tarfile.TarFile, OldTarFile])
def test_it_is_unpacked(
    tmp_path: Path, out: Path, kind: type[tarfile.TarFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind is OldTarFile:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    with kind.open(archive(tmp_path, "unpacked")) as files:
        unpack(files, out)
    assert (out / "unpacked").read_text() == "words\n"


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python has no filters")
def test_a_file_outside_the_folder_is_refused(tmp_path: Path, out: Path) -> None:
    with tarfile.open(archive(tmp_path, "../left")) as files, pytest.raises(tarfile.TarError, match="left"):
        unpack(files, out)
    assert not (tmp_path / "left").exists()
